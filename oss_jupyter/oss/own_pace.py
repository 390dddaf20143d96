"""The speed of a part that is sent where nobody shares a bucket with it: in a process of an executor, or far away."""

from __future__ import annotations

import time

from oss_jupyter.model.pace import Pace


class OwnPace:
    """An allowance for one part, in bytes per second, as it was when the part began. One thread uses it."""

    def __init__(self, rate_bytes_per_second: float) -> None:
        self._rate = rate_bytes_per_second
        self._pace = Pace(time.monotonic())

    def take(self, wanted_bytes: int) -> int:
        """Return how many of `wanted_bytes` may be sent now; 0 means to ask again in a moment."""
        return self._pace.take(time.monotonic(), self._rate, wanted_bytes)

    def give_back(self, unused_bytes: int) -> None:
        """Return what was granted and could not be sent."""
        self._pace.give_back(unused_bytes)
