"""How many small files are on the wire at once: it follows the line like the number of parts, and sooner.

A part takes seconds, a small file hardly more than its way to the service and back. So it is measured for a few of such
ways only, it begins with more, and what a file costs beside its bytes counts as well.
"""

from __future__ import annotations

from oss_jupyter.model.parallel import GAIN, AutoParallel

FILES_START = 16
# What a file takes beside its bytes, in bytes: so that a stretch of larger files is not taken for a better line.
_FILE_COSTS_BYTES = 64 * 1024
# In times that a file takes. Files that were begun together end together, so fewer would measure nothing but that.
_EPOCH_WAYS, _SETTLE_WAYS = 5.0, 2.0
_EPOCH_LEAST_SECONDS, _EPOCH_MOST_SECONDS = 0.4, 2.0
_SETTLE_LEAST_SECONDS, _SETTLE_MOST_SECONDS = 0.2, 1.0
# What is quicker than before counts soon, what is slower late: a connection's first file waits for more than the way.
_QUICKER_SHARE, _SLOWER_SHARE = 0.2, 0.002


class FilesParallel(AutoParallel):
    """See AutoParallel. `confirmed` is told how long the file took, from when it was read to the reply."""

    def __init__(self, most: int, start: int = FILES_START) -> None:
        super().__init__(most, start)
        self._files = 0
        self._way_seconds = 0.0
        self._looks_twice = True
        self._pace()

    def confirmed(self, seconds: float = 0.0) -> None:
        """Count a file."""
        self._files += 1
        if seconds:
            longer = seconds - (self._way_seconds or seconds)
            share = _SLOWER_SHARE if longer > 0 else _QUICKER_SHARE
            self._way_seconds = (self._way_seconds or seconds) + longer * share

    def sample(self, now: float, moved_bytes: int) -> None:
        """Take a sample several times a second; at the end of an epoch, decide."""
        self._pace()
        super().sample(now, moved_bytes + self._files * _FILE_COSTS_BYTES)

    def _decide(self, now: float, rate: float) -> None:
        """Look twice before a step is taken back: connections that are still being opened add nothing yet."""
        adds_nothing = self._climbing and self.target > self._best_target and rate <= self._best_rate * (1 + GAIN)
        if adds_nothing and self._looks_twice:
            self._looks_twice = False
            self._measure_again(now)
            return
        self._looks_twice = True
        super()._decide(now, rate)

    def _pace(self) -> None:
        epoch, settle = _EPOCH_WAYS * self._way_seconds, _SETTLE_WAYS * self._way_seconds
        self.epoch_seconds = min(max(epoch, _EPOCH_LEAST_SECONDS), _EPOCH_MOST_SECONDS)
        self.settle_seconds = min(max(settle, _SETTLE_LEAST_SECONDS), _SETTLE_MOST_SECONDS)
