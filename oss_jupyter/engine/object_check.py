"""Looking at the object with HEAD: whether it is there, and whether it is the file.

"Not there" and "may not look" are two answers, and only the second leaves anything open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oss_jupyter.errors import OssJupyterError, OutcomeUnknown, ServiceError
from oss_jupyter.model.wire_values import Completed, ObjectHead
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.service_requests import ServiceRequests
    from oss_jupyter.engine.spec import TransferSpec


@dataclass(frozen=True)
class Look:
    """What HEAD said: the object, None where there is none, and whether it may be asked at all."""

    head: ObjectHead | None
    permitted: bool = True

    def finished(self, size: int, crc: int) -> Completed | None:
        """Return the object in the place of an answer that did not come, if it is the file."""
        head = self.head
        if head is None or (head.size, head.crc64) != (size, crc):
            return None
        return found(head)


def look_at(spec: TransferSpec, requests: ServiceRequests) -> Look:
    """Return what is there now. Raises what HEAD was answered, unless it is that these credentials may not ask."""
    try:
        return Look(requests.head())
    except ServiceError as error:
        # HEAD needs oss:GetObject; a key with oss:PutObject alone uploads without it.
        if lacks_permission(error):
            return Look(None, permitted=False)
        raise


def lacks_permission(error: OssJupyterError) -> bool:
    """Whether the credentials may not ask what was refused.

    An AccessDenied that names another endpoint is something else: the bucket lives in another region.
    """
    if not isinstance(error, ServiceError):
        return False
    reply = error.reply
    return reply.status == 403 and reply.code == "AccessDenied" and "Endpoint" not in reply.extras


def already_there(spec: TransferSpec, crc: int | None, requests: ServiceRequests) -> ObjectHead | None:
    """Return the object if it has the file's size and CRC-64, else None.

    crc: the file's, where it is known already; otherwise the file is read, but only when the sizes agree.
    """
    head = look_at(spec, requests).head
    if head is None or head.crc64 is None or head.size != spec.plan.size:
        return None
    if crc is None:
        crc = spec.source.crc64(0, spec.plan.size, requests.stopped)
    return head if head.crc64 == crc else None


def finished_before(spec: TransferSpec, size: int, crc: int, requests: ServiceRequests) -> Completed | None:
    """Return the object if it is the file, else None. Raises OutcomeUnknown where that cannot be told."""
    look = look_at(spec, requests)
    if not look.permitted:
        raise outcome_unknown(spec, forbidden())
    if look.head is not None and look.head.size == size and look.head.crc64 is None:
        raise outcome_unknown(spec, tr("The object has the file's size, and the service tells no CRC-64 of it."))
    return look.finished(size, crc)


def found(head: ObjectHead) -> Completed:
    """Return an object that is the file in the place of the answer that did not come."""
    return Completed(head.etag, head.crc64, head.version_id, head.request_id, options=head.options)


def forbidden(what: str = "") -> str:
    """Return that the object may not be looked at, behind the sentence `what`."""
    return tr("{what} These credentials may not look at the object: allow oss:GetObject.", what=what).lstrip()


def outcome_unknown(spec: TransferSpec, why: str) -> OutcomeUnknown:
    """Return the error that the object may be there and cannot be looked at, because of `why` (a sentence)."""
    return OutcomeUnknown(
        tr("Whether {target} is finished is not known. {why}", target=spec.target, why=why),
        tr("Once that is mended, resume: what is there is looked at before anything is sent. Or look in the console."),
        safe=tr("{unharmed} Nothing was sent twice, and the checkpoint is kept.", unharmed=spec.unharmed).lstrip(),
    )
