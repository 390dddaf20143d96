"""What became of a PutObject whose answers were no receipt: success needs proof, and failure has to be told truly.

The service stores an object in one step and checks Content-MD5 before. So an object that is not the file is either the
old one, or was changed on a way that even Content-MD5 did not cover.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.completing import code_of, is_refusal
from oss_jupyter.engine.object_check import forbidden, found, look_at, outcome_unknown
from oss_jupyter.errors import IntegrityError, NetworkError, NotOss, OssJupyterError, ServiceError, SourceChanged
from oss_jupyter.model.wire_values import Completed
from oss_jupyter.texts import english, tr

if TYPE_CHECKING:
    from oss_jupyter.engine.service_requests import ServiceRequests
    from oss_jupyter.engine.spec import TransferSpec
    from oss_jupyter.model.wire_values import ObjectHead, PartReceipt

_HOLDS = english("{what} {target}: It holds {size} bytes with the CRC-64 {crc}, which is not the file: do not use it.")
_MAY_HOLD = english(
    "{what} {target}: It may hold those bytes, and these credentials may not look (oss:GetObject): do not use it."
)
_NOTHING_THERE = english("{what} {target}: There is no such object now.")


def completed_put(receipt: PartReceipt) -> Completed:
    """Return the receipt of a PutObject as that of the whole object."""
    return Completed(
        receipt.etag,
        receipt.crc64,
        receipt.version_id,
        receipt.request_id,
        receipt.callback_body,
        tr("The object is stored; its callback was not answered.") if receipt.callback_failed else "",
    )


def clear_up_put(
    error: OssJupyterError, spec: TransferSpec, md5: str, requests: ServiceRequests, *, tries: int
) -> Completed:
    """Return the object where it is the file, whatever the last of so many tries came to; else raise what is true.

    md5: that was declared for the whole file, in hex. Raises Interrupted, SourceError, and errors like `error`.
    """
    code = code_of(error)
    if code == "InvalidDigest":
        raise _damaged(error, spec, md5, requests)
    if is_refusal(error) and code != "FileAlreadyExists":
        raise error
    claimed = isinstance(error, (NotOss, IntegrityError))
    try:
        look = look_at(spec, requests)
    except (ServiceError, NetworkError) as failure:
        raise (outcome_unknown(spec, failure.what) if claimed else error) from None
    if look.head is not None and _is_file(look.head, spec, md5, requests):
        # Nothing of ours can have been stored before, so the object is somebody's who sent the same.
        return replace(found(look.head), already_there=code == "FileAlreadyExists" and tries == 1)
    if isinstance(error, IntegrityError):
        raise _corrupt(error, spec, look.head, may_look=look.permitted)
    if claimed and not look.permitted:
        raise outcome_unknown(spec, forbidden(error.what))
    raise error


def _is_file(head: ObjectHead, spec: TransferSpec, md5: str, requests: ServiceRequests) -> bool:
    if head.size != spec.plan.size:
        return False
    if head.crc64 is None:
        return head.etag.upper() == md5
    return head.crc64 == spec.source.crc64(0, spec.plan.size, requests.stopped)


def _damaged(error: OssJupyterError, spec: TransferSpec, md5: str, requests: ServiceRequests) -> OssJupyterError:
    """Return why the bytes were not those that were declared: the file had changed, or the line changes bytes."""
    if spec.source.md5(0, spec.plan.size, requests.stopped) != md5:
        return SourceChanged(
            tr("{path} changed while it was being sent.", path=spec.source.path),
            tr("Wait until whoever writes it has finished, then resume."),
            safe=tr("The service stored nothing of it: {target} is as it was.", target=spec.target),
        )
    error.safe = tr(
        "{unharmed} The service stored nothing of it: {target} is as it was.",
        unharmed=spec.unharmed,
        target=spec.target,
    )
    return error


def _corrupt(error: OssJupyterError, spec: TransferSpec, head: ObjectHead | None, *, may_look: bool) -> IntegrityError:
    """Return the error that an answer named another CRC-64, with what is there now."""
    sentence = _HOLDS if head is not None else _NOTHING_THERE if may_look else _MAY_HOLD
    size, crc = (f"{head.size:,}", head.crc64) if head is not None else ("", None)
    return IntegrityError(
        tr(sentence, what=error.what, target=spec.target, size=size, crc=crc),
        tr("Something on the way changes bytes: try another network or proxy, then run the upload with force=True."),
        safe=spec.unharmed,
    )
