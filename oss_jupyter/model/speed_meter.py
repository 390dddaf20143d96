"""How fast bytes move: now, and over the last minutes; both from samples of a count that only grows."""

from __future__ import annotations

from collections import deque

# Long enough to smooth over parts that end together, short enough to follow a line that changes.
SPEED_WINDOW_SECONDS = 10.0
# Before this a speed would be a guess, so displays say "estimating".
SPEED_FIRST_SECONDS = 2.0
# Each point of the curve stands for so long, and there are so many: three minutes, in which a stall or a limit shows.
CURVE_POINT_SECONDS = 3.0
CURVE_POINTS_MOST = 60


class SpeedMeter:
    """Bytes per second, from samples whose time the caller brings. Not safe for threads; whoever owns it locks."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque()
        self._curve: deque[int] = deque(maxlen=CURVE_POINTS_MOST)
        self._point_from: tuple[float, int] | None = None

    def reset(self) -> None:
        """Forget how fast it was just now, for example over a pause, which the curve leaves out."""
        self._samples.clear()
        self._point_from = None

    def sample(self, now: float, total_bytes: int) -> None:
        """Take one sample: `now` in monotonic seconds."""
        samples = self._samples
        samples.append((now, total_bytes))
        while len(samples) > 2 and now - samples[1][0] >= SPEED_WINDOW_SECONDS:
            samples.popleft()
        self._draw(now, total_bytes)

    def bytes_per_second(self) -> float | None:
        """Return the speed, or None while it would be a guess."""
        if len(self._samples) < 2:
            return None
        (first_at, first_bytes), (last_at, last_bytes) = self._samples[0], self._samples[-1]
        if last_at - first_at < SPEED_FIRST_SECONDS:
            return None
        return max(0, last_bytes - first_bytes) / (last_at - first_at)

    def curve(self) -> tuple[int, ...]:
        """Return the speeds of the last minutes in bytes per second, a point for each few seconds, the oldest first."""
        return tuple(self._curve)

    def _draw(self, now: float, total_bytes: int) -> None:
        since, before_bytes = self._point_from = self._point_from or (now, total_bytes)
        points = int((now - since) / CURVE_POINT_SECONDS)
        if points:
            speed = max(0, total_bytes - before_bytes) / (now - since)
            self._curve.extend([round(speed)] * min(points, CURVE_POINTS_MOST))
            self._point_from = (now, total_bytes)
