"""The user's cell: a busy loop in pure Python in the kernel's main thread, and how much of its speed it keeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

# One tick is about 20 us of additions: far below the stalls that are looked for, far above the cost of the clock.
_ADDITIONS = 400


@dataclass(frozen=True)
class Loop:
    """What a loop reached: ticks_per_second, and stall_ms, the longest time between two ticks less a usual tick, which
    ended stalled_at_seconds after the start."""

    ticks_per_second: float
    stall_ms: float
    stalled_at_seconds: float


def loop_until(done: Callable[[], bool]) -> Loop:
    """Add numbers until `done()`, which is asked every tick."""
    ticks, longest, total = 0, 0.0, 0
    clock = time.perf_counter
    started_at = before = longest_at = clock()
    while not done():
        for number in range(_ADDITIONS):
            total += number
        now = clock()
        if now - before > longest:
            longest, longest_at = now - before, now
        before = now
        ticks += 1
    seconds = max(clock() - started_at, 1e-9)
    usual = seconds / max(ticks, 1)
    return Loop(ticks / seconds, max(0.0, longest - usual) * 1000, longest_at - started_at)


def loop_for(seconds: float) -> Loop:
    """Add numbers for some time."""
    until = time.perf_counter() + seconds
    return loop_until(lambda: time.perf_counter() >= until)
