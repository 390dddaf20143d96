"""Joining the parts, and clearing up whether it was done.

A reply to Complete can be lost after the service has done it, and then the upload id is gone; one that claims success
may come from somebody else. So an unclear answer is cleared up by looking (HEAD: size and CRC-64), never by uploading
again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.object_check import forbidden, look_at, outcome_unknown
from oss_jupyter.errors import (
    CredentialsError,
    IntegrityError,
    NetworkError,
    NotOss,
    OssJupyterError,
    ServiceError,
)
from oss_jupyter.model.retry import Action, decide
from oss_jupyter.model.wire_values import Completed
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oss_jupyter.engine.service_requests import ServiceRequests
    from oss_jupyter.engine.spec import TransferSpec
    from oss_jupyter.model.wire_values import PartReceipt


# To join 10,000 parts may take minutes, and a connection may have died meanwhile without a word. So the first answer is
# waited for briefly, HEAD tells what became of it, and each further one has twice the time.
_SILENCE_MOST_SECONDS = 300.0


class PartsMissing(Exception):
    """The service wants parts again, because of `error`; `anew` says that the upload id is gone with them."""

    def __init__(self, error: OssJupyterError, *, anew: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.anew = anew


def complete(
    spec: TransferSpec,
    upload_id: str,
    receipts: Sequence[PartReceipt],
    crc: int,
    requests: ServiceRequests,
    asked_before: bool,
) -> Completed:
    """Join the parts and return the service's answer, verified against `crc`, the CRC-64 of the whole file.

    asked_before: an earlier run may already have asked. Raises PartsMissing, OutcomeUnknown, IntegrityError,
    Interrupted, or what the service answered.
    """
    parts = [(receipt.part_number, receipt.etag) for receipt in receipts]
    silence_seconds = min(requests.control.route(spec.target).stall_seconds, _SILENCE_MOST_SECONDS)
    attempt = 0
    while True:
        attempt += 1
        try:
            done = requests.complete_once(upload_id, parts, spec.options, silence_seconds)
            return _verified(done, spec, crc, requests)
        except (ServiceError, NetworkError, CredentialsError) as error:
            version = requests.version_used  # before others are asked with newer ones
            found = _clear_up(error, spec, crc, requests, attempt=attempt, asked_before=asked_before)
            if found is not None:
                if code_of(error) == "FileAlreadyExists":
                    _remove_parts(upload_id, requests)
                return found
            # HEAD has answered in between, so the network is there: patience with a dead one is not called for.
            requests.get_over(error, attempt, version, waits_for_network=False)
        silence_seconds = min(silence_seconds * 2.0, _SILENCE_MOST_SECONDS)


def code_of(error: OssJupyterError) -> str:
    """Return the service's word for a refusal, "" where the service refused nothing."""
    return error.reply.code if isinstance(error, ServiceError) else ""


def is_refusal(error: OssJupyterError) -> bool:
    """Whether somebody has said no, with a status that says so: then nothing was done."""
    return isinstance(error, ServiceError) and 300 <= error.reply.status < 500


def _clear_up(
    error: OssJupyterError, spec: TransferSpec, crc: int, requests: ServiceRequests, *, attempt: int, asked_before: bool
) -> Completed | None:
    """Return the finished object if it is there, None if Complete may be asked again; raise where that is useless."""
    code, unclear_before = code_of(error), asked_before or attempt > 1
    if code == "InvalidPart":
        raise PartsMissing(error, anew=False) from None
    if is_refusal(error) and code not in ("NoSuchUpload", "FileAlreadyExists"):
        return None
    try:
        look = look_at(spec, requests)
    except (ServiceError, NotOss) as failure:
        raise outcome_unknown(spec, failure.what) from None
    done = look.finished(spec.plan.size, crc)
    if done is not None:
        # Nothing of ours can have been joined before, so the object is somebody's who sent the same.
        return replace(done, already_there=code == "FileAlreadyExists" and not unclear_before)
    if code == "NoSuchUpload":
        if look.permitted or not unclear_before:
            raise PartsMissing(error, anew=True) from None
        raise outcome_unknown(spec, forbidden(tr("The service no longer knows its upload id."))) from None
    last = decide(error, attempt, spec.policy).action is Action.FAIL
    if last and not look.permitted and not is_refusal(error):
        raise outcome_unknown(spec, forbidden(error.what)) from None
    return None


def _remove_parts(upload_id: str, requests: ServiceRequests) -> None:
    """Remove parts that nothing will be made of: the object was there before them."""
    with suppress(OssJupyterError):
        requests.abort(upload_id)


def _verified(done: Completed, spec: TransferSpec, crc: int, requests: ServiceRequests) -> Completed:
    """Return a proven answer; where it names no CRC-64, the object is looked at, if these credentials may."""
    size = spec.plan.size
    if done.crc64 is None:
        look = look_at(spec, requests)
        if look.head is None and look.permitted:
            raise _not_there(spec)
        if look.head is not None:
            done, size = replace(done, crc64=look.head.crc64, etag=done.etag or look.head.etag), look.head.size
    if done.crc64 not in (None, crc) or size != spec.plan.size:
        raise _differs(spec, size, done.crc64, crc)
    return done


def _not_there(spec: TransferSpec) -> NotOss:
    return NotOss(
        tr("The answer says that {target} is complete, but there is no such object.", target=spec.target),
        tr("Check the endpoint and the proxy, then resume."),
    )


def _differs(spec: TransferSpec, size: int, found_crc: int | None, crc: int) -> IntegrityError:
    return IntegrityError(
        tr(
            "{target} has {found_bytes} bytes with the CRC-64 {found_crc}, the file {file_bytes} with {file_crc}.",
            target=spec.target,
            found_bytes=f"{size:,}",
            found_crc=found_crc,
            file_bytes=f"{spec.plan.size:,}",
            file_crc=crc,
        ),
        tr("Do not use the object. Run the upload again with force=True to replace it."),
        safe=spec.unharmed,
    )
