"""Where a transfer stands: what its run writes down and everybody reads, under one lock."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.audience import Audience
from oss_jupyter.engine.event_queue import EventQueue
from oss_jupyter.engine.ledger import Ledger, PartDetail
from oss_jupyter.engine.log import log
from oss_jupyter.engine.notes import Lasts, Notes
from oss_jupyter.errors import OssJupyterError, TransferStateError
from oss_jupyter.model.lifecycle import Command, Lifecycle
from oss_jupyter.model.progress import Phase, Receipt, Snapshot
from oss_jupyter.model.states import Event, State
from oss_jupyter.names import printable

if TYPE_CHECKING:
    from oss_jupyter.engine.spec import TransferSpec
    from oss_jupyter.model.options import ObjectOptions
    from oss_jupyter.model.plan import Plan
    from oss_jupyter.model.record import CheckpointRecord


class TransferStatus:
    """State, command, spec and result of one transfer. Its coordinator adds what can be asked of it.

    `_lock` (a condition, entered through `_changed`) guards _lifecycle, _events, _phase, _notes, _error, _error_seen,
    _receipt, _spec, _parallel, _shown_parallel, _limit, _upload_id, _started_at, _started_monotonic, _earlier_seconds,
    _listeners, _audience and _logged_state. The parts have their own book, the ledger. A transfer belongs
    to the process that made it: a forked child has neither its threads nor the right to its checkpoint, so there every
    method raises TransferStateError.

    earlier: a transfer of the same file and object that is being aborted; this one begins when that one has ended.
    """

    def __init__(self, spec: TransferSpec, state: State = State.QUEUED, earlier: TransferStatus | None = None) -> None:
        self.id = spec.transfer_id
        self.ledger = Ledger(spec.plan)
        self.earlier = earlier
        self._pid = os.getpid()
        self._lock = threading.Condition()
        self._lifecycle = Lifecycle(state)
        self._events = EventQueue()  # of the run; a new run has a new one
        self._spec = spec
        self._phase = Phase.NONE
        self._notes = Notes()
        self._error: OssJupyterError | None = None
        self._error_seen = False
        self._receipt: Receipt | None = None
        self._parallel = spec.parallel
        self._shown_parallel = spec.parallel or 0
        self._logged_state = state
        self._limit = spec.limit
        self._upload_id = ""
        self._started_at = 0.0
        self._started_monotonic = 0.0
        self._earlier_seconds = 0.0  # of runs in this kernel that a pause or a failure ended
        self._listeners: list[Callable[[], None]] = []
        self._audience = Audience()

    @property
    def spec(self) -> TransferSpec:
        """What to send and how."""
        with self._changed:
            return self._spec

    @property
    def state(self) -> State:
        """Where it stands."""
        with self._changed:
            return self._lifecycle.state

    @property
    def resting(self) -> bool:
        """Whether nothing happens unless somebody asks: it has ended, or is paused."""
        with self._changed:
            return self._lifecycle.resting

    @property
    def error(self) -> OssJupyterError | None:
        """Why it failed, or what stands in the way of resuming it; else None."""
        with self._changed:
            self._error_seen = True
            return self._error

    @property
    def limit(self) -> float | None:
        """The transfer's own speed limit in bytes per second, or None."""
        with self._changed:
            return self._limit

    def snapshot(self) -> Snapshot:
        """Return where everything stands, as a frozen value."""
        now = self._view(self._place())
        kept = now.state is State.ABORTED and self.spec.store.keeps(self.id)
        return replace(now, checkpoint_kept=True) if kept else now

    def _view(self, place: int) -> Snapshot:
        with self._changed:
            clock = self._spec.clock
            now = clock.monotonic()
            running = self._lifecycle.running
            parts = self.ledger.view(now) if running else self.ledger.view(now).at_rest()
            path = self._spec.store.path_of(self.id)
            return Snapshot(
                id=self.id,
                source=printable(str(self._spec.source.path)),
                target=self._spec.target,
                state=self._lifecycle.state,
                phase=self._phase,
                queue_place=place if self._lifecycle.state is State.QUEUED else 0,
                parallel=self._shown_parallel,
                parallel_auto=self._parallel is None,
                limit_bytes_per_second=self._limit,
                upload_id=self._upload_id,
                checkpoint=printable(str(path)) if path else None,
                started_at=self._started_at,
                elapsed_seconds=self._earlier_seconds + (now - self._started_monotonic if running else 0.0),
                notes=tuple(map(self._spec.spell, self._notes.texts())),
                error=self._error.four_lines(self._spec.spell) if self._error else None,
                receipt=self._receipt,
                parallel_wanted=self._parallel,
                retry=self.ledger.most_retried(),
                retries_max=self._spec.policy.attempts - 1,
                aborting=self._lifecycle.command.aborts,
                keeps_parts=self._lifecycle.command is Command.ABORT_KEEP_PARTS,
                **vars(parts),
            )

    def part(self, number: int) -> PartDetail:
        """Return what is known of part `number` (from 1). Raises IndexError."""
        return self.ledger.detail(number, self.spec.clock.monotonic())

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change of state, on the thread that changed it; it must be quick."""
        with self._changed:
            self._listeners.append(listener)

    @property
    def rest(self) -> int | None:
        """The number of times it has come to rest, while it rests; None while it moves."""
        with self._changed:
            return self._audience.rests if self._lifecycle.resting else None

    def attend(self, teller: threading.Thread) -> None:
        """Let whoever waits for the end wait until `teller` has told it, or has left."""
        with self._changed:
            self._audience.attend(teller, self._spec.clock.monotonic() if self._lifecycle.resting else None)

    def told(self, teller: threading.Thread, rest: int) -> None:
        """Note that `teller` has told of this rest."""
        with self._changed:
            self._audience.told(teller, rest)
            self._changed.notify_all()
        self.tell()

    def leave(self, teller: threading.Thread) -> None:
        """Let nobody wait for `teller` any more."""
        with self._changed:
            self._audience.leave(teller)
            self._changed.notify_all()
        self.tell()

    def command(self) -> Command:
        """Return what the user wants now."""
        with self._changed:
            return self._lifecycle.command

    def move(self, event: Event) -> None:
        """Change the state by the table and tell whoever listens."""
        with self._changed:
            self._lifecycle.move(event)
            self._phase = Phase.NONE
        self._moved()

    def set_phase(self, phase: Phase) -> None:
        """Say what is going on within the state."""
        with self._changed:
            self._phase = phase
        self.tell()

    def settle(self, options: ObjectOptions, plan: Plan) -> None:
        """Note with which options and in which parts the run goes on."""
        with self._changed:
            self._spec = replace(self._spec, options=options, plan=plan)

    def note(self, text: str, lasts: Lasts = Lasts.FOR_GOOD) -> None:
        """Tell the user something that is neither progress nor failure. The same words are said once."""
        with self._changed:
            new = self._notes.add(text, lasts)
        if new:
            self.tell()

    def note_all(self, texts: Iterable[str]) -> None:
        """Tell the user several things."""
        for text in texts:
            self.note(text)

    def found(self, spec: TransferSpec, record: CheckpointRecord, *, elsewhere: bool) -> None:
        """Show what the disk knows of a transfer that rests here; `elsewhere`: another kernel drives it."""
        event = Event.TAKEN_OVER if elsewhere else Event.LEFT
        with self._changed:
            moved = self._lifecycle.found(event)
            if self._lifecycle.state not in (State.INTERRUPTED, State.ELSEWHERE):
                return
            self._spec = spec
            self._error = None if self._lifecycle.state is State.ELSEWHERE else spec.hindrance
        self.show_record(record)
        if moved:
            self.tell()

    def show_record(self, record: CheckpointRecord) -> None:
        """Show what a checkpoint knows; that of a single PutObject knows nothing worth showing."""
        if record.header.upload_id:
            self.ledger.begin(record.header.plan, record.receipts, self.spec.clock.monotonic())
            self.set_upload_id(record.header.upload_id)

    def set_upload_id(self, upload_id: str) -> None:
        """Show the service's upload id."""
        with self._changed:
            self._upload_id = upload_id

    def end(
        self, event: Event, obeyed: Command, *, error: OssJupyterError | None = None, receipt: Receipt | None = None
    ) -> bool:
        """Close a run: the state changes, the result is there, and whoever waits goes on.

        Return False, with nothing changed, where the user's command is no longer the one that was obeyed.
        """
        ended = self._close(event, obeyed, error=error, receipt=receipt)
        if ended:
            self._moved()
        return ended

    def _close(
        self, event: Event, obeyed: Command, *, error: OssJupyterError | None = None, receipt: Receipt | None = None
    ) -> bool:
        with self._changed:
            if not self._lifecycle.end(event, obeyed):
                return False
            self._error, self._receipt, self._error_seen = error, receipt, False
            if event is Event.ABORT:
                self._notes.drop(Lasts.WHILE_ASKED_SO, Lasts.THIS_RUN)
            self._phase = Phase.NONE
            self._earlier_seconds += self._spec.clock.monotonic() - self._started_monotonic
            self._come_to_rest()
            return True

    def _come_to_rest(self) -> None:
        self._audience.rest(self._spec.clock.monotonic())
        self._changed.notify_all()

    def active_seconds(self) -> float:
        """Return how long the runs in this kernel have been going, pauses left out."""
        with self._changed:
            return self._earlier_seconds + self._spec.clock.monotonic() - self._started_monotonic

    @property
    def _changed(self) -> threading.Condition:
        """The lock. In a forked child it may be held by a thread that is not there, so nobody enters it there."""
        if os.getpid() != self._pid:
            raise TransferStateError(
                f"The upload {self.id} runs in the process {self._pid}, of which this one is a forked child.",
                "Ask for it there, or begin an upload of its own here.",
            )
        return self._lock

    def _place(self) -> int:
        """Return its place in the queue. Not to be asked under the lock: the queue's own comes first."""
        return 0

    def _moved(self) -> None:
        """Let the queue and whoever listens know that it stands otherwise now; never under the lock."""
        self.tell()

    def tell(self) -> None:
        """Let whoever listens look again; never under the lock."""
        with self._changed:
            listeners = tuple(self._listeners)
            before, self._logged_state = self._logged_state, self._lifecycle.state
            error = self._error
        if before is not self._logged_state:
            log.debug("%s: %s -> %s%s", self.id, before, self._logged_state, f" ({error.code})" if error else "")
        for listener in listeners:
            listener()
