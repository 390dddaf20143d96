"""Where a job stands, of one file or of many: what its run writes down and everybody reads, under one lock."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Generic, TypeVar

from oss_jupyter.engine.audience import Audience
from oss_jupyter.engine.event_queue import EventQueue
from oss_jupyter.engine.log import log
from oss_jupyter.engine.notes import Lasts, Notes
from oss_jupyter.engine.spec import JobSpec
from oss_jupyter.errors import OssJupyterError, TransferStateError
from oss_jupyter.model.lifecycle import Command, Lifecycle
from oss_jupyter.model.progress import AnyReceipt, PartsView, Phase, Snapshot
from oss_jupyter.model.states import Event, State
from oss_jupyter.names import printable
from oss_jupyter.texts import english, tr

S = TypeVar("S", bound=JobSpec)


class JobStatus(Generic[S]):
    """State, command, spec and result of one job. Its coordinator adds what can be asked of it.

    `_lock` (a condition, entered through `_changed`) guards _lifecycle, _events, _phase, _notes, _error, _error_seen,
    _receipt, _spec, _parallel, _shown_parallel, _limit, _started_at, _started_monotonic, _earlier_seconds,
    _listeners, _audience and _logged_state. What is sent has a book of its own, with a lock of its own. A job belongs
    to the process that made it: a forked child has neither its threads nor the right to its checkpoint, so there every
    method raises TransferStateError.

    earlier: a job of the same source and target that is being aborted; this one begins when that one has ended.
    answered_before: the service has answered what this one is a part of, so a silent network is put up with from the
    first request on. Whoever makes the job sets it.
    """

    def __init__(self, spec: S, state: State = State.QUEUED, earlier: JobStatus[S] | None = None) -> None:
        self.id = spec.transfer_id
        self.earlier = earlier
        self.answered_before = False
        self._pid = os.getpid()
        self._lock = threading.Condition()
        self._lifecycle = Lifecycle(state)
        self._events = EventQueue()  # of the run; a new run has a new one
        self._spec = spec
        self._phase = Phase.NONE
        self._notes = Notes()
        self._error: OssJupyterError | None = None
        self._error_seen = False
        self._receipt: AnyReceipt | None = None
        self._parallel = spec.parallel
        self._shown_parallel = spec.parallel or 0
        self._logged_state = state
        self._limit = spec.limit
        self._started_at = self._started_monotonic = 0.0
        self._earlier_seconds = 0.0  # of runs in this kernel that a pause or a failure ended
        self._listeners: list[Callable[[], None]] = []
        self._audience = Audience()

    @property
    def spec(self) -> S:
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
    def failure(self) -> OssJupyterError | None:
        """Why it failed, as it stands; nobody has seen it by that."""
        with self._changed:
            return self._error

    @property
    def error(self) -> OssJupyterError | None:
        """Why it failed, or what stands in the way of resuming it; else None."""
        with self._changed:
            self._error_seen = True
            return self._error

    @property
    def limit(self) -> float | None:
        """Its own speed limit in bytes per second, or None."""
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
            parts, more = self._book(now)
            path = self._spec.store.path_of(self.id)
            return Snapshot(
                id=self.id,
                source=printable(self._spec.source_text),
                target=self._spec.target,
                state=self._lifecycle.state,
                phase=self._phase,
                queue_place=place if self._lifecycle.state is State.QUEUED else 0,
                parallel=self._shown_parallel,
                parallel_auto=self._parallel is None,
                limit_bytes_per_second=self._limit,
                checkpoint=printable(str(path)) if path else None,
                started_at=self._started_at,
                elapsed_seconds=self._earlier_seconds + (now - self._started_monotonic if running else 0.0),
                notes=tuple(map(self._spec.spell, self._notes.texts())),
                error=self._error.four_lines(self._spec.spell) if self._error else None,
                receipt=self._receipt,
                parallel_wanted=self._parallel,
                retries_max=self._spec.policy.attempts - 1,
                aborting=self._lifecycle.command.aborts,
                keeps_parts=self._lifecycle.command is Command.ABORT_KEEP_PARTS,
                resumable=self._spec.stuck is None,
                written=self._spec.written,
                **vars(parts if running else parts.at_rest()),
                **more,
            )

    def _book(self, now: float) -> tuple[PartsView, dict[str, Any]]:
        """Return what has been sent by now, monotonic seconds, and what else a snapshot tells; under the lock."""
        raise NotImplementedError

    @property
    def confirmed_count(self) -> int:
        """How many parts, or files, are in OSS."""
        raise NotImplementedError

    @property
    def moved_at(self) -> float:
        """When the service last took or confirmed something, in monotonic seconds."""
        raise NotImplementedError

    @property
    def listeners(self) -> tuple[Callable[[], None], ...]:
        """Who is called after each change of state."""
        with self._changed:
            return tuple(self._listeners)

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

    def begun(self) -> None:
        """Note that the run is at its beginning, where it does what is asked for now."""
        with self._changed:
            self._lifecycle.begun()

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

    def note(self, text: str, lasts: Lasts = Lasts.FOR_GOOD, once_complete: str = "") -> None:
        """Tell the user something that is neither progress nor failure, once. once_complete: see `Notes.add`."""
        with self._changed:
            new = self._notes.add(text, lasts, once_complete)
        if new:
            self.tell()

    def waits_no_longer(self) -> None:
        """Take back what was told of a wait that is over."""
        with self._changed:
            self._notes.drop(Lasts.WHILE_WAITING)

    def note_all(self, texts: Iterable[str]) -> None:
        """Tell the user several things."""
        for text in texts:
            self.note(text)

    def end(
        self,
        event: Event,
        obeyed: Command,
        *,
        error: OssJupyterError | None = None,
        receipt: AnyReceipt | None = None,
    ) -> bool:
        """Close a run: the state changes, the result is there, and whoever waits goes on.

        Return False, with nothing changed, where the user's command is no longer the one that was obeyed.
        """
        ended = self._close(event, obeyed, error=error, receipt=receipt)
        if ended:
            self._moved()
        return ended

    def _close(
        self,
        event: Event,
        obeyed: Command,
        *,
        error: OssJupyterError | None = None,
        receipt: AnyReceipt | None = None,
    ) -> bool:
        with self._changed:
            if not self._lifecycle.end(event, obeyed):
                return False
            self._error, self._receipt, self._error_seen = error, receipt, False
            self._notes.run_ended(aborted=event is Event.ABORT, completed=self._lifecycle.state is State.COMPLETED)
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
            what = english("The upload {id} runs in the process {pid}, of which this one is a forked child.")
            advice = tr("Ask for it there, or begin an upload of its own here.")
            raise TransferStateError(tr(what, id=self.id, pid=self._pid), advice)
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
