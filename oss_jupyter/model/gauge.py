"""The dials of one part on the wire: written by the thread that sends, read by whoever displays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Allowance(Protocol):
    """Where a sender asks before it sends; see engine/rate_limiter.py."""

    def take(self, wanted_bytes: int) -> int:
        """Return how many of `wanted_bytes` may be sent now; 0 means to ask again in a moment."""

    def give_back(self, unused_bytes: int) -> None:
        """Return what was granted and could not be sent."""


class Gauge(Protocol):
    """Bytes sent so far, a stop switch, and the speed limit. Both ends may be in different processes."""

    sent_bytes: int
    on_stop: Callable[[], object] | None
    """Set by the sender while it waits on a socket, so that stopping need not wait for a tick."""

    @property
    def stopped(self) -> bool:
        """Whether the sender has to give way."""

    @property
    def limiter(self) -> Allowance | None:
        """Where the sender asks before it sends, or None for no limit."""

    def stop(self) -> None:
        """Ask the sender to give way. Safe from any thread, and more than once."""

    def taken(self) -> None:
        """Note that the part's receipt is written down, or that nobody will; called once for each part."""


class LocalGauge:
    """A gauge whose both ends are in this process.

    Plain attributes, no lock: one thread writes `sent_bytes`, one sets `stopped`, and a reader may be a moment late.
    """

    __slots__ = ("limiter", "on_stop", "sent_bytes", "stopped")

    def __init__(self, limiter: Allowance | None = None) -> None:
        self.sent_bytes = 0
        self.stopped = False
        self.limiter = limiter
        self.on_stop: Callable[[], object] | None = None

    def stop(self) -> None:
        """Ask the sender to give way."""
        self.stopped = True
        cut = self.on_stop
        if cut is not None:
            cut()

    def taken(self) -> None:
        """Nobody waits for it: here the next part is not begun before."""
