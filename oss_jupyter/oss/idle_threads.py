"""Threads that sleep until connections are too old to be used again, and are woken before the interpreter ends.

A daemon thread that falls asleep just then makes CPython crash now and then: it lets go of the interpreter's lock and
looks at its own state afterwards, which may be gone (seen with 3.13.0, where address space is scarce).
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable

from oss_jupyter import forks

# They have only a few connections to close.
_END_SECONDS = 1.0


class IdleThreads:
    """Those of one process. `_lock` guards _arranged; _ending begins anew in a forked child alone."""

    def __init__(self) -> None:
        self._begin()
        forks.in_child(self._begin)

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._arranged = False

    def start(self, work: Callable[[], None]) -> None:
        """Start one. Raises RuntimeError or MemoryError where no thread can be had, or the interpreter ends."""
        self._arrange()
        threading.Thread(target=work, name="oss-idle", daemon=True).start()

    def sleep(self, seconds: float) -> bool:
        """Sleep for so long, or until the interpreter ends; return whether it does."""
        return self._ending.wait(seconds)

    def _arrange(self) -> None:
        with self._lock:
            arranged, self._arranged = self._arranged, True
        if self._ending.is_set():
            raise RuntimeError("the interpreter ends")
        if not arranged:
            # Before threads can be started no more, where Python tells of that moment.
            getattr(threading, "_register_atexit", atexit.register)(self._end)

    def _end(self) -> None:
        self._ending.set()
        for thread in threading.enumerate():
            if thread.name == "oss-idle":
                thread.join(_END_SECONDS)


idle_threads = IdleThreads()
