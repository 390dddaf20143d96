"""How many parts at once: simulated lines, with a clock that is a number."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oss_jupyter.model.parallel import AutoParallel, FixedParallel
from oss_jupyter.model.sizes import MIB

_TICK_SECONDS = 0.25


def _drive(parallel: AutoParallel, line: Callable[[int], float], seconds: float, start: float = 0.0) -> float:
    """Let a line carry bytes for a while and return how many it carried in the last quarter of the time, per second.

    line: bytes per second of so many connections.
    """
    moved, tail, now = start * 1000 * MIB, 0.0, start
    for step in range(int(seconds / _TICK_SECONDS)):
        bytes_now = line(parallel.target) * _TICK_SECONDS
        moved += bytes_now
        now += _TICK_SECONDS
        if step >= 0.75 * seconds / _TICK_SECONDS:
            tail += bytes_now
        parallel.sample(now, int(moved))
    return tail / (0.25 * seconds)


def test_it_starts_at_three() -> None:
    """A first guess that suits most lines."""
    assert AutoParallel(16).target == 3


def test_it_never_exceeds_the_setting() -> None:
    """On a line that always gives more, the setting is the end of it."""
    parallel = AutoParallel(5)
    _drive(parallel, lambda count: count * MIB, 60)
    assert parallel.target == 5


def test_a_line_that_gives_each_connection_the_same_is_filled_within_ten_seconds() -> None:
    """With 4 MiB/s per connection, ten seconds are enough to come to 90 % of sixteen connections."""
    parallel = AutoParallel(16)
    _drive(parallel, lambda count: count * 4 * MIB, 10)
    assert parallel.target >= 0.9 * 16


@pytest.mark.parametrize("knee", [2, 3, 4, 6, 8, 11])
def test_connections_that_add_nothing_are_not_kept(knee: int) -> None:
    """On a line that is full with `knee` connections the speed is its best, and hardly more of them are used."""
    parallel = AutoParallel(16)
    speed = _drive(parallel, lambda count: min(count, knee) * 10 * MIB, 18)
    assert speed >= 0.9 * knee * 10 * MIB
    assert parallel.target <= max(3, 2 * knee)


def test_a_line_that_suffers_from_many_gets_fewer() -> None:
    """Where more connections make it slower, it stays near the best."""
    parallel = AutoParallel(16)
    speed = _drive(parallel, lambda count: 100 * MIB / (1 + abs(count - 3) * 0.2), 18)
    assert speed >= 0.7 * 100 * MIB


def test_throttling_halves_and_holds() -> None:
    """After "slow down" there are half as many, and no more for a while."""
    parallel = AutoParallel(16)
    _drive(parallel, lambda count: count * MIB, 12)
    parallel.slow_down(12.0)
    assert parallel.target == 8
    _drive(parallel, lambda count: 8 * MIB, 5, start=12.0)
    assert parallel.target == 8


def test_a_line_that_becomes_wider_is_explored_again() -> None:
    """When conditions change, it climbs again."""
    parallel = AutoParallel(16)
    _drive(parallel, lambda count: min(count, 3) * MIB, 18)
    settled = parallel.target
    _drive(parallel, lambda count: count * MIB * 4, 30, start=18.0)
    assert parallel.target > settled


def test_a_fixed_number_comes_back_after_throttling() -> None:
    """Half after "slow down", then one more with each receipt, and never more than wanted."""
    parallel = FixedParallel(6)
    parallel.slow_down(0.0)
    assert parallel.target == 3
    for _ in range(10):
        parallel.confirmed()
    assert parallel.target == 6


def test_what_others_have_is_no_measure() -> None:
    """Where a transfer has fewer connections than it wants it judges nothing, and climbs on when it has them."""
    parallel = AutoParallel(16)
    parallel.hold(2)
    _drive(parallel, lambda count: 2 * 4 * MIB, 30)
    assert parallel.target == 3, "with two connections nobody knows what three would do"
    parallel.hold(16)
    _drive(parallel, lambda count: count * 4 * MIB, 10, 30.0)
    assert parallel.target == 16


def test_who_is_throttled_gives_up_of_what_it_has() -> None:
    """Half of the connections that it had, and not of those that it wanted."""
    parallel = AutoParallel(16, 16)
    parallel.hold(4)
    parallel.slow_down(1.0)
    assert parallel.target == 2
