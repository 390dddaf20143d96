"""Who tells how a transfer goes on, and who has not told yet how it has come to rest: who waits for it waits for them.

Not safe for threads: the transfer's lock covers it.
"""

from __future__ import annotations

import threading

# Whoever waits for the end waits so much longer for a listener that takes its time with the last snapshot.
LAST_CALL_SECONDS = 2.0


class Audience:
    """rests: how often the transfer has come to rest. Times in monotonic seconds."""

    def __init__(self) -> None:
        self.rests = 0
        self._rested_at = 0.0
        self._tellers: set[threading.Thread] = set()
        self._untold: set[threading.Thread] = set()

    def attend(self, teller: threading.Thread, rested_at: float | None) -> None:
        """Let whoever waits wait for `teller`; rested_at: now, where the transfer rests."""
        self._tellers.add(teller)
        if rested_at is not None:
            self._untold.add(teller)
            self._rested_at = rested_at

    def rest(self, now: float) -> None:
        """Note that the transfer has come to rest, which everybody has to tell."""
        self.rests, self._rested_at = self.rests + 1, now
        self._untold = set(self._tellers)

    def told(self, teller: threading.Thread, rest: int) -> None:
        """Note that `teller` has told of this rest."""
        if rest == self.rests:
            self._untold.discard(teller)

    def leave(self, teller: threading.Thread) -> None:
        """Let nobody wait for `teller` any more."""
        self._tellers.discard(teller)
        self._untold.discard(teller)

    def knows(self, now: float) -> bool:
        """Whether everybody who has to be waited for has told: not the one who asks, and nobody for very long."""
        late = now - self._rested_at >= LAST_CALL_SECONDS
        return late or not self._untold or threading.current_thread() in self._untold
