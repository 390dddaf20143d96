"""How a run ends before its upload has: it obeys a command, or it fails, and says what is safe.

Giving an upload up removes its parts from the service. Complete and Abort may meet on the way. Whichever comes first
wins, and only the service knows which one that was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oss_jupyter.engine.driver import Ending
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.object_check import finished_before
from oss_jupyter.engine.receipt import finish
from oss_jupyter.engine.safe import what_is_kept
from oss_jupyter.errors import OssJupyterError, OutcomeUnknown, ServiceError
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.retry import never_works
from oss_jupyter.model.states import Event
from oss_jupyter.texts import english, tr

if TYPE_CHECKING:
    from oss_jupyter.engine.run_state import RunState
    from oss_jupyter.model.wire_values import Completed

_TOO_LATE = english(
    "The abort came too late: OSS had put the object together already, and it is the file. "
    "Delete it there if you do not want it."
)
_UNKNOWN = english(
    "OSS no longer knew the upload when it was aborted, and may have put the object together before; whether it is "
    "there could not be found out. Look at the object in the console."
)
_MAY_BE_FINISHED = english("OSS had been asked to finish the upload, and may have: running it again finds out.")
_PARTS_STAY = english("The parts are still in OSS and the checkpoint is kept, so abort can be asked again.")
_PARTS_MAY_STAY = english("The parts may still be in OSS and the checkpoint is kept, so abort can be asked again.")


class EarlyEnd:
    """The way out of one run, from where it stands. Only the run's own thread uses it."""

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._transfer = state.transfer
        self._spec = state.spec
        self._header = state.latest_header

    def obey(self, command: Command) -> Ending:
        """Do what the user wants instead of going on. Raises Interrupted."""
        if command is Command.ABORT:
            try:
                done = self._remove(command)
            except OssJupyterError as error:
                return Ending(Event.FAIL, command, error)
            if done is not None:
                return Ending(Event.CONFIRMED, command, receipt=finish(self._state, done))
            return Ending(Event.ABORT, command)
        if self._state.complete_asked:
            lasts = Lasts.THIS_RUN if command is Command.PAUSE else Lasts.FOR_GOOD
            self._transfer.note(tr(_MAY_BE_FINISHED), lasts)
        return Ending(Event.ABORT if command is Command.ABORT_KEEP_PARTS else Event.PAUSE, command)

    def failed(self, error: OssJupyterError, command: Command) -> Ending:
        """Say what is safe; without a checkpoint nothing is kept, and the service should not keep it either."""
        header = self._header
        if self._spec.store.directory is None and header is not None:
            parts = tr("The parts were removed from OSS.")
            try:
                done = self._remove(self._transfer.command())
                if done is not None:
                    return Ending(Event.CONFIRMED, command, receipt=finish(self._state, done))
            except OssJupyterError:
                parts = tr("The parts could not be removed from OSS.")
            error.safe = _nothing_kept(header.upload_id and parts)
        elif header is not None and never_works(error) and self._leaves_nothing(command):
            error.safe = tr("Nothing is kept: no part was sent, and the upload as it was asked for is refused.")
        elif not error.safe and header is not None:
            error.safe = what_is_kept(self._transfer.snapshot())
        elif not error.safe:
            unread = self._state.journal is None
            error.safe = tr(
                "Nothing was sent; what an earlier run may have sent is kept." if unread else "Nothing was sent."
            )
        return Ending(Event.FAIL, command, error)

    def _remove(self, command: Command) -> Completed | None:
        """Remove the parts from the service and the checkpoint from the disk; return the object if it was finished."""
        done = None
        if self._header is not None and self._header.upload_id:
            with self._state.requests.briefly(command):
                done = _remove(self._state, self._header.upload_id)
        if self._state.journal is not None:
            self._state.journal.delete()
        return done

    def _leaves_nothing(self, command: Command) -> bool:
        """Take back an upload that can never work, before any part of it is there; return whether that was done."""
        if self._transfer.ledger.receipts():
            return False
        try:
            self._remove(command)
        except OssJupyterError:
            return False
        self._transfer.set_upload_id("")
        return True


def _nothing_kept(parts: str) -> str:
    return tr("Nothing is kept: resuming is off (checkpoint_dir=None). {parts}", parts=parts).rstrip()


def _remove(state: RunState, upload_id: str) -> Completed | None:
    """Remove the parts of an upload from the service; return the object where it was finished before.

    Raises Interrupted, or what stands in the way.
    """
    state.transfer.set_phase(Phase.REMOVING_PARTS)
    try:
        was_there = state.requests.abort(upload_id)
    except OssJupyterError as error:
        error.safe = tr(_PARTS_STAY if isinstance(error, ServiceError) else _PARTS_MAY_STAY)
        raise
    crc = state.transfer.ledger.whole_crc64()
    return None if was_there or not state.complete_asked or crc is None else _finished_before(state, crc)


def _finished_before(state: RunState, crc: int) -> Completed | None:
    transfer = state.transfer
    try:
        found = finished_before(state.spec, transfer.snapshot().total_bytes, crc, state.requests)
    except OutcomeUnknown:
        transfer.note(tr(_UNKNOWN))
        return None
    except OssJupyterError as error:
        error.safe = tr("The object may be finished; the checkpoint is kept, so abort can be asked again.")
        raise
    if found is not None:
        transfer.note(tr(_TOO_LATE))
    return found
