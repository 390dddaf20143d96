"""The connections of one loop: those that are opened, that are watched, and that lie idle."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.small_files import FilesRoute
from oss_jupyter.oss.connections import IDLE_SECONDS
from oss_jupyter.oss.dialler import Dialler
from oss_jupyter.oss.file_connection import FileConnection
from oss_jupyter.oss.waker import Waker

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

# The wait after a connection that could not be made; each failure in a row doubles it.
_BACK_OFF_SECONDS = 0.5
_BACK_OFF_MOST_SECONDS = 5.0


class FileConnections:
    """Use it as a context: at its end all are closed. One thread uses it; `wake` may be called by any."""

    def __init__(self, route: FilesRoute) -> None:
        self._waker = Waker()
        self.wake = self._waker.wake
        self._dialler = Dialler(route, self.wake)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._waker, READ)
        self._open: set[FileConnection] = set()
        self._idle: deque[FileConnection] = deque()
        self._dial_at = 0.0
        self._back_off_seconds = 0.0
        self.dialling = 0
        """How many are being opened."""

    def __enter__(self) -> FileConnections:
        return self

    def __exit__(self, *_: object) -> None:
        self._dialler.close()
        for connection in self._open:
            connection.sock.close()
        self._selector.close()
        self._waker.close()

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[FileConnection]:
        return iter(tuple(self._open))

    @property
    def idle(self) -> int:
        """How many have nothing to do."""
        return len(self._idle)

    def dial(self, count: int) -> None:
        """Open so many more; after one that failed, none for a moment, and then one at a time until one has served."""
        if count <= 0 or time.monotonic() < self._dial_at:
            return
        if self._back_off_seconds:
            count = 0 if self.dialling else 1
        self.dialling += count
        self._dialler.order(count)

    def served(self) -> None:
        """Note that a fresh one has done what it is for."""
        self._back_off_seconds = 0.0

    def failed(self) -> None:
        """Note that one could not be opened, or broke before it had done anything."""
        now = time.monotonic()
        if now >= self._dial_at:
            doubled = min(2 * self._back_off_seconds, _BACK_OFF_MOST_SECONDS)
            self._back_off_seconds = max(_BACK_OFF_SECONDS, doubled)
            self._dial_at = now + self._back_off_seconds

    def dialled(self) -> Iterator[FileConnection | OssJupyterError]:
        """Yield those that have been opened since, and why others could not be."""
        while self._dialler.ready:
            self.dialling -= 1
            made = self._dialler.ready.popleft()
            if isinstance(made, socket.socket):
                yield self._added(made)
            else:
                self.failed()
                yield made

    def select(self, most_seconds: float) -> tuple[list[tuple[FileConnection, int]], bool]:
        """Wait for connections that can go on, and return them, and whether somebody called `wake`."""
        found, woken = [], False
        for key, events in self._selector.select(most_seconds):
            if key.data is None:
                self._waker.clear()
                woken = True
            else:
                found.append((key.data, events))
        return found, woken

    def watch(self, connection: FileConnection, events: int) -> None:
        """Have `select` return it when it can do this."""
        if connection.watched != events:
            self._selector.modify(connection.sock, events, connection)
            connection.watched = events

    def rest(self, connection: FileConnection) -> None:
        """Let it lie idle."""
        self.watch(connection, READ)
        self._idle.append(connection)

    def take_idle(self) -> FileConnection | None:
        """Return the one that has been idle for the shortest time, or None; too old ones are closed."""
        while self._idle:
            connection = self._idle.pop()
            if not _is_old(connection):
                return connection
            self.close(connection)
        return None

    def close(self, connection: FileConnection) -> None:
        """Close one."""
        self._open.remove(connection)
        self._selector.unregister(connection.sock)
        connection.sock.close()
        connection.job = None
        if connection in self._idle:
            self._idle.remove(connection)

    def close_old(self, width: int) -> None:
        """Close those that have lain idle for too long to be believed, or that are more than there should be."""
        for connection in tuple(self._idle):
            if len(self._open) > width or _is_old(connection):
                self.close(connection)

    def _added(self, made: socket.socket) -> FileConnection:
        connection = FileConnection(made)
        self._open.add(connection)
        self._selector.register(made, READ, connection)
        connection.watched = READ
        return connection


def _is_old(connection: FileConnection) -> bool:
    return abs(time.time() - connection.idle_since) > IDLE_SECONDS
