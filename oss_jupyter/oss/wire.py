"""Connections that can be watched: every slice is timed by itself, counted when the socket has taken it, and stoppable.

`requests` sends a body with `sendall`, which has one time-out for the whole slice and tells nothing on the way. Here
the body's slices (memoryviews) are sent piece by piece, with a look at the stop switch every tick; everything else is
urllib3's own code. One thread uses one adapter, so which part a connection is busy with is a fact of the thread.
"""

from __future__ import annotations

import logging
import select
import socket
import ssl
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, cast

from oss_jupyter import forks
from oss_jupyter.errors import PartStopped, Stalled
from oss_jupyter.oss.connections import Adapter, FinalReply, PlainConnection, PlainPool, Reader, TlsConnection, TlsPool

if sys.platform != "win32":
    import fcntl
    import termios

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from urllib3.connectionpool import HTTPConnectionPool
    from urllib3.response import HTTPResponse

    from oss_jupyter.model.gauge import Gauge

# How long a stop may go unnoticed while a socket takes nothing; also the price of a look: ten wake-ups a second.
TICK_SECONDS = 0.1
# How long a sender waits before it asks an empty bucket again.
_PACE_SECONDS = 0.02
# How old the count of a part's bytes may be while they flow; displays look less often.
_GLANCE_SECONDS = 0.02
# What TLS encrypts in one piece (RFC 8446, 5.1).
_RECORD_BYTES = 16 * 1024

_thread = threading.local()


def _begin_anew() -> None:
    """Make new connections in a forked child: two processes on one connection would mix their bytes."""
    forks.leave(dict(vars(_thread)))
    vars(_thread).clear()


forks.in_child(_begin_anew)


class _WithoutQuery(logging.Filter):
    """urllib3 logs the path of every request at DEBUG, and the query of a signed URL is as good as a key."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_cut_query(value) for value in record.args)
        return True


def _cut_query(value: object) -> object:
    if isinstance(value, str) and "ignature=" in value:
        return value.partition("?")[0] + "?…"
    return value


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutQuery())


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
                f"The service took no data for {self._stall_seconds:.0f} s.",
                "Check the network, then resume.",
            )

    def moved(self) -> None:
        """Note that this is no silence."""
        self._moved_at = time.monotonic()

    def accepted(self, count_bytes: int) -> None:
        """Count what the system has taken from us."""
        self._accepted_bytes += count_bytes

    def glance(self, sock: socket.socket) -> None:
        """Observe now and then: on a fast line, to ask the system after every slice is to wait for the lock again."""
        if time.monotonic() - self._observed_at > _GLANCE_SECONDS:
            self.observe(sock)

    def observe(self, sock: socket.socket) -> None:
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


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Let the connections of this thread report to `watch`."""
    _thread.watch = watch
    try:
        yield
    finally:
        watch.gauge.on_stop = None
        del _thread.watch


def adapter() -> Adapter:
    """Return what sends for this thread; its connections are kept alive from part to part.

    No session is around it: that would look into the environment and ~/.netrc, and follow cookies and redirects.
    """
    if not hasattr(_thread, "adapter"):
        _thread.adapter = _WatchedAdapter(pool_connections=2, pool_maxsize=1)
    return cast("Adapter", _thread.adapter)


class _WatchedMixin:
    """Overrides the two places of a urllib3 connection that wait: sending a slice and waiting for the reply."""

    sock: socket.socket

    def send(self, data: Any) -> None:
        if not isinstance(data, memoryview):
            _thread.watch.check()
            super().send(data)  # type: ignore[misc]
            return
        watch: Watch = _thread.watch
        sock = self.sock
        watch.gauge.on_stop = lambda: _cut(sock)
        hand_over = _hand_over if isinstance(sock, socket.socket) else _hand_over_in_tunnel
        done_bytes = 0
        while done_bytes < len(data):
            watch.check()
            granted_bytes = watch.granted(len(data) - done_bytes)
            if not granted_bytes:
                time.sleep(_PACE_SECONDS)
                watch.moved()
                continue
            accepted_bytes = hand_over(sock, data[done_bytes : done_bytes + granted_bytes])
            watch.give_back(granted_bytes - accepted_bytes)
            watch.accepted(accepted_bytes)
            watch.glance(sock)
            done_bytes += accepted_bytes

    def getresponse(self) -> HTTPResponse:
        watch: Watch = _thread.watch
        watch.moved()
        while not _has_read_ahead(self.sock) and not _ready(self.sock, reading=True):
            watch.observe(self.sock)
            watch.check()
        watch.observe(self.sock)
        return cast("HTTPResponse", super().getresponse())  # type: ignore[misc]


def _hand_over(sock: socket.socket, data: memoryview) -> int:
    """Return how many bytes the system took without a wait; where it takes none, wait a tick until it would.

    It is asked until it refuses, because TLS takes one record of 16 KiB at a time.
    """
    if sock.gettimeout() != 0:
        sock.setblocking(False)
    taken_bytes, for_reading = 0, False
    try:
        with _in_full_packets(sock):
            while taken_bytes < len(data):
                taken_bytes += sock.send(data[taken_bytes:])
    except ssl.SSLWantReadError:
        for_reading = True
    except (BlockingIOError, ssl.SSLWantWriteError):
        pass
    if not taken_bytes:
        _ready(sock, reading=for_reading)
    return taken_bytes


@contextmanager
def _in_full_packets(sock: socket.socket) -> Iterator[None]:
    """Hold the records of TLS back until they fill packets: one by one, each would wake somebody at the other end."""
    cork = getattr(socket, "TCP_CORK", None) if isinstance(sock, ssl.SSLSocket) else None  # Linux, tcp(7)
    if cork is None:
        yield
        return
    sock.setsockopt(socket.IPPROTO_TCP, cork, 1)
    try:
        yield
    finally:
        with suppress(OSError):  # it may be closed by now
            sock.setsockopt(socket.IPPROTO_TCP, cork, 0)


def _hand_over_in_tunnel(sock: Any, data: memoryview) -> int:
    """The same for TLS inside of the TLS to a proxy, which cannot be asked without waiting: one record at a time."""
    return int(sock.send(data[:_RECORD_BYTES]))


def _has_read_ahead(sock: Any) -> bool:
    """Whether TLS has decrypted bytes that the socket no longer has."""
    pending = getattr(sock, "pending", None)
    return pending is not None and bool(pending())


def _ready(sock: Any, *, reading: bool) -> bool:
    """Wait a tick at most, and return whether the socket can be read, or written."""
    poller = getattr(select, "poll", None)
    if poller is None:
        wanted = ([sock], []) if reading else ([], [sock])
        return any(select.select(*wanted, [], TICK_SECONDS))
    poll = poller()  # select.select refuses descriptors above 1,023
    poll.register(sock, select.POLLIN if reading else select.POLLOUT)
    return bool(poll.poll(TICK_SECONDS * 1000))


def unacknowledged(sock: socket.socket) -> int:
    """Return how many bytes the system holds that the other side has not confirmed, or 0 where it does not tell."""
    if sys.platform == "win32":
        return 0
    try:
        return int.from_bytes(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:
        return 0


def _cut(sock: Any) -> None:
    inner = sock if isinstance(sock, socket.socket) else sock.socket
    with suppress(OSError):
        # Not inner.shutdown: on a TLS socket that also forgets the session under the feet of the sending thread.
        socket.socket.shutdown(inner, socket.SHUT_RDWR)


class _WatchedReader(Reader):
    """Looks at the stop switch while a reply is on its way."""

    def wait(self, left_seconds: float) -> None:
        watch: Watch = _thread.watch
        until = time.monotonic() + left_seconds
        watch.check()  # a drop may always be there already
        while not _has_read_ahead(self.sock) and not _ready(self.sock, reading=True) and time.monotonic() < until:
            watch.check()
        watch.moved()
        super().wait(until - time.monotonic())


class _WatchedReply(FinalReply):
    reader = _WatchedReader


class _WatchedPlain(_WatchedMixin, PlainConnection):  # type: ignore[misc]
    response_class = _WatchedReply


class _WatchedTls(_WatchedMixin, TlsConnection):  # type: ignore[misc]
    response_class = _WatchedReply


class _PlainPool(PlainPool):
    ConnectionCls = _WatchedPlain


class _TlsPool(TlsPool):
    ConnectionCls = _WatchedTls


class _WatchedAdapter(Adapter):
    pools: ClassVar[Mapping[str, type[HTTPConnectionPool]]] = {"http": _PlainPool, "https": _TlsPool}
