"""The speed limit that all parts of a transfer share, on a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from oss_jupyter.engine.rate_limiter import RateLimiter
from oss_jupyter.model.pace import BURST_SECONDS, GRANT_MIN_BYTES

MIB = 1024 * 1024
SLICE = 64 * 1024


class WaitingList:
    """A limiter, its clock, and a sender that takes what it gets."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.now = 100.0
        self.limiter = RateLimiter(lambda: self.rate, lambda: self.now)

    def take(self, wanted_bytes: int = SLICE) -> int:
        """Ask once."""
        return self.limiter.take(wanted_bytes)

    def take_all(self) -> int:
        """Ask until there is nothing more at this moment."""
        taken = 0
        while granted := self.take():
            taken += granted
        return taken

    def send_for(self, seconds: float, tick_seconds: float = 0.01) -> int:
        """Return what is sent in that time by a sender who asks at each tick."""
        return sum(self.take_all() for _ in self.ticks(seconds, tick_seconds))

    def ticks(self, seconds: float, tick_seconds: float = 0.01) -> Iterator[None]:
        """Let time pass, tick by tick."""
        for _ in range(round(seconds / tick_seconds)):
            self.now += tick_seconds
            yield


def test_a_limit_is_kept_over_time() -> None:
    """What a user allows is what the line carries: neither more, nor so little that the limit is a second one."""
    line = WaitingList(2 * MIB)
    sent_bytes = line.send_for(10)
    assert 20 * MIB * 0.99 <= sent_bytes <= 20 * MIB + 2 * MIB * BURST_SECONDS


def test_time_without_sending_is_not_saved_up() -> None:
    """After a minute of waiting for a retry the line would otherwise be flooded for a minute."""
    line = WaitingList(2 * MIB)
    line.now += 60
    assert line.take_all() <= 2 * MIB * BURST_SECONDS


def test_no_limit_asks_no_clock() -> None:
    """A rate of 0 grants all that is wanted, at once and as often as somebody asks."""
    line = WaitingList(0)
    assert [line.take(10 * MIB) for _ in range(3)] == [10 * MIB] * 3


def test_a_change_is_felt_at_once() -> None:
    """Who sets another limit during an upload sees it within a moment, in both directions and when it is taken away."""
    line = WaitingList(MIB)
    slow = line.send_for(1)
    line.rate = 8 * MIB
    fast = line.send_for(1)
    line.rate = MIB
    slow_again = line.send_for(1)
    assert slow < 1.2 * MIB
    assert fast > 7 * MIB
    assert slow_again < 2 * MIB
    line.rate = 0
    assert line.take(10 * MIB) == 10 * MIB


def test_grants_are_not_smaller_than_they_are_worth() -> None:
    """A slow line is fed in pieces of some size; a system call for each hundred bytes would cost more than it sends."""
    line = WaitingList(100 * 1024)
    grants = [line.take() for _ in line.ticks(2)]
    assert min(grant for grant in grants if grant) >= GRANT_MIN_BYTES
    assert 0 in grants


def test_the_last_bytes_of_a_part_need_no_full_grant() -> None:
    """A part whose last hundred bytes waited for a grant of 16 KiB would end late on a slow line."""
    line = WaitingList(1024)
    line.take_all()
    line.now += 0.2
    assert line.take() == 0
    assert line.take(100) == 100


def test_what_could_not_be_sent_is_given_back() -> None:
    """A socket that takes less than was granted would otherwise make the limit smaller than it was set."""
    line = WaitingList(MIB)
    line.now += 1
    granted = line.take()
    line.limiter.give_back(granted)
    assert line.take() == granted


def test_all_parts_together_keep_the_limit() -> None:
    """Sixteen threads that ask at once share one rate, and each would have it for itself without the lock."""
    line = WaitingList(16 * MIB)
    line.now += 1
    with ThreadPoolExecutor(16) as pool:
        granted = sum(pool.map(lambda _: line.take(GRANT_MIN_BYTES), range(2_000)))
    assert 0 < granted <= 16 * MIB * BURST_SECONDS
