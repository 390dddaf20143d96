"""One kept-alive connection of a loop: a request goes to a socket that never waits, and the reply is taken in."""

from __future__ import annotations

import socket
import ssl
import time
from dataclasses import dataclass, field

from oss_jupyter.model.small_files import Dials, FileToSend
from oss_jupyter.oss.clean_reply import Confirmed, Doubt, read_put_reply
from oss_jupyter.oss.watch import unacknowledged
from oss_jupyter.oss.whole_file import WholeFile

# Up to this size, one copy and one system call are cheaper than two calls.
_JOINED_BYTES = 256 * 1024
_READ_BYTES = 64 * 1024
# Of a body that a fast line takes without end, so that the others have their turn.
_TURN_BYTES = 1024 * 1024
# For how long nothing may move before it is worth asking the system.
_DELIVERY_SECONDS = 1.0
_NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(frozen=True)
class Job:
    """A file that has been read, on its way.

    quoted_key: percent-encoded. again: whether it was lost once before, with a connection that had lain idle.
    """

    file: FileToSend
    quoted_key: str
    whole: WholeFile = field(repr=False)
    began_at: float
    again: bool = False


class FileConnection:
    """A socket, the file that is on it, and how far it is. One thread uses it.

    fresh: whether it has done no file. moved_at: when something last moved, monotonic; idle_since: when its last
    file was done, by the wall clock, because others stand still while the lid is closed. watched: for what the loop's
    selector watches it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.job: Job | None = None
        self.fresh = True
        self.watched = 0
        self.moved_at = time.monotonic()
        self.idle_since = time.time()
        self._answered_at = 0.0
        self._undelivered_bytes: int | None = None
        self._is_tls = isinstance(sock, ssl.SSLSocket)
        self._out: list[memoryview] = []
        self._body_left_bytes = 0
        self._ungranted_bytes = 0
        self._allowed_bytes = 0
        self._reply = b""

    @property
    def answered(self) -> bool:
        """Whether some of a reply has come."""
        return bool(self._reply)

    @property
    def sending(self) -> bool:
        """Whether some of the request is still here."""
        return bool(self._out)

    def silent_seconds(self, now: float) -> float:
        """Return for how long nothing has moved, also of what the system has taken ahead of a slow line."""
        if now - self.moved_at > _DELIVERY_SECONDS:
            before, self._undelivered_bytes = self._undelivered_bytes, unacknowledged(self.sock)
            if before is not None and self._undelivered_bytes < before:
                self.moved_at = now
        return now - self.moved_at

    def answering_seconds(self, now: float) -> float:
        """Return for how long a reply has been coming."""
        return now - self._answered_at if self._reply else 0.0

    def begin(self, job: Job, head: bytes) -> None:
        """Take a file; `push` sends it."""
        data = job.whole.data
        pieces = (head + data,) if len(data) <= _JOINED_BYTES else (head, data)
        self._out = [memoryview(piece) for piece in pieces]
        self._body_left_bytes = self._ungranted_bytes = len(data)
        self._allowed_bytes = len(head)
        self._reply = b""
        self._undelivered_bytes = None
        self.job = job
        self.moved_at = time.monotonic()

    def push(self, dials: Dials) -> bool:
        """Hand over what the socket and the speed limit take now; return whether the limit is why there is more left.

        Raises OSError where the connection broke.
        """
        turn_bytes = _TURN_BYTES
        while self._out and turn_bytes > 0:
            piece = self._out[0]
            if self._ungranted_bytes and self._allowed_bytes < len(piece):
                granted_bytes = dials.granted(self._ungranted_bytes)
                self._ungranted_bytes -= granted_bytes
                self._allowed_bytes += granted_bytes
                if not self._allowed_bytes:
                    self.moved_at = time.monotonic()  # this is no silence
                    return True
            try:
                taken_bytes = self.sock.send(piece[: self._allowed_bytes])
            except _NOT_NOW:
                return False
            self._taken(taken_bytes, dials)
            turn_bytes -= taken_bytes
        return False

    def pull(self) -> Confirmed | Doubt | bytes | None:
        """Take in what has come: return what the reply means, None where it goes on, b"" where the other side left.

        Raises OSError where the connection broke.
        """
        data = self._received()
        if data is None:
            return None
        self.moved_at = time.monotonic()
        reply = self._reply = self._reply + data if self._reply else data
        if not reply:
            return b""
        if reply is data:
            self._answered_at = self.moved_at
        return read_put_reply(reply, ended=not data)

    def rest(self) -> None:
        """Let go of the file: the reply to it has come."""
        self.fresh = False
        self.job = None
        self._out = []
        self._reply = b""
        self.idle_since = time.time()

    def _received(self) -> bytes | None:
        """Return what has come, b"" at the end, None where nothing has."""
        try:
            data = self.sock.recv(_READ_BYTES)
            while self._is_tls and data and self.sock.pending():  # type: ignore[attr-defined]
                more = self.sock.recv(_READ_BYTES)
                if not more:
                    break
                data += more
        except _NOT_NOW:
            return None
        return data

    def _taken(self, count_bytes: int, dials: Dials) -> None:
        self._allowed_bytes -= count_bytes
        piece = self._out[0]
        if count_bytes == len(piece):
            del self._out[0]
        else:
            self._out[0] = piece[count_bytes:]
        left_bytes = min(self._body_left_bytes, sum(map(len, self._out)))
        dials.moved(self._body_left_bytes - left_bytes)
        self._body_left_bytes = left_bytes
        self.moved_at = time.monotonic()
