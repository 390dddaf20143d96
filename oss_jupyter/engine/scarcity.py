"""How long a run puts up with a system that has no descriptor or thread to spare: it comes down and begins again later.

What it held itself is free meanwhile, and whatever it asked for can have been anything: a lock, a file, a socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oss_jupyter.engine.notes import Lasts
from oss_jupyter.model.progress import Phase

if TYPE_CHECKING:
    from oss_jupyter.engine.status import TransferStatus
    from oss_jupyter.errors import Shortage

_LEAST_SECONDS = 0.25


class Scarcity:
    """Counts the shortages of one run in a row. Only the run's own thread uses it."""

    def __init__(self, transfer: TransferStatus) -> None:
        self._transfer = transfer
        self._count = 0
        self._since = 0.0
        self._parts = -1  # that were in OSS by then: more of them end the row

    def bears(self) -> bool:
        """Whether another shortage is put up with, for as long as a dead network is."""
        spec, parts = self._transfer.spec, len(self._transfer.ledger.receipts())
        now = spec.clock.monotonic()
        if parts > self._parts:
            self._count, self._since, self._parts = 0, now, parts
        self._count += 1
        return spec.policy.attempts > 1 and now - self._since < spec.policy.patience_seconds

    def wait_seconds(self, shortage: Shortage) -> float:
        """Return how long to wait for the end of it, after a word to the user."""
        self._transfer.note(f"{shortage.what} It goes on as soon as there is room again.", Lasts.THIS_RUN)
        self._transfer.set_phase(Phase.WAITING_FOR_SYSTEM)
        return max(_LEAST_SECONDS, self._transfer.spec.policy.wait_seconds(self._count))
