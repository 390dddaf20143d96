"""The one place from which widgets are updated: a thread that looks a few times a second while something lives.

It does not know what it paints. Whoever is shown has a method `paint`, looks at its transfer there, and says whether it
wants to be looked at again; the thread ends when nobody does, and starts again when somebody is added.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from oss_jupyter.notebook.display.cells import cells

# Nearly four updates a second look alive; more would only cost.
INTERVAL_SECONDS = 0.28

_log = logging.getLogger("oss_jupyter")


class Painted(Protocol):
    """Something on the screen."""

    def paint(self, now: float) -> bool:
        """Show how things stand at `now`, in monotonic seconds; return whether more is to come."""


class Painter:
    """Any thread may call the public methods. `_lock` guards _painted and _thread; _next_look is that thread's own.

    on_look: called before each look.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        interval_seconds: float = INTERVAL_SECONDS,
        on_look: Callable[[], object] = lambda: None,
    ) -> None:
        self._on_look = on_look
        self._clock = clock
        self._sleep = sleep
        self._interval_seconds = interval_seconds
        self._lock = threading.Lock()
        self._painted: dict[Painted, None] = {}  # a set that keeps the order
        self._thread: threading.Thread | None = None
        self._next_look = float("-inf")

    def add(self, painted: Painted) -> None:
        """Look at `painted` soon, and again until it has come to rest."""
        with self._lock:
            self._painted[painted] = None
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="oss-painter", daemon=True)
                with suppress(RuntimeError):  # the system refuses one: whoever is added next may get it
                    thread.start()
                    self._thread = thread

    def _work(self) -> None:
        while True:
            self._sleep(max(0.0, self._next_look - self._clock()))
            self._next_look = self._clock() + self._interval_seconds
            with self._lock:
                painted = tuple(self._painted)
                if not painted:
                    self._thread = None
                    return
                # Taken off before it is looked at, so that whoever is added in the meantime is not overlooked.
                self._painted.clear()
            self._on_look()
            lively = [item for item in painted if self._paint(item)]
            with self._lock:
                self._painted.update(dict.fromkeys(lively))

    def _paint(self, painted: Painted) -> bool:
        try:
            return cells.within(painted.paint, self._clock())
        except Exception:
            _log.exception("%r could not be painted; it is left alone until something happens to it", painted)
            return False
