"""How many small files at once: simulated lines with latency, with a clock that is a number."""

from __future__ import annotations

import pytest

from oss_jupyter.model.files_parallel import FILES_START, FilesParallel
from oss_jupyter.model.sizes import KIB, MIB

_TICK_SECONDS = 0.1
# What one core sends in a second.
_CORE_FILES = 4_000.0


class Line:
    """Answers each file after its latency, as many at once as there are connections, and a core's worth in all.

    opened_a_second: how many connections can be opened in a second.
    """

    def __init__(self, parallel: FilesParallel, latency_seconds: float, most_files: float = _CORE_FILES) -> None:
        self.parallel = parallel
        self.latency_seconds = latency_seconds
        self.most_files = most_files
        self.opened_a_second = 1e9
        self.open = 0.0
        self.file_bytes = 20 * KIB
        self.now = 1000.0
        self.files = 0.0
        self.told = 0
        self.bytes = 0.0

    def rate(self, count: int) -> float:
        """Return files per second of so many connections."""
        return min(count / self.latency_seconds, self.most_files)

    def drive(self, seconds: float) -> float:
        """Let it run for a while and return the files per second of its last tenth."""
        for _ in range(int(seconds / _TICK_SECONDS)):
            self.open = min(self.parallel.target, self.open + self.opened_a_second * _TICK_SECONDS)
            rate = self.rate(int(self.open))
            self.files += rate * _TICK_SECONDS
            self.bytes += rate * _TICK_SECONDS * self.file_bytes
            self.now += _TICK_SECONDS
            for _ in range(int(self.files) - self.told):
                self.parallel.confirmed(self.parallel.target / rate)
            self.told = int(self.files)
            self.parallel.sample(self.now, int(self.bytes))
        return self.rate(self.parallel.target)


def test_it_starts_with_more_than_parts_do() -> None:
    """A small file mostly waits, and the setting is the end of it."""
    assert FilesParallel(256).target == FILES_START
    assert FilesParallel(8).target == 8


@pytest.mark.parametrize("latency_seconds", [0.02, 0.08, 0.15, 0.3])
def test_a_line_with_latency_is_filled_soon(latency_seconds: float) -> None:
    """Ten seconds are enough for nine tenths of the best number, from near to the other side of the world."""
    parallel = FilesParallel(256)
    line = Line(parallel, latency_seconds)
    assert line.drive(10) >= 0.9 * line.rate(256)


def test_with_eighty_milliseconds_five_thousand_files_feel_it() -> None:
    """The climb takes three seconds, and the line is used while it lasts."""
    parallel = FilesParallel(256)
    line = Line(parallel, 0.08)
    line.drive(3)
    assert parallel.target == 256
    assert line.files > 2_500


def test_connections_that_are_opened_slowly_are_waited_for() -> None:
    """Handshakes over a long line take a second or two, and say nothing of what the connections will do."""
    parallel = FilesParallel(256)
    line = Line(parallel, 0.08)
    line.opened_a_second = 70.0
    assert line.drive(10) >= 0.9 * line.rate(256)


@pytest.mark.parametrize("knee", [16, 24, 40, 64])
def test_connections_that_add_nothing_are_not_kept(knee: int) -> None:
    """Where a machine, or an account, takes no more, hardly more than that are used."""
    parallel = FilesParallel(256)
    line = Line(parallel, 0.08, most_files=knee / 0.08)
    assert line.drive(15) >= 0.9 * line.most_files
    assert parallel.target <= 2 * knee


def test_a_stretch_of_larger_files_is_no_better_line() -> None:
    """Whether files have 2 KiB or 40, what waiting can win stays the same, and so does the number."""
    parallel = FilesParallel(256)
    line = Line(parallel, 0.004)
    line.drive(10)
    before = parallel.target
    for file_bytes in (2 * KIB, 40 * KIB):
        line.file_bytes = file_bytes
        line.drive(5)
        assert parallel.target <= 2 * before


def test_a_service_that_throttles_sees_half() -> None:
    """At once, and for a while."""
    parallel = FilesParallel(256)
    line = Line(parallel, 0.08)
    line.drive(10)
    parallel.slow_down(line.now)
    assert parallel.target == 128
    line.drive(5)
    assert parallel.target == 128


def test_a_line_that_becomes_long_is_found_out() -> None:
    """Another network with more latency gets more connections."""
    parallel = FilesParallel(256)
    line = Line(parallel, 0.004)
    line.drive(10)
    assert parallel.target <= 64
    line.latency_seconds = 0.1
    assert line.drive(30) >= 0.9 * line.rate(256)


def test_larger_files_fill_a_line_by_their_bytes() -> None:
    """Of files of several MiB few at once are enough."""
    parallel = FilesParallel(256)
    line = Line(parallel, 0.02, most_files=20)
    line.file_bytes = 5 * MIB
    line.drive(20)
    assert parallel.target <= 2 * FILES_START
