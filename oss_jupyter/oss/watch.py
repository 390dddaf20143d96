"""What watches a part on its way: how much the other side has, how long nothing has moved, whether it has to stop."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from oss_jupyter.errors import PartStopped, Stalled
from oss_jupyter.texts import tr

if sys.platform != "win32":
    import fcntl
    import termios

if TYPE_CHECKING:
    from oss_jupyter.model.gauge import Gauge

# How old the count of a part's bytes may be while they flow; displays look less often.
_GLANCE_SECONDS = 0.02


class Watch:
    """What a connection of this thread looks at while it sends: the part's gauge and the longest silence allowed."""

    def __init__(self, gauge: Gauge, stall_seconds: float) -> None:
        self.gauge = gauge
        self._stall_seconds = stall_seconds
        self._accepted_bytes = 0
        self._moved_at = time.monotonic()
        self._observed_at = 0.0

    def check(self) -> None:
        """Raise PartStopped once the part has to give way, Stalled when nothing has moved for too long."""
        if self.gauge.stopped:
            raise PartStopped("The part was stopped.")
        if time.monotonic() - self._moved_at > self._stall_seconds:
            raise Stalled(
                tr("The service took no data for {seconds} s.", seconds=f"{self._stall_seconds:.0f}"),
                tr("Check the network, then resume."),
            )

    def moved(self) -> None:
        """Note that this is no silence."""
        self._moved_at = time.monotonic()

    def accepted(self, count_bytes: int) -> None:
        """Count what the system has taken from us."""
        self._accepted_bytes += count_bytes

    def glance(self, sock: Any) -> None:
        """Observe now and then: on a fast line, to ask the system after every slice is to wait for the lock again."""
        if time.monotonic() - self._observed_at > _GLANCE_SECONDS:
            self.observe(sock)

    def observe(self, sock: Any) -> None:
        """Count what the other side has confirmed: the system takes megabytes ahead of a slow line."""
        self._observed_at = time.monotonic()
        delivered_bytes = self._accepted_bytes - unacknowledged(sock)
        if delivered_bytes > self.gauge.sent_bytes:
            self.gauge.sent_bytes = delivered_bytes
            self.moved()

    def granted(self, wanted_bytes: int) -> int:
        """Return how many bytes the speed limit allows now."""
        limiter = self.gauge.limiter
        return wanted_bytes if limiter is None else limiter.take(wanted_bytes)

    def give_back(self, unused_bytes: int) -> None:
        """Return what was granted and the socket did not take."""
        if unused_bytes and self.gauge.limiter is not None:
            self.gauge.limiter.give_back(unused_bytes)


def unacknowledged(sock: Any) -> int:
    """Return how many bytes the system holds that the other side has not confirmed, or 0 where it does not tell."""
    if sys.platform == "win32":
        return 0
    try:
        return int.from_bytes(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:
        return 0
