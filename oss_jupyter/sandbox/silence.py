"""How long a client may keep quiet in the middle of a body: the service hangs up on it, and so does the sandbox."""

from __future__ import annotations

import asyncio

from tornado.iostream import IOStream


class Silence:
    """Closes a connection on which nothing more came for too long. Used by one event loop."""

    def __init__(self, stream: IOStream, most_seconds: float) -> None:
        self._stream = stream
        self._most_seconds = most_seconds
        self._timer: asyncio.TimerHandle | None = None

    def begins(self) -> None:
        """Wait for the client from now on."""
        self.ends()
        self._timer = asyncio.get_running_loop().call_later(self._most_seconds, self._stream.close)

    def ends(self) -> None:
        """It is not the client that is waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
