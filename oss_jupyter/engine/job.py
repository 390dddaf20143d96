"""What can be asked of a job: by its user's handle, by the queue of all uploads, and at the end of the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.event_queue import EventQueue
from oss_jupyter.engine.job_status import JobStatus, S
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.errors import OssJupyterError, TransferAborted, TransferStateError
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.progress import AnyReceipt, Snapshot
from oss_jupyter.model.states import Event, State
from oss_jupyter.model.waiting_list import Kind, Turn
from oss_jupyter.texts import say, tr

if TYPE_CHECKING:
    from oss_jupyter.engine.budget import Budget
    from oss_jupyter.engine.transfer_queue import TransferQueue

_FAILED = (State.FAILED, State.COMPLETED_WITH_ERRORS)
# Condition.wait without a time-out cannot be interrupted on Windows.
_WAIT_SLICE_SECONDS = 0.5


class JobCoordinator(JobStatus[S]):
    """A job and its user's verbs. The lock and what it guards are JobStatus's; none of the verbs blocks.

    queue: of all uploads of the kernel; its lock is taken before this one's. apart: another process runs it. handed:
    this one has handed it over.
    """

    apart = False
    handed = False

    def __init__(
        self,
        spec: S,
        queue: TransferQueue[AnyJob],
        state: State = State.QUEUED,
        earlier: JobStatus[S] | None = None,
    ) -> None:
        super().__init__(spec, state, earlier)
        self._queue = queue

    # What its user asks for.

    def pause(self) -> None:
        """Stop sending within a second and keep every finished part. Raises TransferStateError where nothing runs."""
        with self._changed:
            rested = self._lifecycle.resting
            self._lifecycle.pause()
            self._events.wake()
            if self._lifecycle.resting and not rested:
                self._come_to_rest()  # it was queued
        self._moved()

    def resume(self) -> None:
        """Carry on, or queue; harmless while it runs. Raises TransferStateError where it is over."""
        carry_on = self.spec.carry_on
        if carry_on is not None and self.resting and not self.state.ended_for_good:
            carry_on(self)
            return
        with self._changed:
            self._lifecycle.resume()
            self._line_up()
        self._moved()

    def abort(self, *, keep_parts: bool) -> None:
        """Give the upload up, for good. Raises TransferStateError where it is over."""
        with self._changed:
            self._lifecycle.abort(keep_parts=keep_parts)
            self._events.wake()
        self._moved()

    def set_parallel(self, parallel: int | None) -> None:
        """Change how many parts are on the wire at once, from now on; None follows the line."""
        with self._changed:
            self._parallel = parallel
            self._events.wake()

    def set_limit(self, bytes_per_second: float | None) -> None:
        """Change the transfer's own speed limit, from now on; None takes it away."""
        with self._changed:
            self._limit = bytes_per_second
        self.tell()

    def wait(self, timeout: float | None) -> bool:
        """Wait until it rests and whoever listens has been told, and return whether it does; `timeout` in seconds."""
        clock = self.spec.clock
        deadline = None if timeout is None else clock.monotonic() + timeout
        with self._changed:
            while not self._may_be_left():
                left = _WAIT_SLICE_SECONDS if deadline is None else deadline - clock.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, _WAIT_SLICE_SECONDS))
            return True

    def outcome(self) -> AnyReceipt:
        """Return the receipt of a transfer that rests; raise why there is none."""
        with self._changed:
            now, command, error = self._view(0), self._lifecycle.command, self._error
            self._error_seen = True
        if now.receipt is not None:
            return now.receipt
        if error is not None:
            raise error
        if now.state is State.ABORTED:
            parts_kept = command is Command.ABORT_KEEP_PARTS
            raise TransferAborted(
                tr("The upload {id} was aborted.", id=self.id),
                tr("Run the cell again to carry on." if parts_kept else "Run the cell again to start over."),
                safe=self._what_is_left(now, parts_kept=parts_kept),
            )
        raise TransferStateError(
            tr("The upload {id} is {state}, so it has no result yet.", id=self.id, state=say(f"state_{now.state.key}")),
            tr('Resume it: oj.resume("{id}")', id=self.id),
            safe=self.what_is_kept(now),
        )

    # What the kernel asks for: the same upload again, other credentials, an end.

    def go(self, spec: S) -> bool:
        """Carry on, with what `spec` brings; return False where it is over, so that a new transfer is needed."""
        with self._changed:
            if self._lifecycle.over:
                return False
            self._lifecycle.resume()
            self._notes.drop(Lasts.WHILE_ASKED_SO)
            before = self._spec
            note = self._take_over(spec, begins=not self._lifecycle.running)
            kept = self._spec
            self._line_up()
        before.let_go(kept)
        spec.let_go(kept)
        if note:
            self.note(note, Lasts.WHILE_ASKED_SO)
        self._moved()
        return True

    def retire(self) -> bool:
        """Leave the place to a new transfer; return False where this one is not over."""
        with self._changed:
            return self._lifecycle.retire()

    def renew_spec(self, spec: S) -> None:
        """Go on with other credentials, or another way to the service. How fast it goes stays as it is."""
        with self._changed:
            self._spec = spec
            self._events.wake()

    def stop_for_exit(self) -> None:
        """Stop, wherever it stands: the process is about to end. Parts that nobody could resume are removed."""
        with self._changed:
            rested = self._lifecycle.resting
            self._lifecycle.stop(Command.PAUSE if self._spec.store.directory else Command.ABORT)
            self._events.wake()
            if self._lifecycle.resting and not rested:
                self._come_to_rest()
        self._moved()

    def unseen_error(self) -> OssJupyterError | None:
        """Return why it has failed, unless somebody has asked for the result or for the error."""
        with self._changed:
            unseen = self._lifecycle.state in _FAILED and not self._error_seen
            return self._error if unseen else None

    # What the queue asks for, and the run.

    def turn(self) -> tuple[Turn, Kind]:
        """Return how it stands in the queue, and as what."""
        with self._changed:
            return self._lifecycle.turn, Kind.REMOVAL if self._lifecycle.command.aborts else self._spec.kind

    def take_turn(self) -> bool:
        """Begin a run, which has to be started then; return False where that is not wanted any more."""
        with self._changed:
            if not self._lifecycle.begin():
                return False
            self._events = EventQueue()
            self._notes.drop(Lasts.THIS_RUN)
            clock = self._spec.clock
            self._started_at, self._started_monotonic = clock.time(), clock.monotonic()
            return True

    @property
    def events(self) -> EventQueue:
        """What the run waits on; a new run has a new one."""
        with self._changed:
            return self._events

    def parallel_wanted(self) -> tuple[int | None, bool]:
        """Return what the user wants, None to follow the line, and whether there is a speed limit of its own."""
        with self._changed:
            return self._parallel, self._limit is not None

    @property
    def connections(self) -> Budget:
        """The connections of the kernel, for transfers that are part of this one."""
        return self._queue.budget

    @property
    def elastic_most(self) -> int:
        """How many connections a dataset of small files could have, if it were alone."""
        return self._queue.budget.elastic_most

    @property
    def connections_most(self) -> int:
        """How many connections the kernel has for all its uploads."""
        return self._queue.budget.most

    def grant(self, wanted: int, *, elastic: bool = False) -> int:
        """Return how many of the kernel's connections it may have, where it wants so many. elastic: as in `Wish`."""
        fixed = self.parallel_wanted()[0] is not None
        return self._queue.budget.grant(self.id, wanted, elastic=elastic, fixed=fixed)

    def leave_connections(self) -> None:
        """Let others have its connections; it asks again when it needs some."""
        self._queue.budget.leave(self.id)

    def show_parallel(self, parallel: int) -> None:
        """Show how many parts are on the wire at once now."""
        with self._changed:
            self._shown_parallel = parallel

    def put_back(self) -> None:
        """Queue again, because there was no thread for it; the command stays."""
        with self._changed:
            self._lifecycle.put_back()

    def could_not_begin(self, error: OssJupyterError) -> None:
        """Close a run that could not be started, whatever the command is by now."""
        error.safe = self.what_is_kept(self.snapshot())
        while not self._close(Event.FAIL, self.command(), error=error):
            pass
        self.tell()

    def give_up(self, events: EventQueue, error: OssJupyterError) -> None:
        """Close the run of this event queue if it could not close itself, whatever the user's command is by now."""
        while self._driven_by(events) and not self.end(Event.FAIL, self.command(), error=error):
            pass

    def _driven_by(self, events: EventQueue) -> bool:
        with self._changed:
            return self._lifecycle.running and self._events is events

    def _rests_on_disk(self, spec: S, *, elsewhere: bool) -> bool | None:
        """Rest as the disk says, under the lock: return whether that moved it, None where it is no rest to be shown."""
        moved = self._lifecycle.found(Event.TAKEN_OVER if elsewhere else Event.LEFT)
        if self._lifecycle.state not in (State.INTERRUPTED, State.ELSEWHERE):
            return None
        self._spec = spec
        self._error = None if self._lifecycle.state is State.ELSEWHERE else spec.hindrance or spec.stuck or spec.failed
        return moved

    def _take_pace(self, spec: S) -> None:
        """Go as fast as another spec wants, where it says so; under the lock."""
        if "parallel" in spec.given or spec.parallel != self._spec.parallel:
            self._parallel = spec.parallel
        if "limit" in spec.given or spec.limit != self._spec.limit:
            self._limit = spec.limit

    def _take_over(self, spec: S, *, begins: bool) -> str:
        """Apply what can be applied of a spec, under the lock; return the note on what cannot."""
        raise NotImplementedError

    def what_is_kept(self, now: Snapshot) -> str:
        """Return what counts when it is resumed, in one sentence."""
        raise NotImplementedError

    def _what_is_left(self, now: Snapshot, *, parts_kept: bool) -> str:
        """Return what an abort has left, in one sentence."""
        raise NotImplementedError

    def share_limit(self, bytes_per_second: float | None) -> None:
        """Send no faster than this, its share of what all may have; None takes the limit away."""
        self.spec.lane.limit(self.id, bytes_per_second)

    def _may_be_left(self) -> bool:
        """Whether who waits may go on: it rests, and whoever listens knows."""
        return self._lifecycle.resting and self._audience.knows(self._spec.clock.monotonic())

    def _line_up(self) -> None:
        if self._lifecycle.waits:
            self._error = None
        self._events.wake()

    def _place(self) -> int:
        return self._queue.place(self)

    def _moved(self) -> None:
        if self.turn()[0] in (Turn.NONE, Turn.WAITS):
            self.leave_connections()
        self._queue.heed(self)
        self.tell()


AnyJob = JobCoordinator[Any]
