"""What can be asked of a transfer: by its user's handle, by the queue of all uploads, and at the end of the kernel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.differences import note_checkpoint, note_live, running_on, unapplied_live
from oss_jupyter.engine.inbox import Inbox
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.safe import what_is_kept, what_is_left
from oss_jupyter.engine.status import TransferStatus
from oss_jupyter.errors import OssJupyterError, TransferAborted, TransferStateError
from oss_jupyter.model.course import Wish
from oss_jupyter.model.line import Kind, Turn
from oss_jupyter.model.progress import Receipt
from oss_jupyter.model.states import Event, State

if TYPE_CHECKING:
    from oss_jupyter.engine.order import Order
    from oss_jupyter.engine.turns import Turns

# Condition.wait without a time-out cannot be interrupted on Windows.
_WAIT_SLICE_SECONDS = 0.5


class TransferCoordinator(TransferStatus):
    """One file on its way to one object. The lock and what it guards are TransferStatus's; none of the verbs blocks.

    turns: the queue of all uploads of the kernel, whose lock is taken before this one's.
    """

    def __init__(
        self,
        order: Order,
        turns: Turns[TransferCoordinator],
        state: State = State.QUEUED,
        earlier: TransferStatus | None = None,
    ) -> None:
        super().__init__(order, state, earlier)
        self._turns = turns

    # What its user asks for.

    def pause(self) -> None:
        """Stop sending within a second and keep every finished part. Raises TransferStateError where nothing runs."""
        with self._changed:
            rested = self._course.resting
            self._course.pause()
            self._inbox.poke()
            if self._course.resting and not rested:
                self._come_to_rest()  # it was queued
        self._moved()

    def resume(self) -> None:
        """Carry on, or queue; harmless while it runs. Raises TransferStateError where it is over."""
        with self._changed:
            self._course.resume()
            self._line_up()
        self._moved()

    def abort(self, *, keep_parts: bool) -> None:
        """Give the upload up, for good. Raises TransferStateError where it is over."""
        with self._changed:
            self._course.abort(keep_parts=keep_parts)
            self._inbox.poke()
        self._moved()

    def set_parallel(self, parallel: int | None) -> None:
        """Change how many parts are on the wire at once, from now on; None follows the line."""
        with self._changed:
            self._parallel = parallel
            self._inbox.poke()

    def set_limit(self, bytes_per_second: float | None) -> None:
        """Change the transfer's own speed limit, from now on; None takes it away."""
        with self._changed:
            self._limit = bytes_per_second
        self.tell()

    def wait(self, timeout: float | None) -> bool:
        """Wait until it rests and whoever listens has been told, and return whether it does; `timeout` in seconds."""
        clock = self.order.clock
        deadline = None if timeout is None else clock.monotonic() + timeout
        with self._changed:
            while not self._may_be_left():
                left = _WAIT_SLICE_SECONDS if deadline is None else deadline - clock.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, _WAIT_SLICE_SECONDS))
            return True

    def outcome(self) -> Receipt:
        """Return the receipt of a transfer that rests; raise why there is none."""
        with self._changed:
            now, wish, error = self._view(0), self._course.wish, self._error
            self._error_seen = True
        if now.receipt is not None:
            return now.receipt
        if error is not None:
            raise error
        if now.state is State.ABORTED:
            parts_kept = wish is Wish.ABORT_KEEP_PARTS
            raise TransferAborted(
                f"The upload {self.id} was aborted.",
                f"Run the cell again to {'carry on' if parts_kept else 'start over'}.",
                safe=what_is_left(now, parts_kept=parts_kept),
            )
        raise TransferStateError(
            f"The upload {self.id} is {now.state}, so it has no result yet.",
            f'Resume it: oj.resume("{self.id}")',
            safe=what_is_kept(now),
        )

    # What the kernel asks for: the same upload again, other credentials, an end.

    def go(self, order: Order) -> bool:
        """Carry on, with what `order` brings; return False where it is over, so that a new transfer is needed."""
        with self._changed:
            if self._course.over:
                return False
            self._course.resume()
            self._notes.drop(Lasts.WHILE_ASKED_SO)
            note = self._take_over(order, begins=not self._course.running)
            self._line_up()
        if note:
            self.note(note, Lasts.WHILE_ASKED_SO)
        self._moved()
        return True

    def retire(self) -> bool:
        """Leave the place to a new transfer; return False where this one is not over."""
        with self._changed:
            return self._course.retire()

    def renew_order(self, order: Order) -> None:
        """Go on with other credentials, or another way to the service. How fast it goes stays as it is."""
        with self._changed:
            self._order = order
            self._inbox.poke()

    def stop_for_exit(self) -> None:
        """Stop, wherever it stands: the process is about to end. Parts that nobody could resume are removed."""
        with self._changed:
            rested = self._course.resting
            self._course.stop(Wish.PAUSE if self._order.store.directory else Wish.ABORT)
            self._inbox.poke()
            if self._course.resting and not rested:
                self._come_to_rest()
        self._moved()

    def unseen_error(self) -> OssJupyterError | None:
        """Return why it has failed, unless somebody has asked for the result or for the error."""
        with self._changed:
            unseen = self._course.state is State.FAILED and not self._error_seen
            return self._error if unseen else None

    # What the queue asks for, and the run.

    def turn(self) -> tuple[Turn, Kind]:
        """Return how it stands in the queue, and as what."""
        with self._changed:
            whole = Kind.SMALL if self._order.plan.single else Kind.LARGE
            return self._course.turn, Kind.ERRAND if self._course.wish.aborts else whole

    def take_turn(self) -> bool:
        """Begin a run, which has to be started then; return False where that is not wanted any more."""
        with self._changed:
            if not self._course.begin():
                return False
            self._inbox = Inbox()
            self._notes.drop(Lasts.THIS_RUN)
            clock = self._order.clock
            self._started_at, self._started_monotonic = clock.time(), clock.monotonic()
            return True

    @property
    def inbox(self) -> Inbox:
        """What the run waits on; a new run has a new one."""
        with self._changed:
            return self._inbox

    def put_back(self) -> None:
        """Queue again, because there was no thread for it; what is wished stays."""
        with self._changed:
            self._course.put_back()

    def could_not_begin(self, error: OssJupyterError) -> None:
        """Close a run that could not be started, whatever the wish is by now."""
        error.safe = what_is_kept(self.snapshot())
        while not self._close(Event.FAIL, self.wish(), error=error):
            pass
        self.tell()

    def give_up(self, inbox: Inbox, error: OssJupyterError) -> None:
        """Close the run of this inbox if it could not close itself, whatever the user's wish is by now."""
        while self._driven_by(inbox) and not self.end(Event.FAIL, self.wish(), error=error):
            pass

    def _driven_by(self, inbox: Inbox) -> bool:
        with self._changed:
            return self._course.running and self._inbox is inbox

    def _take_over(self, order: Order, *, begins: bool) -> str:
        """Apply what can be applied of an order; return the note on what cannot."""
        before = self._order
        if "parallel" in order.given or order.parallel != before.parallel:
            self._parallel = order.parallel
        if "limit" in order.given or order.limit != before.limit:
            self._limit = order.limit
        if not begins:
            self._order = running_on(before, order)
            names = unapplied_live(before, order)
            return note_live(names) if names else ""
        # Where nothing is kept, the checkpoint may lie wherever it is wanted now.
        kept = self._upload_id and not (self._error and before.store.directory is None)
        self._order = replace(order, store=before.store) if kept else order
        moved = kept and "checkpoint_dir" in order.given and order.store is not before.store
        return note_checkpoint(before.store.directory) if moved else ""

    def _may_be_left(self) -> bool:
        """Whether who waits may go on: it rests, and whoever listens knows."""
        return self._course.resting and self._audience.knows(self._order.clock.monotonic())

    def _line_up(self) -> None:
        if self._course.waits:
            self._error = None
        self._inbox.poke()

    def _place(self) -> int:
        return self._turns.place(self)

    def _moved(self) -> None:
        self._turns.heed(self)
        self.tell()
