"""Connections that can be watched: every slice is timed by itself, counted when the socket has taken it, and stoppable.

`requests` sends a body with `sendall`, which has one time-out for the whole slice and tells nothing on the way. Here
the body's slices (memoryviews) are sent piece by piece, with a look at the stop switch every tick; everything else is
urllib3's own code. One thread uses one adapter, so which part a connection is busy with is a fact of the thread.
"""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, ClassVar, cast

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from oss_jupyter import forks
from oss_jupyter.oss.connections import Adapter, FinalReply, PlainConnection, PlainPool, Reader, TlsConnection, TlsPool
from oss_jupyter.oss.tls import SEALED_BYTES, SealingTls, context_for
from oss_jupyter.oss.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from urllib3.connectionpool import HTTPConnectionPool
    from urllib3.response import HTTPResponse

# How long a stop may go unnoticed while a socket takes nothing; also the price of a look: ten wake-ups a second.
TICK_SECONDS = 0.1
# How long a sender waits before it asks an empty bucket again.
_PACE_SECONDS = 0.02
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


def get_ready(ca_bundle: str) -> None:
    """Read the certificates that parts will be sent with."""
    context_for(ca_bundle or DEFAULT_CA_BUNDLE_PATH, None)


class _WatchedMixin:
    """Overrides the two places of a urllib3 connection that wait: sending a slice and waiting for the reply."""

    sock: socket.socket
    timeout: float

    def send(self, data: Any) -> None:
        if not isinstance(data, memoryview):
            _thread.watch.check()
            super().send(data)  # type: ignore[misc]
            return
        watch: Watch = _thread.watch
        sock = self.sock
        watch.gauge.on_stop = lambda: _cut(sock)
        hand_over = _hand_over_of(sock)
        done_bytes = 0
        while done_bytes < len(data):
            watch.check()
            granted_bytes = watch.granted(len(data) - done_bytes)
            if not granted_bytes:
                time.sleep(_PACE_SECONDS)
                watch.moved()
                continue
            accepted_bytes = hand_over(sock, data[done_bytes : done_bytes + granted_bytes], watch)
            watch.give_back(granted_bytes - accepted_bytes)
            done_bytes += accepted_bytes

    def getresponse(self) -> HTTPResponse:
        watch: Watch = _thread.watch
        watch.moved()
        self.sock.settimeout(self.timeout)
        while not _can_read(self.sock):
            watch.observe(self.sock)
            watch.check()
        watch.observe(self.sock)
        return cast("HTTPResponse", super().getresponse())  # type: ignore[misc]


def _hand_over_of(sock: Any) -> Callable[[Any, memoryview, Watch], int]:
    """Return what hands bytes to the system, tells the watch how many it took, and returns their number."""
    if isinstance(sock, SealingTls):
        return _hand_over_sealed
    return _hand_over if isinstance(sock, socket.socket) else _hand_over_in_tunnel


def _hand_over(sock: Any, data: memoryview, watch: Watch) -> int:
    taken_bytes = _taken(sock, data)
    watch.accepted(taken_bytes)
    watch.glance(sock)
    return taken_bytes


def _hand_over_sealed(sock: SealingTls, data: memoryview, watch: Watch) -> int:
    """Hand over some of it, all that was encrypted: that cannot be done twice."""
    data = data[:SEALED_BYTES]
    records = left = sock.seal(data)
    counted_bytes = 0
    while left:
        watch.check()
        left = left[_taken(sock.socket, left) :]
        taken_bytes = len(data) * (len(records) - len(left)) // len(records)
        watch.accepted(taken_bytes - counted_bytes)
        watch.glance(sock)
        counted_bytes = taken_bytes
    return len(data)


def _hand_over_in_tunnel(sock: Any, data: memoryview, watch: Watch) -> int:
    """Hand over one record: TLS inside of the TLS to a proxy cannot be asked without waiting."""
    taken_bytes = int(sock.send(data[:_RECORD_BYTES]))
    watch.accepted(taken_bytes)
    watch.glance(sock)
    return taken_bytes


def _taken(sock: socket.socket, data: memoryview) -> int:
    """Return how many bytes the system took without a wait; where it takes none, wait a tick until it would."""
    if sock.gettimeout() != 0:
        sock.setblocking(False)
    taken_bytes = 0
    try:
        while taken_bytes < len(data):
            taken_bytes += sock.send(data[taken_bytes:])
    except BlockingIOError:
        if not taken_bytes:
            _ready(sock, reading=False)
    return taken_bytes


def _can_read(sock: Any) -> bool:
    """Wait a tick at most, and return whether there is something to read."""
    if _has_read_ahead(sock):
        return True
    return _ready(sock, reading=True) and (not isinstance(sock, SealingTls) or sock.take_in())


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
        while not _can_read(self.sock) and time.monotonic() < until:
            watch.check()
        watch.moved()
        super().wait(until - time.monotonic())


class _WatchedReply(FinalReply):
    reader = _WatchedReader


class _WatchedPlain(_WatchedMixin, PlainConnection):  # type: ignore[misc]
    response_class = _WatchedReply


class _WatchedTls(_WatchedMixin, TlsConnection):  # type: ignore[misc]
    response_class = _WatchedReply

    def connect(self) -> None:
        if self._tunnel_scheme == "https":  # TLS inside of the TLS to a proxy is urllib3's own
            super().connect()
            return
        trusted = self.ca_certs, self.ca_cert_dir
        self.ssl_context = context_for(*trusted)
        self.ca_certs = self.ca_cert_dir = None  # they are read already
        try:
            super().connect()
        finally:
            self.ca_certs, self.ca_cert_dir = (
                trusted  # for the next time: a connection that was closed opens itself anew
            )


class _PlainPool(PlainPool):
    ConnectionCls = _WatchedPlain


class _TlsPool(TlsPool):
    ConnectionCls = _WatchedTls


class _WatchedAdapter(Adapter):
    pools: ClassVar[Mapping[str, type[HTTPConnectionPool]]] = {"http": _PlainPool, "https": _TlsPool}
