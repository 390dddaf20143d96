"""The receipt of an object that is there: who is there first takes the checkpoint away, then tells what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oss_jupyter.engine.differences import note_there, unapplied_there
from oss_jupyter.model.progress import Receipt
from oss_jupyter.model.reach import reached_by
from oss_jupyter.model.wire_values import Completed
from oss_jupyter.texts import sentences

if TYPE_CHECKING:
    from oss_jupyter.engine.run_state import RunState


def finish(state: RunState, done: Completed, *, sent_before: bool = False) -> Receipt:
    """Delete the checkpoint, which has done its work, and return the receipt.

    sent_before: an object that was there already may have been sent by earlier runs of this handle, whose answer was
    lost. One that was in the way of what this run sent was not.
    """
    spec, transfer = state.spec, state.transfer
    state.open_journal.delete()
    view = transfer.snapshot()
    went_bytes = min(transfer.ledger.went_bytes, spec.plan.size)
    in_vain_bytes = went_bytes if done.already_there and not sent_before else 0
    sent_bytes = went_bytes - in_vain_bytes if done.already_there else spec.plan.size - view.kept_bytes
    late = unapplied_there(transfer.spec, done.options) if done.already_there else []
    if late:
        state.say(note_there(late))
    if done.warning:
        state.say(done.warning)
    receipt = Receipt(
        url=str(spec.target),
        size=spec.plan.size,
        etag=done.etag,
        crc64=done.crc64,
        request_id=done.request_id,
        seconds=transfer.active_seconds(),
        parts=len(spec.plan),
        kept_bytes=spec.plan.size - sent_bytes,
        sent_bytes=sent_bytes,
        retries=view.retries,
        resent_bytes=view.resent_bytes + in_vain_bytes,
        version_id=done.version_id,
        already_there=done.already_there,
        callback_body=done.callback_body,
        warning=sentences(*state.said),
        proven=state.proven,
    )
    return reached_by(receipt, spec.control)
