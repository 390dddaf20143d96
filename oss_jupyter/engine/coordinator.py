"""The job of one file on its way to one object."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.differences import note_checkpoint, note_live, running_on, unapplied_live
from oss_jupyter.engine.job import JobCoordinator
from oss_jupyter.engine.ledger import Ledger
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.part_detail import PartDetail
from oss_jupyter.engine.safe import what_is_kept, what_is_left
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.model.parallel import START, AutoParallel, FixedParallel, Parallel
from oss_jupyter.model.progress import PartsView, Snapshot
from oss_jupyter.model.states import State

if TYPE_CHECKING:
    from oss_jupyter.engine.job import AnyJob
    from oss_jupyter.engine.job_status import JobStatus
    from oss_jupyter.engine.transfer_queue import TransferQueue
    from oss_jupyter.model.options import ObjectOptions
    from oss_jupyter.model.plan import Plan
    from oss_jupyter.model.record import CheckpointRecord


class TransferCoordinator(JobCoordinator[TransferSpec]):
    """One file. JobStatus's lock guards _upload_id and _adoptable, too.

    ledger: what is known of its parts, with a lock of its own.
    """

    def __init__(
        self,
        spec: TransferSpec,
        queue: TransferQueue[AnyJob],
        state: State = State.QUEUED,
        earlier: JobStatus[TransferSpec] | None = None,
    ) -> None:
        super().__init__(spec, queue, state, earlier)
        self.ledger = Ledger(spec.plan, open_ended=spec.open_ended)
        self._upload_id = ""
        self._adoptable = False

    def part(self, number: int) -> PartDetail:
        """Return what is known of part `number` (from 1). Raises IndexError."""
        return self.ledger.detail(number, self.spec.clock.monotonic())

    @property
    def confirmed_count(self) -> int:
        """How many parts are in OSS."""
        return len(self.ledger.receipts())

    @property
    def moved_at(self) -> float:
        """When the service last took or confirmed something, in monotonic seconds."""
        return self.ledger.moved_at

    def new_parallel(self, start: int = START) -> Parallel:
        """Return what decides how many parts are wanted on the wire, for the command of now."""
        wanted, limited = self.parallel_wanted()
        if wanted is not None:
            return FixedParallel(wanted)
        # Under a limit more connections carry no more, and a pause would throw away more unfinished parts.
        most = self.connections_most
        return AutoParallel(min(START, most) if limited else most, max(START, start))

    def settle(self, options: ObjectOptions, plan: Plan) -> None:
        """Note with which options and in which parts the run goes on."""
        with self._changed:
            self._spec = replace(self._spec, options=options, plan=plan)

    def set_upload_id(self, upload_id: str) -> None:
        """Show the service's upload id."""
        with self._changed:
            self._upload_id = upload_id

    def offer_to_adopt(self) -> None:
        """Let its user take an unfinished upload that no checkpoint knows in place of this one."""
        with self._changed:
            self._adoptable = True

    def adopt(self) -> None:
        """Take it, however fresh it is. Raises TransferStateError where this one is over."""
        with self._changed:
            self._lifecycle.resume()
            self._spec = replace(self._spec, adopt=True)
            self._begin_over()
            self._line_up()
        self._moved()

    def found(self, spec: TransferSpec, record: CheckpointRecord, *, elsewhere: bool) -> None:
        """Show what the disk knows of a transfer that rests here; `elsewhere`: another kernel drives it."""
        with self._changed:
            moved = self._rests_on_disk(spec, elsewhere=elsewhere)
            if moved is None:
                return
        self.show_record(record)
        if moved:
            self.tell()

    def show_record(self, record: CheckpointRecord) -> None:
        """Show what a checkpoint knows; that of a single PutObject knows nothing worth showing."""
        if record.header.upload_id:
            now, streamed = self.spec.clock.monotonic(), bool(record.header.stream)
            self.ledger.begin(record.plan, record.receipts, now, open_ended=streamed)
            self.set_upload_id(record.header.upload_id)

    def what_is_kept(self, now: Snapshot) -> str:
        """Return what counts when it is resumed, in one sentence."""
        return what_is_kept(now)

    def _book(self, now: float) -> tuple[PartsView, dict[str, Any]]:
        return self.ledger.view(now), {
            "upload_id": self._upload_id,
            "retry": self.ledger.most_retried(),
            "adoptable": self._adoptable,
        }

    def _what_is_left(self, now: Snapshot, *, parts_kept: bool) -> str:
        return what_is_left(now, parts_kept=parts_kept)

    def _begin_over(self) -> None:
        """Let a run begin over, with what is asked for now; under the lock."""
        self._adoptable = False
        self._notes.drop(Lasts.WHILE_ASKED_SO)
        self._lifecycle.begin_over()

    def _take_over(self, spec: TransferSpec, *, begins: bool) -> str:
        """Apply what can be applied of a spec; return the note on what cannot."""
        before = self._spec
        self._take_pace(spec)
        if not begins:
            self._spec = running_on(before, spec)
            if spec.adopt and not before.adopt:
                self._begin_over()
            names = unapplied_live(before, spec)
            return note_live(names) if names else ""
        self._adoptable = self._adoptable and not spec.adopt
        # Where nothing is kept, the checkpoint may lie wherever it is wanted now.
        kept = self._upload_id and not (self._error and before.store.directory is None)
        self._spec = replace(spec, store=before.store) if kept else spec
        moved = kept and "checkpoint_dir" in spec.given and spec.store is not before.store
        return note_checkpoint(before.store.directory) if moved else ""
