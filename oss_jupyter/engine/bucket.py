"""A token bucket: filled with time, emptied by sending, shared by the threads that send one transfer's parts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# A bucket holds this much time's worth of bytes: what a limit may be exceeded by at its beginning, and how long a
# changed limit needs to be felt.
BURST_SECONDS = 0.1
# Smaller grants would cost more in system calls than they are worth; an emptier bucket lets its askers wait.
GRANT_MIN_BYTES = 16 * 1024


class Bucket:
    """Grants bytes at a rate that may change at any time; a rate of 0 is no limit.

    `_lock` guards _level_bytes and _filled_at. `rate` is asked at each grant and gives bytes per second.
    """

    def __init__(self, rate: Callable[[], float], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._level_bytes = 0.0
        self._filled_at = monotonic()

    def take(self, wanted_bytes: int) -> int:
        """Return how many of `wanted_bytes` may be sent now; 0 means to ask again in a moment."""
        rate = self._rate()
        if not rate:
            return wanted_bytes
        with self._lock:
            now = self._monotonic()
            most = max(rate * BURST_SECONDS, GRANT_MIN_BYTES)
            self._level_bytes = min(most, self._level_bytes + (now - self._filled_at) * rate)
            self._filled_at = now
            if self._level_bytes < min(wanted_bytes, GRANT_MIN_BYTES):
                return 0
            granted = min(wanted_bytes, int(self._level_bytes))
            self._level_bytes -= granted
            return granted

    def give_back(self, unused_bytes: int) -> None:
        """Return what was granted and could not be sent."""
        with self._lock:
            self._level_bytes += unused_bytes
