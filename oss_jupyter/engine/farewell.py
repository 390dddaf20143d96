"""Giving an upload up: its parts are removed from the service, and where Complete was asked, the truth is found out.

Complete and Abort may meet on the way. Whichever comes first wins, and only the service knows which one that was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oss_jupyter.engine.look import finished_before
from oss_jupyter.errors import OssJupyterError, OutcomeUnknown, ServiceError

if TYPE_CHECKING:
    from oss_jupyter.engine.asking import Asking
    from oss_jupyter.engine.order import Order
    from oss_jupyter.engine.transfer import Transfer
    from oss_jupyter.model.parts import Completed

_TOO_LATE = (
    "The abort came too late: OSS had put the object together already, and it is the file. "
    "Delete it there if you do not want it."
)
_UNKNOWN = (
    "OSS no longer knew the upload when it was aborted, and may have put the object together before; whether it is "
    "there could not be found out. Look at the object in the console."
)


def remove(
    transfer: Transfer, order: Order, upload_id: str, asking: Asking, *, complete_asked: bool
) -> Completed | None:
    """Remove the parts of an upload from the service; return the object where it was finished before.

    complete_asked: by this run or an earlier one. Raises WishChanged, or what stands in the way.
    """
    transfer.set_phase("removing the parts from OSS")
    try:
        was_there = asking.ask(lambda control: control.abort(order.target, upload_id))
    except OssJupyterError as error:
        are = "are still" if isinstance(error, ServiceError) else "may still be"
        error.safe = f"The parts {are} in OSS and the checkpoint is kept, so abort can be asked again."
        raise
    crc = transfer.ledger.whole_crc64()
    if was_there or not complete_asked or crc is None:
        return None
    try:
        found = finished_before(order, transfer.snapshot().total_bytes, crc, asking)
    except OutcomeUnknown:
        transfer.note(_UNKNOWN)
        return None
    except OssJupyterError as error:
        error.safe = "The object may be finished; the checkpoint is kept, so abort can be asked again."
        raise
    if found is not None:
        transfer.note(_TOO_LATE)
    return found
