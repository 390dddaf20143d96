"""How long a run puts up with a system that has no descriptor or thread to spare: it comes down and begins again later.

What it held itself is free meanwhile, and whatever it asked for can have been anything: a lock, a file, a socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from oss_jupyter.engine.notes import Lasts
from oss_jupyter.model.progress import Phase
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.job import AnyJob
    from oss_jupyter.errors import Shortage
    from oss_jupyter.model.retry import RetryPolicy

_LEAST_SECONDS = 0.25


class Scarcity:
    """Counts the shortages of one run in a row. Only the run's own thread uses it."""

    def __init__(self, transfer: AnyJob) -> None:
        self._transfer = transfer
        self._count = 0
        self._since = 0.0
        self._confirmed_count = -1  # of parts or files that were in OSS by then: more of them end the row

    def bears(self) -> bool:
        """Whether another shortage is put up with, for as long as a dead network is."""
        spec, confirmed_count = self._transfer.spec, self._transfer.confirmed_count
        now = spec.clock.monotonic()
        if confirmed_count > self._confirmed_count:
            self._count, self._since, self._confirmed_count = 0, now, confirmed_count
        self._count += 1
        return bool(spec.policy.attempts > 1 and now - self._since < spec.policy.patience_seconds)

    def wait_seconds(self, shortage: Shortage) -> float:
        """Return how long to wait for the end of it, after a word to the user."""
        self._transfer.note(tr("{what} It goes on as soon as there is room again.", what=shortage.what), Lasts.THIS_RUN)
        self._transfer.set_phase(Phase.WAITING_FOR_SYSTEM)
        policy: RetryPolicy = self._transfer.spec.policy
        return max(_LEAST_SECONDS, policy.wait_seconds(self._count))
