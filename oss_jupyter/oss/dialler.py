"""Connections for a loop that must not wait: threads open them, with names, proxies and TLS, as urllib3 does.

A connection that stands is handed over as a bare socket. Certificates are loaded once, and not for each connection.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.small_files import FilesRoute
from oss_jupyter.oss.connections import Adapter
from oss_jupyter.oss.environment import as_proxies
from oss_jupyter.oss.failures import from_exception

# A handshake is mostly waiting: on a line of 80 ms they open a hundred connections with TLS a second.
_THREADS_MOST = 32


class Dialler:
    """Opens connections on threads of its own. `wake` is called, on one of them, when `ready` has something new.

    `_lock` guards _ordered, _working and _closed; `_making` is held while _pool and _context are made, by one thread.
    """

    def __init__(self, route: FilesRoute, wake: Callable[[], None]) -> None:
        self._route = route
        self._wake = wake
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._pool: Any = None
        self._context: ssl.SSLContext | None = None
        self._ordered = 0
        self._working = 0
        self._closed = False
        self.ready: deque[socket.socket | OssJupyterError] = deque()
        """What became of the orders: a socket that does not block, or why there is none."""

    def order(self, count: int) -> None:
        """Open so many connections."""
        with self._lock:
            self._ordered += count
            more = min(self._ordered, _THREADS_MOST) - self._working
            self._working += max(0, more)
        missing = max(0, more)
        try:
            while missing:
                threading.Thread(target=self._work, name="oss-connect", daemon=True).start()
                missing -= 1
        except (RuntimeError, MemoryError) as error:
            self._without_threads(missing, from_exception(error))

    def close(self) -> None:
        """Open no more, and close what nobody has taken; what is being opened is closed once it stands."""
        with self._lock:
            self._closed = True
            self._ordered = 0
        self._drop()

    def _without_threads(self, missing: int, failure: OssJupyterError) -> None:
        """Let those that run do the work; where there are none, nobody will."""
        with self._lock:
            self._working -= missing
            undone = 0 if self._working else self._ordered
            self._ordered -= undone
        self.ready.extend([failure] * undone)

    def _drop(self) -> None:
        with suppress(IndexError):
            while True:
                made = self.ready.popleft()
                if isinstance(made, socket.socket):
                    made.close()

    def _work(self) -> None:
        while self._another():
            self.ready.append(self._open())
            self._wake()
        with self._lock:
            closed = self._closed
        if closed:
            self._drop()

    def _another(self) -> bool:
        with self._lock:
            if self._ordered:
                self._ordered -= 1
                return True
            self._working -= 1
            return False

    def _open(self) -> socket.socket | OssJupyterError:
        connection = None
        try:
            connection = self._dialled()
            return _bare(connection)
        except BaseException as error:  # whatever it is, it must not end as a connection that never comes
            failure = from_exception(error, urlsplit(self._route.url).netloc)
        if connection is not None:
            connection.close()
        return failure

    def _dialled(self) -> Any:
        with self._making:
            if self._pool is None:
                self._pool, self._context = _pool_of(self._route)
        connection = self._pool._new_conn()
        connection.timeout = self._route.route.connect_timeout_seconds
        if self._context is not None:
            connection.ssl_context, connection.cert_reqs = self._context, "CERT_REQUIRED"
        try:
            if self._pool.proxy is not None and self._route.url.startswith("https:"):
                self._pool._prepare_proxy(connection)  # a tunnel, and TLS inside of it
            else:
                connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection


def forwarding(route: FilesRoute) -> Mapping[str, str] | None:
    """Return what a proxy that is asked for whole URLs wants in each request, or None where the way is another."""
    proxy = route.route.proxy
    if proxy is None or proxy.startswith("socks") or route.url.startswith("https:"):
        return None
    return Adapter().proxy_headers(proxy)


def through_two_layers(route: FilesRoute) -> bool:
    """Whether it would be TLS inside of the TLS to a proxy, which cannot be asked without waiting."""
    return (route.route.proxy or "").startswith("https:") and route.url.startswith("https:")


def _pool_of(route: FilesRoute) -> tuple[Any, ssl.SSLContext | None]:
    adapter, way = Adapter(), route.route
    url = f"{route.url}/"
    if way.proxy is None:
        pool = adapter.poolmanager.connection_from_url(url)
    else:
        pool = adapter.proxy_manager_for(as_proxies(way.proxy)["https"]).connection_from_url(url)
    if pool.scheme != "https":
        return pool, None
    context = create_urllib3_context()
    bundle = way.ca_bundle or DEFAULT_CA_BUNDLE_PATH
    is_folder = Path(bundle).is_dir()
    context.load_verify_locations(None if is_folder else bundle, bundle if is_folder else None)
    return pool, context


def _bare(connection: Any) -> socket.socket:
    made: socket.socket = connection.sock
    connection.sock = None
    made.settimeout(0)
    return made
