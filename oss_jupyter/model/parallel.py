"""How many parts are on the wire at once: a fixed number, or one that follows the line.

Both are asked by the thread that dispatches, and told what happens; they know no clock and no threads.
"""

from __future__ import annotations

from typing import Any, Protocol

from oss_jupyter.model.given import whole, word

START = 3
# More at once is no line's need, and a process has no more descriptors to spare than that.
PARALLEL_MOST = 256
# A step up is worth its connections only with so much more throughput.
GAIN = 0.07
# Long enough that a new connection has left its slow start and a part's end does not look like a lull.
_EPOCH_SECONDS = 1.0
# Bytes accepted right after a change fill socket buffers and say nothing about the line.
_SETTLE_SECONDS = 0.4
_EXPLORE_SECONDS = 20.0
# The line has changed when throughput leaves this range of what it was when the number was settled.
_CHANGED = 0.35


def parse_parallel(value: Any) -> int | None:
    """Return how many parts are wanted on the wire at once, or None for ``"auto"``. Raises InputError."""
    return None if word(value) == "auto" else whole(value, "parallel", 1, PARALLEL_MOST)


class Parallel(Protocol):
    """What the dispatcher asks and tells."""

    @property
    def target(self) -> int:
        """Parts on the wire at once, now."""

    def hold(self, count: int) -> None:
        """Note how many there may be really: what fewer than `target` do says nothing of more."""

    def sample(self, now: float, moved_bytes: int) -> None:
        """Take a sample a few times a second: monotonic seconds, and bytes sent in all."""

    def confirmed(self, seconds: float = 0.0) -> None:
        """Note a receipt, and how long it took if that counts."""

    def slow_down(self, now: float) -> None:
        """Note that the service throttles, or that a connection was lost."""


class FixedParallel:
    """As many as the user said; fewer for a while after the service said "slow down"."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self.target = wanted

    def hold(self, count: int) -> None:
        """It wants as many as before."""

    def sample(self, now: float, moved_bytes: int) -> None:
        """Samples say nothing to a fixed number."""

    def confirmed(self, seconds: float = 0.0) -> None:
        """Take one back after each receipt."""
        self.target = min(self._wanted, self.target + 1)

    def slow_down(self, now: float) -> None:
        """Halve."""
        self.target = max(1, self.target // 2)


class AutoParallel:
    """Climbs while added connections add throughput, steps back when they do not, and looks again later.

    One epoch is some time of measuring with an unchanged number. Climbing doubles; the first step without a gain is
    taken back and half of it is tried; then the number stays until throughput changes or some time has passed.
    """

    def __init__(self, most: int, start: int = START) -> None:
        self.epoch_seconds = _EPOCH_SECONDS
        self.settle_seconds = _SETTLE_SECONDS
        self._most = self._held_to = most
        self.target = min(start, most)
        self._best_target = self.target
        self._best_rate = 0.0
        self._step = self.target
        self._climbing = True
        self._from: tuple[float, int] | None = None
        self._ready_at = 0.0
        self._explore_at = 0.0

    def hold(self, count: int) -> None:
        """Measure nothing while others have what it wants, and go on from there when it gets that."""
        self._held_to = count

    def sample(self, now: float, moved_bytes: int) -> None:
        """Take a sample; at the end of an epoch, decide."""
        if self._held_to < self.target:
            self._measure_again(now)
            return
        if self._from is None:
            if now >= self._ready_at:
                self._from = (now, moved_bytes)
            return
        began_at, began_bytes = self._from
        if now - began_at >= self.epoch_seconds:
            self._decide(now, (moved_bytes - began_bytes) / (now - began_at))

    def confirmed(self, seconds: float = 0.0) -> None:
        """Receipts say nothing that throughput does not."""

    def slow_down(self, now: float) -> None:
        """Halve, and stay there for a while: whoever throttles wants to see it."""
        self.target = self._best_target = max(1, min(self.target, self._held_to) // 2)
        self._best_rate = 0.0
        self._settle(now)

    def _decide(self, now: float, rate: float) -> None:
        if self._climbing:
            self._climb(now, rate)
            return
        self._best_rate = self._best_rate or rate  # the first one after a halving is no change
        changed = abs(rate - self._best_rate) > _CHANGED * self._best_rate
        self._best_rate = 0.8 * self._best_rate + 0.2 * rate
        self._measure_again(now)
        if changed or now >= self._explore_at:
            self._best_rate = rate
            self._climbing = True
            self._step = max(1, self.target // 2)
            self._go_to(now, self.target + self._step)

    def _climb(self, now: float, rate: float) -> None:
        if rate > self._best_rate * (1 + GAIN) or self.target == self._best_target:
            self._best_rate, self._best_target = rate, self.target
            self._go_to(now, self.target + self._step)
            self._step *= 2
        elif self._step > 2:
            self._step = max(1, (self.target - self._best_target) // 2)
            self._go_to(now, self._best_target + self._step)
            self._step = 1
        else:
            self._go_to(now, self._best_target)
            self._settle(now)

    def _go_to(self, now: float, target: int) -> None:
        target = min(self._most, target)
        if target == self._best_target and target == self.target:
            self._settle(now)
        self.target = target
        self._measure_again(now)

    def _settle(self, now: float) -> None:
        self._climbing = False
        self._explore_at = now + _EXPLORE_SECONDS
        self._measure_again(now)

    def _measure_again(self, now: float) -> None:
        self._from = None
        self._ready_at = now + self.settle_seconds
