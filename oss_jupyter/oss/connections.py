"""Connections as parts and small requests have them in common.

An interim reply is not taken for the reply: a server, or a gateway before it, may send 102 or 103 while it works (RFC
9110, 15.2; RFC 8297). The standard library skips 100 alone, any number of times, and takes the others for the end of
the request. A reply that has begun ends within a minute, however it drips. And a connection that has lain idle is not
used again: after another network or a closed lid it is dead, without a word, and so would the request be.
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from http.client import HTTPResponse, parse_headers
from typing import Any, ClassVar

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import ProxyManager

from oss_jupyter.oss.failures import not_oss
from oss_jupyter.texts import tr

# One every few seconds while the service joins parts; more say that no reply will come.
_INTERIM_MOST = 100
# From a reply's first byte to its last: a few times the silence that is put up with, and a minute at most. The longest
# reply, a page of 3 MB, takes that at half a Mbit/s.
_REPLY_SILENCES = 3.0
_REPLY_MOST_SECONDS = 60.0
# Between two parts or two small requests, of one upload or of the next one in a loop, it is far less.
IDLE_SECONDS = 5.0
_SWITCHING_PROTOCOLS = 101  # is final: what follows is no HTTP


def reply_most_seconds(silence_seconds: float) -> float:
    """Return how long a reply may take from its first byte to its last."""
    return min(_REPLY_SILENCES * silence_seconds, _REPLY_MOST_SECONDS)


class Reader(io.RawIOBase):
    """The bytes of one reply as they come. Raises TimeoutError where they keep coming for too long."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self._silence_seconds = sock.gettimeout() or _REPLY_MOST_SECONDS
        self._raw = sock.makefile("rb", buffering=0)
        self._began_at: float | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Wait for some bytes, and put them into the buffer."""
        if self._began_at is not None:
            self.wait(self._began_at + reply_most_seconds(self._silence_seconds) - time.monotonic())
        count: int | None = self._raw.readinto(buffer)
        if self._began_at is None:
            self._began_at = time.monotonic()
        return count

    def wait(self, left_seconds: float) -> None:
        """Make sure that the next read ends in time."""
        if left_seconds <= 0:
            raise TimeoutError
        self.sock.settimeout(min(self._silence_seconds, left_seconds))

    def close(self) -> None:
        """Let go of the connection."""
        self._raw.close()
        super().close()


class _Files:
    """What the standard library takes for a socket: it only asks for its file."""

    def __init__(self, reader: io.RawIOBase) -> None:
        self._reader = reader

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reader)


class FinalReply(HTTPResponse):
    """The standard library's reply, read past all interim ones. Raises NotOss where there are too many."""

    reader: ClassVar[type[Reader]] = Reader

    def __init__(self, sock: Any, *arguments: Any, **named: Any) -> None:
        super().__init__(_Files(self.reader(sock)), *arguments, **named)  # type: ignore[arg-type]

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_INTERIM_MOST):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status < 200 or status == _SWITCHING_PROTOCOLS:
                return version, status, reason
            parse_headers(self.fp)
        raise not_oss(tr("the endpoint"))


class PlainConnection(HTTPConnection):
    """A connection without TLS."""

    response_class = FinalReply


class TlsConnection(HTTPSConnection):
    """A connection with TLS."""

    response_class = FinalReply


class _Fresh:
    """A pool's mixin: what has lain idle is opened anew."""

    # The wall clock, because others stand still while the lid is closed.
    now = staticmethod(time.time)

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = self.now()
        super()._put_conn(conn)  # type: ignore[misc]

    def _get_conn(self, timeout: float | None = None) -> Any:
        conn = super()._get_conn(timeout)  # type: ignore[misc]
        now = self.now()
        if abs(now - getattr(conn, "idle_since", now)) > IDLE_SECONDS:
            conn.close()  # it opens itself anew
        return conn


class PlainPool(_Fresh, HTTPConnectionPool):
    """Connections without TLS to one host."""

    ConnectionCls = PlainConnection


class TlsPool(_Fresh, HTTPSConnectionPool):
    """Connections with TLS to one host."""

    ConnectionCls = TlsConnection


class Adapter(HTTPAdapter):
    """What `requests` sends through, over connections of these kinds, proxies included."""

    pools: ClassVar[Mapping[str, type[HTTPConnectionPool]]] = {"http": PlainPool, "https": TlsPool}

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools for direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self.pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pools for connections through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools_through(manager)
        return manager

    def _pools_through(self, manager: Any) -> Mapping[str, type[HTTPConnectionPool]]:
        if isinstance(manager, ProxyManager):
            return self.pools
        from oss_jupyter.oss.socks_pools import through_socks  # PySocks, where there is such a proxy

        return through_socks(self.pools)
