"""What ends the wait of a loop over sockets from another thread: a pair of sockets, of which the loop watches one."""

from __future__ import annotations

import socket
from contextlib import suppress


class Waker:
    """Any thread may call `wake`, also once it is closed."""

    def __init__(self) -> None:
        self._near, self._far = socket.socketpair()
        for end in (self._near, self._far):
            end.setblocking(False)

    def close(self) -> None:
        """Let go of both sockets."""
        self._near.close()
        self._far.close()

    def fileno(self) -> int:
        """Return what a selector watches for reading."""
        return self._near.fileno()

    def wake(self) -> None:
        """Let the loop have a look; a full socket says so already."""
        with suppress(OSError):
            self._far.send(b"\0")

    def clear(self) -> None:
        """Forget the calls so far."""
        with suppress(OSError):
            while len(self._near.recv(4096)) == 4096:
                pass
