"""A token bucket: filled with time, emptied by sending, shared by the threads that send one transfer's parts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from oss_jupyter.model.pace import Pace


class RateLimiter:
    """Grants bytes at a rate that may change at any time; a rate of 0 is no limit.

    `_lock` guards _pace. `rate` is asked at each grant and gives bytes per second.
    """

    def __init__(self, rate: Callable[[], float], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._pace = Pace(monotonic())

    def take(self, wanted_bytes: int) -> int:
        """Return how many of `wanted_bytes` may be sent now; 0 means to ask again in a moment."""
        rate = self._rate()
        if not rate:
            return wanted_bytes
        with self._lock:
            return self._pace.take(self._monotonic(), rate, wanted_bytes)

    def give_back(self, unused_bytes: int) -> None:
        """Return what was granted and could not be sent."""
        with self._lock:
            self._pace.give_back(unused_bytes)
