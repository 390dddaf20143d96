"""A line's speed, for one connection."""

from __future__ import annotations

import time

# A read that took longer had to wait for the client.
_WAITED_SECONDS = 0.002
# The most that is made up for.
_LATE_SECONDS = 1.0


class Pace:
    """Takes `rate_bytes` per second. A connection that is not read fills its buffers, and the client has to wait.

    A line goes on while the machine at its end is busy with something else, so time in which the sink was late is made
    up for; time in which the client had nothing to send is lost.
    """

    def __init__(self, rate_bytes: float) -> None:
        self._rate_bytes = rate_bytes
        self._ready_at = 0.0

    def begin(self) -> None:
        """A new body: whatever was before it, the line starts now."""
        self._ready_at = max(self._ready_at, time.monotonic())

    def wait(self, count: int, asked_at: float) -> None:
        """Sleep until `count` bytes fit the rate; they were asked for at the monotonic time `asked_at`."""
        now = time.monotonic()
        if now - asked_at > _WAITED_SECONDS:
            self._ready_at = max(self._ready_at, now)
        self._ready_at = max(self._ready_at, now - _LATE_SECONDS) + count / self._rate_bytes
        if self._ready_at > now:
            time.sleep(self._ready_at - now)
