"""What a run starts from: what an earlier one has left, the object where it is there already, or a new upload id."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.adopting import adopted, find_unrecorded
from oss_jupyter.engine.differences import as_begun, changed_options, note_anew, note_begun
from oss_jupyter.engine.log import log
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.object_check import already_there
from oss_jupyter.engine.restore import Restored, restore
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.plan import make_plan
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.prove import Proven
from oss_jupyter.model.record import CheckpointHeader
from oss_jupyter.texts import english, tr

if TYPE_CHECKING:
    from oss_jupyter.engine.run_state import RunState
    from oss_jupyter.model.record import CheckpointRecord
    from oss_jupyter.model.wire_values import Fingerprint, ObjectHead

_FORGOTTEN = english(
    "OSS no longer knows the upload id {upload_id} (aborted, or removed by a lifecycle rule), so the file is sent from "
    "its beginning with a new one."
)


class Beginning:
    """The first steps of a run. Only the run's own thread uses it.

    All of it raises Interrupted, SourceError, CheckpointError, and what the service answers.
    """

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._transfer = state.transfer

    def restored(self) -> Restored | None:
        """Return what an earlier run has left and still counts, or None where the upload begins anew."""
        state = self._state
        fingerprint = state.spec.source.fingerprint()
        state.spec = replace(state.spec, adopt=self._transfer.spec.adopt)  # it may have been told meanwhile
        if state.record is None or self._becomes_another(state.record.header):
            return None
        self._transfer.set_phase(Phase.CHECKING_PARTS)
        if self._gives_way(state.record):
            return None
        restored = restore(state.record, fingerprint, state.spec, state.requests, self._transfer.ledger.sent_whole)
        for note in restored.notes if restored else ():
            self._transfer.note(note)
        return restored

    def object_there(self, lost: Restored | None) -> ObjectHead | None:
        """Return the finished object where it is already the file. lost: an upload that the service has forgotten."""
        state = self._state
        if self._transfer.spec.force and lost is None:
            return None
        self._transfer.set_phase(Phase.CHECKING_OBJECT)
        crc = None
        if lost is not None and not lost.unread and not lost.header.unread:
            self._transfer.ledger.begin(lost.plan, lost.receipts, state.spec.clock.monotonic())
            crc = self._transfer.ledger.whole_crc64()
        state.proven = Proven.SENT if crc is not None else Proven.ALL
        return already_there(state.spec, crc, state.requests)

    def plan_anew(self) -> Fingerprint:
        """Plan for the file as it is now, which is returned: it may have changed since the spec was made."""
        state = self._state
        fingerprint = state.spec.source.fingerprint()
        if fingerprint.size != state.spec.plan.size:
            plan = make_plan(fingerprint.size, default_part_size=state.spec.plan.part_size)
            if state.spec.plan.single and not plan.single:
                state.open_journal.close()
                state.journal, _ = state.spec.store.open(self._transfer.id)  # it cannot do without one any more
            state.spec = replace(state.spec, plan=plan)
        return fingerprint

    def adopted(self, lost: Restored | None, fingerprint: Fingerprint) -> Restored | None:
        """Return what counts of an upload that no checkpoint knows, or None where there is nothing to go on with."""
        if lost is None and not self._has_no_past:
            return None
        self._transfer.set_phase(Phase.CHECKING_PARTS)
        return adopted(self._state, fingerprint)

    def anew(self, lost: Restored | None, fingerprint: Fingerprint) -> Restored:
        """Begin with nothing, and with a new upload id where the file goes in parts."""
        spec, record = self._state.spec, self._state.record
        if lost is not None:
            self._transfer.note(tr(_FORGOTTEN, upload_id=lost.header.upload_id))
            self._give_up(lost.header)
        elif record is not None and record.header.upload_id:
            self._transfer.note(tr("The file changed too much to keep any part, so it is sent from its beginning."))
            self._give_up(record.header)
        header = spec.header(fingerprint)
        return Restored(header if spec.plan.single else self.initiated(header), spec.plan, {})

    def go_on_as_begun(self, header: CheckpointHeader) -> None:
        """Take the options that the object was begun with, and say which ones of now do not count."""
        state = self._state
        names = changed_options(header.options, header.part_size, state.spec)
        if names:
            state.say(note_begun(names), Lasts.WHILE_ASKED_SO)
        state.spec = replace(state.spec, options=as_begun(header.options, state.spec.options))

    def write_down(self, restored: Restored, *, anew: bool) -> Restored:
        """Make the journal say what the run starts from and how it is driven, before anything is sent."""
        state = self._state
        restored = replace(restored, header=state.as_driven(restored.header))
        state.spec = replace(state.spec, plan=restored.plan)
        self._transfer.settle(state.spec.options, restored.plan)
        try:
            state.open_journal.start(restored.header, tuple(restored.receipts.values()))
        except OssJupyterError:
            if anew and restored.header.upload_id:
                self._remove_parts(restored.header)
                self._take_back()
            raise
        state.header = restored.header
        log.debug(
            "%s: %s with %d of %d parts",
            self._transfer.id,
            "begins" if anew else "goes on",
            len(restored.receipts),
            len(restored.plan),
        )
        self._transfer.note_all(state.open_journal.remarks)
        self._transfer.set_upload_id(restored.header.upload_id)
        self._transfer.ledger.begin(restored.plan, restored.receipts, state.spec.clock.monotonic())
        self._transfer.set_phase(Phase.NONE)
        return restored

    def _becomes_another(self, header: CheckpointHeader) -> bool:
        """Give up what is in OSS where the upload is forced and has to become another object than it was begun as."""
        state = self._state
        names = changed_options(header.options, header.part_size, state.spec) if header.upload_id else []
        if not names or not state.spec.force:
            return False
        self._transfer.note(note_anew(names))
        self._give_up(header)
        state.record = None
        return True

    def _gives_way(self, record: CheckpointRecord) -> bool:
        """Give up what is in OSS where another upload, which no checkpoint knows, is to go on and has more."""
        state = self._state
        if not (state.spec.adopt and record.header.upload_id):
            return False
        found = find_unrecorded(state)
        if found is None or found.size_bytes <= record.kept_bytes:
            return False
        self._give_up(record.header)
        state.record = None
        return True

    def initiated(self, header: CheckpointHeader) -> CheckpointHeader:
        """Return the header with a new upload id.

        That the disk is full has to be found out before: each try would leave an upload id that nothing remembers.
        """
        state = self._state
        if self._has_no_past:
            state.open_journal.start(header)
        try:
            upload_id = state.requests.initiate(state.spec.options)
        except BaseException:
            self._take_back()
            raise
        return replace(header, upload_id=upload_id)

    def _take_back(self) -> None:
        """Remove a checkpoint that knows no upload id, unless it keeps what an object was written to."""
        if self._has_no_past and not self._state.spec.spooled:
            self._state.open_journal.delete()

    @property
    def _has_no_past(self) -> bool:
        """Whether the journal remembers no upload id, so that nothing is lost with it."""
        record = self._state.record
        return record is None or not record.header.upload_id

    def _give_up(self, header: CheckpointHeader) -> None:
        """Let go of an upload id, and show it: from here on a failure has no parts to carry on from."""
        self._remove_parts(header)
        self._transfer.set_upload_id("")
        self._transfer.ledger.begin(self._state.spec.plan, {}, self._state.spec.clock.monotonic())

    def _remove_parts(self, header: CheckpointHeader) -> None:
        # Parts left behind cost storage, but must not stop the upload.
        requests = self._state.requests
        with suppress(OssJupyterError), requests.briefly(Command.GO):
            requests.abort(header.upload_id)
