"""A pace for bytes. Whoever reads a body waits here, so that a full TCP window slows the client down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

_SLICE_SECONDS = 0.05  # how soon a changed rate is felt, and how much lost time may be caught up


class Throttle:
    """Let bytes pass at a rate that may change at any moment; None lets all pass.

    Used by one event loop. Waiters take turns slice by slice, so connections share the rate fairly.
    """

    def __init__(self, rate_bytes_per_second: Callable[[], float | None]) -> None:
        self._rate = rate_bytes_per_second
        self._free_at = 0.0

    async def take(self, size_bytes: int) -> None:
        """Return when this many bytes may have passed."""
        remaining = float(size_bytes)
        while remaining > 0:
            rate = self._rate()
            if not rate:
                return
            portion = min(remaining, rate * _SLICE_SECONDS)
            now = time.monotonic()
            self._free_at = max(self._free_at, now - _SLICE_SECONDS) + portion / rate
            await asyncio.sleep(max(0.0, self._free_at - now))
            remaining -= portion
