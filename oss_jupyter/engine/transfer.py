"""A transfer as its user holds it: a handle for any thread, whose work a `Run` does on a thread of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.awaiting import future_of
from oss_jupyter.engine.differences import note_checkpoint, note_live, running_on, unapplied_live
from oss_jupyter.engine.inbox import Inbox
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.safe import what_is_kept, what_is_left
from oss_jupyter.engine.standing import Standing
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.engine.turns import Turns
from oss_jupyter.errors import InputError, OssJupyterError, TransferAborted, TransferStateError
from oss_jupyter.model.course import Wish
from oss_jupyter.model.given import whole
from oss_jupyter.model.line import Kind, Turn
from oss_jupyter.model.parallel import PARALLEL_MOST
from oss_jupyter.model.progress import Receipt
from oss_jupyter.model.sizes import parse_speed
from oss_jupyter.model.states import Event, State
from oss_jupyter.names import printable

if TYPE_CHECKING:
    from oss_jupyter.engine.order import Order

# Condition.wait without a time-out cannot be interrupted on Windows.
_WAIT_SLICE_SECONDS = 0.5


class Transfer(Standing):
    """One file on its way to one object. The lock and what it guards are Standing's.

    turns: the queue of all uploads of the kernel, whose lock is taken before this one's; one for itself without it.
    """

    def __init__(
        self,
        order: Order,
        state: State = State.QUEUED,
        earlier: Standing | None = None,
        turns: Turns | None = None,
    ) -> None:
        super().__init__(order, state, earlier)
        self._turns = turns or Turns()

    def __repr__(self) -> str:
        if os.getpid() != self._pid:
            return f"<Transfer {self.id} of process {self._pid}>"
        now = self.snapshot()
        parts = f"{now.parts_kept + now.parts_done}/{now.parts_total}"
        return printable(f"<Transfer {self.id} {now.state}: {now.source} -> {now.target}, {parts} parts>")

    # What a user asks for. None of these blocks.

    def pause(self) -> None:
        """Stop sending within a second and keep every finished part. Raises TransferStateError where nothing runs."""
        with self._changed:
            rested = self._course.resting
            self._course.pause()
            self._wake()
            if self._course.resting and not rested:
                self._come_to_rest()  # it was queued
        self._moved()

    def resume(self) -> None:
        """Carry on with the same upload id, after a pause, a failure or a kernel restart; harmless while running.

        Where others run, it is queued. Raises TransferStateError where it is over.
        """
        with self._changed:
            self._course.resume()
            self._line_up()
        self._moved()

    def abort(self, keep_parts: bool = False) -> None:
        """Give the upload up, for good: running the upload again makes a new transfer.

        Its parts are removed from the service, where they cost storage. With `keep_parts` they stay there together
        with the checkpoint, so that running the upload again carries on. Raises TransferStateError where it is over.
        """
        with self._changed:
            self._course.abort(keep_parts=keep_parts)
            self._wake()
        self._moved()

    def set_parallel(self, parallel: int | None) -> None:
        """Change how many parts are on the wire at once, from now on; None follows the line."""
        if parallel is not None:
            parallel = whole(parallel, "parallel", 1, PARALLEL_MOST)
        with self._changed:
            self._parallel = parallel
            self._wake()

    def set_limit(self, bytes_per_second: float | str | None) -> None:
        """Change the transfer's own speed limit, from now on, also by a text like ``"20MiB/s"``; None takes it away."""
        if bytes_per_second == 0:
            raise InputError("A speed limit of zero would never end.", "Pause the upload instead.")
        limit = None if bytes_per_second is None else float(parse_speed(bytes_per_second, "limit"))
        with self._changed:
            self._limit = limit
        self._tell()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the transfer has ended (or is paused) and return whether it has; `timeout` in seconds.

        By then `on_progress` has been called for the last time, unless it takes more than two seconds.
        """
        clock = self.order.clock
        deadline = None if timeout is None else clock.monotonic() + timeout
        with self._changed:
            while not self._may_be_left():
                left = _WAIT_SLICE_SECONDS if deadline is None else deadline - clock.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, _WAIT_SLICE_SECONDS))
            return True

    def result(self, timeout: float | None = None) -> Receipt:
        """Wait for the end and return the receipt.

        Raises what made it fail, TransferAborted, TransferStateError if it is paused, or TimeoutError; the upload
        itself goes on when the wait is interrupted or runs out.
        """
        if not self.wait(timeout):
            raise TimeoutError(f"The upload {self.id} is still {self.state}; it goes on.")
        return self._outcome()

    def __await__(self) -> Generator[Any, None, Receipt]:
        return asyncio.shield(asyncio.wrap_future(future_of(self, self._outcome))).__await__()

    # What only the engine calls.

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
            self._wake()

    def stop_for_exit(self) -> None:
        """Stop, wherever it stands: the process is about to end. Parts that nobody could resume are removed."""
        with self._changed:
            rested = self._course.resting
            self._course.stop(Wish.PAUSE if self._order.store.directory else Wish.ABORT)
            self._wake()
            if self._course.resting and not rested:
                self._come_to_rest()
        self._moved()

    def turn(self) -> tuple[Turn, Kind]:
        """Return how it stands in the queue, and as what."""
        with self._changed:
            whole = Kind.SMALL if self._order.plan.single else Kind.LARGE
            return self._course.turn, Kind.ERRAND if self._course.wish.aborts else whole

    def take_turn(self) -> bool:
        """Begin a run, which has to be launched then; return False where that is not wanted any more."""
        with self._changed:
            if not self._course.begin():
                return False
            self._inbox = Inbox()
            self._notes.drop(Lasts.THIS_RUN)
            clock = self._order.clock
            self._started_at, self._started_monotonic = clock.time(), clock.monotonic()
            return True

    def launch(self) -> None:
        """Start the thread of the run that has begun. Raises Shortage, or InterpreterEnding."""
        from oss_jupyter.engine.run import Run

        start_thread(Run(self, self._inbox), f"oss-transfer-{self.id}")
        self._tell()

    def put_back(self) -> None:
        """Queue again, because there was no thread for it; what is wished stays."""
        with self._changed:
            self._course.put_back()

    def could_not_begin(self, error: OssJupyterError) -> None:
        """Close a run that could not be launched, whatever the wish is by now."""
        error.safe = what_is_kept(self.snapshot())
        while not self._close(Event.FAIL, self.wish(), error=error):
            pass
        self._tell()

    def give_up(self, inbox: Inbox, error: OssJupyterError) -> None:
        """Close the run of this inbox if it could not close itself, whatever the user's wish is by now."""
        while self._driven_by(inbox) and not self.end(Event.FAIL, self.wish(), error=error):
            pass

    def unseen_error(self) -> OssJupyterError | None:
        """Return why it has failed, unless somebody has asked for the result or for the error."""
        with self._changed:
            unseen = self._course.state is State.FAILED and not self._error_seen
            return self._error if unseen else None

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
        self._wake()

    def _place(self) -> int:
        return self._turns.place(self)

    def _moved(self) -> None:
        self._turns.heed(self)
        self._tell()

    def _outcome(self) -> Receipt:
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
