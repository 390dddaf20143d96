"""How fast a line takes bytes: parts over some connections for a moment, of which only those count that were answered.

What a socket has taken, or the other system confirmed, may lie in buffers of megabytes; an answer says that the service
has it. Parts begin small, so that a slow line answers some, and grow, so that the answers' latency hides no fast one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oss_jupyter.errors import OssJupyterError, PartStopped
from oss_jupyter.model.gauge import Gauge, LocalGauge
from oss_jupyter.model.sizes import KIB, MIB

CONNECTIONS = 4
FIRST_BYTES = 16 * KIB
LARGEST_BYTES = 4 * MIB
MOST_BYTES = 32 * MIB
_SECONDS = 1.8
# A part that is on its way then is waited for so long.
_LAST_SECONDS = 0.9
# Several a measurement, each of which takes longer than its answer's way.
_PART_SECONDS = 0.5
_GROWTH_MOST = 4
_TICK_SECONDS = 0.05

# Sends so many bytes as a part of that number and returns when they are answered. Raises OssJupyterError.
Send = Callable[[int, int, Gauge], object]


@dataclass(frozen=True)
class Answered:
    """A part that the service has. begun_at, ended_at: seconds of the monotonic clock."""

    connection: int
    size_bytes: int
    begun_at: float
    ended_at: float


def throughput(send: Send, wait_seconds: float) -> tuple[float, OssJupyterError | None]:
    """Return how many bytes a second were answered, 0 for none, and what went wrong; after `wait_seconds` at most."""
    line = _Line(send)
    ended = line.run(min(_SECONDS, wait_seconds), wait_seconds)
    return speed_of(ended), line.failures[0] if line.failures else None


def speed_of(answered: Sequence[Answered]) -> float:
    """Return bytes/s in the last half of the time in which all connections were busy: parts have grown by then."""
    if not answered:
        return 0.0
    begun_at = min(one.begun_at for one in answered)
    last = {one.connection: one.ended_at for one in sorted(answered, key=lambda one: one.ended_at)}
    # One that hangs is what the line did as well; the others tell until when it was busy.
    half = (begun_at + max(last.values())) / 2
    until = min(at for at in last.values() if at >= half)
    since = (begun_at + until) / 2
    return sum(_within(one, since, until) for one in answered) / max(until - since, 1e-6)


def _within(one: Answered, since: float, until: float) -> float:
    """Return how many bytes of a part fall between two times."""
    took_seconds = max(one.ended_at - one.begun_at, 1e-6)
    return one.size_bytes * max(0.0, min(one.ended_at, until) - max(one.begun_at, since)) / took_seconds


class _Line:
    """Connections that send for a moment. Each appends to the lists, which need no lock; nobody takes out of them."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._gauges = [LocalGauge() for _ in range(CONNECTIONS)]
        self._answered: list[Answered] = []
        self._given_bytes = [0] * CONNECTIONS
        self.failures: list[OssJupyterError] = []

    def run(self, seconds: float, wait_seconds: float) -> list[Answered]:
        """Send so long, and return what was answered; longer where a connection has no answer yet."""
        begun_at = time.monotonic()
        threads = [
            threading.Thread(target=self._connection, args=(number, begun_at + seconds), name="oss-check", daemon=True)
            for number in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and self._goes_on(begun_at, seconds, wait_seconds):
            time.sleep(_TICK_SECONDS)
        answered = list(self._answered)
        for gauge in self._gauges:
            gauge.stop()
        for thread in threads:
            thread.join(1.0)
        return answered

    def _goes_on(self, begun_at: float, seconds: float, wait_seconds: float) -> bool:
        passed_seconds = time.monotonic() - begun_at
        lacks = len({one.connection for one in self._answered}) < CONNECTIONS and not self.failures
        return passed_seconds < (wait_seconds if lacks else min(wait_seconds, seconds + _LAST_SECONDS))

    def _connection(self, number: int, ends_at: float) -> None:
        size_bytes, before = FIRST_BYTES, None
        while time.monotonic() < ends_at and not self.failures and not self._gauges[number].stopped:
            if sum(self._given_bytes) + size_bytes > MOST_BYTES:
                return
            self._given_bytes[number] += size_bytes
            begun_at = time.monotonic()
            try:
                self._send(number + 1, size_bytes, self._gauges[number])
            except PartStopped:
                return
            except OssJupyterError as error:
                self.failures.append(error)
                return
            last = Answered(number, size_bytes, begun_at, time.monotonic())
            self._answered.append(last)
            size_bytes, before = _next_size(last, before), last


def _next_size(last: Answered, before: Answered | None) -> int:
    """Return how large a part is whose bytes alone take as long as wanted, as far as the last two tell."""
    took_seconds = last.ended_at - last.begun_at
    if before is None:
        return last.size_bytes * (_GROWTH_MOST if took_seconds < 2 * _PART_SECONDS else 1)
    more_bytes = last.size_bytes - before.size_bytes
    # What a larger part took longer is the line; the rest is the way of the answer.
    longer_seconds = took_seconds - (before.ended_at - before.begun_at) if more_bytes > 0 else took_seconds
    rate = (more_bytes if more_bytes > 0 else last.size_bytes) / max(longer_seconds, 1e-3)
    return int(max(FIRST_BYTES, min(LARGEST_BYTES, _GROWTH_MOST * last.size_bytes, rate * _PART_SECONDS)))
