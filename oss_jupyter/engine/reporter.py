"""Progress events: one thread pulls snapshots a few times a second and hands them on, never under a lock."""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Callable

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.progress import Snapshot

INTERVAL_SECONDS = 0.25

OnProgress = Callable[[Snapshot], None]

_log = logging.getLogger("oss_jupyter")


class Reporter:
    """Calls listeners with snapshots while their transfers run, and once more at the end.

    `_lock` guards _listeners and _thread; _resting belongs to the thread that reports. A listener that raises is
    reported and not called again.
    """

    def __init__(self, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._interval_seconds = interval_seconds
        self._lock = threading.Lock()
        self._listeners: list[tuple[Transfer, OnProgress]] = []
        self._resting: list[tuple[Transfer, OnProgress]] = []
        self._thread: threading.Thread | None = None

    def add(self, transfer: Transfer, listener: OnProgress) -> None:
        """Call `listener(snapshot)` until the transfer has ended."""
        with self._lock:
            if (transfer, listener) in self._listeners:
                return
            self._listeners.append((transfer, listener))
            if self._thread is None:
                # ipykernel 7.0 knows the cell of a thread only by the context that the thread started with.
                run = contextvars.copy_context().run
                self._thread = threading.Thread(target=run, args=(self._work,), name="oss-reporter", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._lock:
                listeners = list(self._listeners)
                if not listeners:
                    self._thread = None
                    return
            done = [pair for pair in listeners if self._report(*pair)]
            with self._lock:
                self._listeners = [pair for pair in self._listeners if pair not in done]
            time.sleep(self._interval_seconds)

    def _report(self, transfer: Transfer, listener: OnProgress) -> bool:
        """Return whether this was the last report."""
        idle, now, pair = transfer.wait(0), transfer.snapshot(), (transfer, listener)
        over = idle and now.state.ended
        resting = idle and not over
        if resting and pair in self._resting:
            return False  # a pause is told once
        self._resting = [other for other in self._resting if other != pair] + ([pair] if resting else [])
        try:
            listener(now)
        except Exception as error:
            transfer.note(f"on_progress raised {type(error).__name__}: {error}. It is not called again.")
            _log.warning("on_progress raised %r; it is not called again for %s", error, transfer.id)
            return True
        return over
