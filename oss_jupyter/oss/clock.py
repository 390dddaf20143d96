"""The service's time, by which requests are signed: this computer's clock, corrected by what a refusal says of it.

A clock that is off, from the start or because it jumped, is refused as skewed, expired, not valid yet, or in no words
at all (a reply to HEAD has none). What tells is the Date that the service writes on every reply.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone

from oss_jupyter.errors import ServiceReply
from oss_jupyter.model.sizes import count
from oss_jupyter.texts import tr

# Far less than the 15 minutes the service allows, and more than a reply is on its way.
TOLERATED_SECONDS = 60.0
_REFUSED = 403


class ServiceClock:
    """Any thread may call it: what changes is one reference at a time."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self.offset_seconds = 0.0
        """What is added to this computer's clock."""
        self.remarks: tuple[str, ...] = ()
        """What the user should know of it now; an upload that begins later has nothing to do with what was before."""

    def now(self) -> datetime:
        """Return the service's time."""
        return datetime.fromtimestamp(self._now() + self.offset_seconds, timezone.utc)

    def heed(self, reply: ServiceReply, offset_seconds: float) -> bool:
        """Return whether a request that was signed under this offset was refused with a wrong time on it.

        From then on the service's own counts. Only a reply with a request id is the service's: a proxy has another
        clock.
        """
        if reply.status != _REFUSED or not reply.request_id or reply.served_at is None:
            return False
        ours = self._now()
        if abs(ours + offset_seconds - reply.served_at) <= TOLERATED_SECONDS:
            return False
        before, self.offset_seconds = self.offset_seconds, reply.served_at - ours
        if abs(self.offset_seconds - before) > TOLERATED_SECONDS:
            self.remarks = (_remark(-self.offset_seconds),)
        return True


def _remark(ahead_seconds: float) -> str:
    if abs(ahead_seconds) <= TOLERATED_SECONDS:
        return tr("This computer's clock agrees with the service's again.")
    return tr(
        "{ahead}. Requests carry the service's time, and the upload goes on; set the clock when you can.",
        ahead=ahead_words(ahead_seconds),
    )


def ahead_words(ahead_seconds: float) -> str:
    """Return by how much this computer's clock is wrong, as a sentence without its end."""
    time_off = count(round(abs(ahead_seconds) / 60), "minute")
    if ahead_seconds > 0:
        return tr("This computer's clock is {time} ahead of the service's", time=time_off)
    return tr("This computer's clock is {time} behind the service's", time=time_off)
