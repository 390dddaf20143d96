"""A rate of bytes, kept: what may be sent at a moment, from what was sent before. Not safe for threads."""

from __future__ import annotations

# This much time's worth of bytes can be saved up: what a rate may be exceeded by at its beginning, and how long a
# changed one needs to be felt.
BURST_SECONDS = 0.1
# Smaller grants would cost more in system calls than they are worth; who finds less waits.
GRANT_MIN_BYTES = 16 * 1024


class Pace:
    """Filled with time, emptied by sending. now: monotonic seconds, of the moment in which it begins."""

    def __init__(self, now: float) -> None:
        self._level_bytes = 0.0
        self._filled_at = now

    def take(self, now: float, rate: float, wanted_bytes: int) -> int:
        """Return how many of `wanted_bytes` may be sent now, at `rate` bytes per second; 0 means to ask again."""
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
        self._level_bytes += unused_bytes
