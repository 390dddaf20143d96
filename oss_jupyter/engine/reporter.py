"""Progress events: snapshots handed to listeners a few times a second, never under a lock, and once at each rest.

Each listener has a thread of its own, so that a slow one holds up nobody else, and is called within the context in
which it was added: what it prints appears under its own cell, in every ipykernel.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable

from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.log import log
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.redact import said_by
from oss_jupyter.texts import tr

INTERVAL_SECONDS = 0.25

OnProgress = Callable[[Snapshot], None]


class Reporter:
    """Calls listeners with snapshots while their transfers run, and once more at the end. `_lock` guards _tellers."""

    def __init__(self, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._interval_seconds = interval_seconds
        self._lock = threading.Lock()
        self._tellers: list[_Teller] = []

    def add(self, transfer: Transfer, listener: OnProgress) -> None:
        """Call `listener(snapshot)` until the transfer has ended. Whoever waits for the end waits for its last call."""
        with self._lock:
            status = coordinator_of(transfer)
            if any(teller.serves(status, listener) for teller in self._tellers):
                return
            teller = _Teller(status, listener, self._interval_seconds, self._over)
            self._tellers.append(teller)
        teller.start()

    def _over(self, teller: _Teller) -> None:
        with self._lock:
            self._tellers.remove(teller)


class _Teller:
    """Calls one listener, on a thread of its own, which one that is queued has no need of yet.

    A pause is told once; a listener that raises is not called again. `_lock` guards _started; _rest is changed by its
    own thread alone.
    """

    def __init__(
        self, transfer: AnyJob, listener: OnProgress, interval_seconds: float, over: Callable[[_Teller], None]
    ) -> None:
        self._transfer = transfer
        self._listener = listener
        self._interval_seconds = interval_seconds
        self._over = over
        self._context = contextvars.copy_context()
        self._wake = threading.Event()
        self._rest: int | None = None  # the one that was told last; None while it moves
        # ipykernel 7.0 knows the cell of a thread only by the context that the thread started with.
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._work,), name="oss-reporter", daemon=True)
        self._lock = threading.Lock()
        self._started = False

    def serves(self, transfer: AnyJob, listener: OnProgress) -> bool:
        """Whether it calls this listener for this transfer."""
        return self._transfer is transfer and self._listener == listener

    def start(self) -> None:
        """Begin."""
        self._transfer.attend(self._thread)
        self._transfer.on_change(self._changed)
        self._changed()

    def _changed(self) -> None:
        if self._transfer.rest != self._rest:
            self._wake.set()
        with self._lock:
            begins = not self._started and self._transfer.state is not State.QUEUED
            self._started = self._started or begins
        if begins:
            self._begin()

    def _begin(self) -> None:
        try:
            self._thread.start()
        except RuntimeError:  # "can't start new thread"
            self._close()
            self._transfer.note(tr("This computer allows no more threads, so on_progress is not called."))

    def _close(self) -> None:
        self._transfer.leave(self._thread)
        self._over(self)

    def _work(self) -> None:
        try:
            while self._tell():
                self._wake.wait(self._interval_seconds if self._rest is None else None)
        finally:
            self._close()

    def _tell(self) -> bool:
        """Call the listener, unless it knows already; return whether there will be more to tell."""
        self._wake.clear()
        rest, now = self._transfer.rest, self._transfer.snapshot()
        if rest is not None and rest == self._rest:
            return True
        self._rest = rest
        try:
            self._context.run(self._listener, now)
        except BaseException as error:  # on a thread of ours not even SystemExit is meant for somebody else
            raised = f"{type(error).__name__}: {said_by(error)}".rstrip(": .")
            self._transfer.note(tr("on_progress raised {error}. It is not called again.", error=raised))
            log.warning("on_progress raised %s; it is not called again for %s", raised, self._transfer.id)
            return False
        if rest is not None:
            self._transfer.told(self._thread, rest)
        return rest is None or not now.state.ended
