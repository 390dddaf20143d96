"""Joining the parts, and finding out whether the object is there and is the file.

A reply to Complete can be lost after the service has done it, and then the upload id is gone. So an unclear answer is
cleared up by asking (HEAD: size and CRC-64), never by uploading again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from oss_jupyter.engine.request import Request
from oss_jupyter.errors import (
    CredentialsError,
    IntegrityError,
    NetworkError,
    OssJupyterError,
    OutcomeUnknown,
    ServiceError,
)
from oss_jupyter.model.parts import Completed, ObjectHead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from oss_jupyter.engine.asking import Asking
    from oss_jupyter.engine.order import Order
    from oss_jupyter.engine.ports import Control
    from oss_jupyter.model.parts import PartReceipt


# To join 10,000 parts may take minutes, and a connection may have died meanwhile without a word. So the first answer is
# waited for briefly, HEAD tells what became of it, and each further one has twice the time.
_SILENCE_MOST_SECONDS = 300.0


class PartsMissing(Exception):
    """The service wants parts again, because of `error`; `anew` says that the upload id is gone with them."""

    def __init__(self, error: OssJupyterError, *, anew: bool) -> None:
        super().__init__(str(error))
        self.error = error
        self.anew = anew


@dataclass(frozen=True)
class _Look:
    """What HEAD said: the object, and whether it may be asked at all."""

    head: ObjectHead | None
    permitted: bool = True


def complete(
    order: Order, upload_id: str, receipts: Sequence[PartReceipt], crc: int, asking: Asking, asked_before: bool
) -> Completed:
    """Join the parts and return the service's answer, verified against `crc`, the CRC-64 of the whole file.

    asked_before: an earlier run may already have asked. Raises PartsMissing, OutcomeUnknown, IntegrityError,
    WishChanged, or what the service answered.
    """
    parts = [(receipt.part_number, receipt.etag) for receipt in receipts]
    stall_seconds = asking.control.route(order.target).stall_seconds
    attempt = 0
    while True:
        attempt += 1
        silence_seconds = min(stall_seconds * 2.0 ** (attempt - 1), _SILENCE_MOST_SECONDS)
        call = partial(_join, order, upload_id, parts, silence_seconds)
        request = Request(asking.control, call)
        try:
            done = asking.once(request)
        except (ServiceError, NetworkError, CredentialsError) as error:
            found = _clear_up(error, order, crc, asking, unclear_before=asked_before or attempt > 1)
            if found is not None:
                return found
            # HEAD has answered in between, so the network is there: patience with a dead one is not called for.
            asking.get_over(error, attempt, request.mark, waits_for_network=False)
        else:
            return _verified(done, order, crc, asking)


def _join(
    order: Order, upload_id: str, parts: Sequence[tuple[int, str]], silence_seconds: float, control: Control
) -> Completed:
    return control.complete(order.target, upload_id, parts, order.options, silence_seconds)


def finished_before(order: Order, size: int, crc: int, asking: Asking) -> Completed | None:
    """Return the object if it is the file, else None. Raises OutcomeUnknown where that cannot be told."""
    look = _look(order, asking)
    head = look.head
    if not look.permitted or (head is not None and head.size == size and head.crc64 is None):
        raise OutcomeUnknown(f"Whether {order.target} is finished cannot be found out.")
    same = head is not None and head.size == size and head.crc64 == crc
    return Completed(head.etag, head.crc64, head.version_id, head.request_id) if head is not None and same else None


def already_there(order: Order, crc: int | None, asking: Asking) -> ObjectHead | None:
    """Return the object if it has the file's size and CRC-64, else None.

    crc: the file's, where it is known already; otherwise the file is read, but only when the sizes agree.
    """
    look = _look(order, asking)
    head = look.head
    if head is None or head.crc64 is None or head.size != order.plan.size:
        return None
    if crc is None:
        crc = order.source.crc64(0, order.plan.size, asking.stopped)
    return head if head.crc64 == crc else None


def _clear_up(
    error: OssJupyterError, order: Order, crc: int, asking: Asking, *, unclear_before: bool
) -> Completed | None:
    """Return the finished object if it is there, None if Complete may be asked again; raise where that is useless."""
    reply = error.reply if isinstance(error, ServiceError) else None
    code = reply.code if reply else ""
    if code == "InvalidPart":
        raise PartsMissing(error, anew=False) from None
    unclear = reply is None or reply.status >= 500 or code in ("NoSuchUpload", "FileAlreadyExists")
    if not unclear:
        return None
    look = _look(order, asking)
    if look.head is not None and look.head.size == order.plan.size and look.head.crc64 == crc:
        return Completed(look.head.etag, look.head.crc64, look.head.version_id, look.head.request_id)
    if code == "NoSuchUpload":
        if look.permitted or not unclear_before:
            raise PartsMissing(error, anew=True) from None
        raise OutcomeUnknown(
            f"The service no longer knows the upload, and may have finished {order.target}; asking is not permitted.",
            "Look at the object in the console, or allow oss:GetObject and run the cell again to have it checked.",
            safe="Nothing was sent twice; the checkpoint is kept.",
        ) from None
    return None


def _verified(done: Completed, order: Order, crc: int, asking: Asking) -> Completed:
    if done.crc64 is None:
        head = _look(order, asking).head
        if head is None:
            return done  # the service names no CRC-64 and may not be asked; each part's was compared on its way
        done = replace(done, crc64=head.crc64, etag=done.etag or head.etag)
    if done.crc64 is not None and done.crc64 != crc:
        raise IntegrityError(
            f"{order.target} has CRC-64 {done.crc64}, but the file has {crc}.",
            "Do not use the object. Run the upload again with force=True (--force) to replace it.",
            safe=f"The file {order.source.path} is untouched.",
        )
    return done


def _look(order: Order, asking: Asking) -> _Look:
    try:
        return _Look(asking.ask(lambda control: control.head(order.target)))
    except ServiceError as error:
        # HEAD needs oss:GetObject; a key with oss:PutObject alone uploads without it. An AccessDenied that names
        # another endpoint is something else: the bucket lives in another region.
        if error.reply.status == 403 and error.reply.code == "AccessDenied" and "Endpoint" not in error.reply.extras:
            return _Look(None, permitted=False)
        raise
