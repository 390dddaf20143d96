"""How much a widget may send: whatever is shown, a page on a slow line has room for the notebook as well."""

from __future__ import annotations

_BYTES_PER_SECOND = 60 * 1024


class Pace:
    """Spaces what is sent by its size. One thread at a time uses it."""

    def __init__(self) -> None:
        self._next_at = float("-inf")

    def due(self, now: float) -> bool:
        """Whether more may be sent at `now`, in monotonic seconds."""
        return now >= self._next_at

    def sent(self, count_bytes: int, now: float) -> None:
        """Note what was sent."""
        if count_bytes:
            self._next_at = now + count_bytes / _BYTES_PER_SECOND
