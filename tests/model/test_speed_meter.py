"""The curve of the last minutes: a number for each few seconds, whatever the line does, and never more than sixty."""

from __future__ import annotations

from oss_jupyter.model.speed_meter import CURVE_POINT_SECONDS, CURVE_POINTS_MOST, SpeedMeter

TICK_SECONDS = 0.25
MIB = 1024 * 1024


class Line:
    """A line that is looked at four times a second."""

    def __init__(self) -> None:
        self.meter = SpeedMeter()
        self.now, self.sent = 50.0, 0.0
        self.meter.sample(self.now, 0)

    def go(self, seconds: float, bytes_per_second: float) -> None:
        for _ in range(int(seconds / TICK_SECONDS)):
            self.now += TICK_SECONDS
            self.sent += TICK_SECONDS * bytes_per_second
            self.meter.sample(self.now, int(self.sent))


def test_a_stall_is_seen_and_what_came_before_it_stays() -> None:
    """Whoever looks after lunch sees that it stood still, and how fast it was before."""
    line = Line()
    line.go(2 * CURVE_POINT_SECONDS, 8 * MIB)
    line.go(2 * CURVE_POINT_SECONDS, 0)
    line.go(CURVE_POINT_SECONDS, 2 * MIB)
    assert line.meter.curve() == (8 * MIB, 8 * MIB, 0, 0, 2 * MIB)


def test_a_pause_leaves_no_hole_and_forgets_nothing() -> None:
    """Nobody wanted anything sent meanwhile, so it is no slowness of the line."""
    line = Line()
    line.go(CURVE_POINT_SECONDS, MIB)
    line.meter.reset()
    line.now += 1000
    line.go(CURVE_POINT_SECONDS + TICK_SECONDS, 3 * MIB)
    assert line.meter.curve() == (MIB, 3 * MIB)


def test_time_in_which_nobody_looked_is_drawn_as_long_as_it_was() -> None:
    """A kernel that computes looks late: what went meanwhile is spread over the time that it took."""
    line = Line()
    line.now += 4 * CURVE_POINT_SECONDS
    line.meter.sample(line.now, int(4 * CURVE_POINT_SECONDS) * MIB)
    assert line.meter.curve() == (MIB,) * 4


def test_it_holds_three_minutes_however_long_it_runs() -> None:
    """Days of uploading cost no memory."""
    line = Line()
    line.go(3600, MIB)
    line.now += 100_000
    line.meter.sample(line.now, int(line.sent))
    assert line.meter.curve() == (0,) * CURVE_POINTS_MOST
