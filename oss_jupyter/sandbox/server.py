"""The sandbox: an OSS-shaped server on the loopback address, on a thread of its own.

Methods and settings may be used from any thread. The event loop lives on the sandbox's thread and dies with it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

from tornado import httputil
from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream

from oss_jupyter.sandbox.core import Core
from oss_jupyter.sandbox.disk import directory_gone
from oss_jupyter.sandbox.exchange import Exchange, Peer
from oss_jupyter.sandbox.faults import FaultRegistry
from oss_jupyter.sandbox.keys import Key, KeyRing
from oss_jupyter.sandbox.multipart import Multipart
from oss_jupyter.sandbox.records import BucketRecord, PartRecord, UploadRecord
from oss_jupyter.sandbox.replies import Reply
from oss_jupyter.sandbox.request_log import RequestRecord
from oss_jupyter.sandbox.storage import Storage
from oss_jupyter.sandbox.throttle import Throttle
from oss_jupyter.texts import tr

LOOPBACK = "127.0.0.1"

_READ_BYTES = 256 * 1024  # large enough to be fast, small enough to feel a rate limit
_SOCKET_BUFFER_BYTES = 256 * 1024  # or the kernel would take in megabytes that the sandbox has not read
_NO_LIMIT_BYTES = 2**50  # limits on bodies are the service's, not the HTTP library's
_WORKERS = 8


class Sandbox:
    """A local server that OSS clients accept. Use it as a context manager, or with start and stop."""

    def __init__(
        self,
        data_dir: str | os.PathLike[str],
        *,
        keys: Iterable[Key] = (),
        region: str = "cn-hangzhou",
        port: int = 0,
        address: str = LOOPBACK,
        tls: tuple[str, str] | None = None,  # certificate file, key file
        host_suffixes: Iterable[str] = (),
        rate_bytes_per_second: float | None = None,
        connection_rate_bytes_per_second: float | None = None,
        latency_seconds: float = 0.0,
        silent_seconds: float = 60.0,  # longest wait for a client that has begun a request, or for its next one
        clock: Callable[[], float] = time.time,
        admin: Callable[[str, str, str, str], Reply] | None = None,
    ) -> None:
        if address != LOOPBACK:
            raise ValueError(
                tr("the sandbox listens on {loopback} only, not on {address}", loopback=LOOPBACK, address=address)
            )
        # These three may be changed at any time, from any thread.
        self.rate_bytes_per_second = rate_bytes_per_second  # all connections together; None is full speed
        self.connection_rate_bytes_per_second = connection_rate_bytes_per_second  # each connection
        self.latency_seconds = latency_seconds  # before every reply
        storage = Storage(Path(data_dir))
        self._core = Core(
            storage=storage,
            multipart=Multipart(storage),
            keys=KeyRing(keys),
            region=region,
            clock=clock,
            host_suffixes=("localhost", *_service_hosts(region), *host_suffixes),
            switches=self,
            silent_seconds=silent_seconds,
            admin=admin,
        )
        self._tls = None if tls is None else _tls_context(*tls)
        self._port = port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def __repr__(self) -> str:
        state = self.endpoint if self._thread else "stopped"
        return f"<Sandbox {state} {self.region}>"

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- life

    def start(self) -> None:
        """Listen. After a stop the same port is taken again, so the endpoint stays what it was."""
        if self._thread is not None:
            return
        listener = socket.create_server((LOOPBACK, self._port))
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SOCKET_BUFFER_BYTES)
        self._port = listener.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listener, ready)), name="oss-sandbox", daemon=True
        )
        self._thread.start()
        ready.wait()

    def stop(self) -> None:
        """Close every connection and end the thread; what is on disk stays."""
        if self._thread is None:
            return
        assert self._loop is not None
        assert self._stopping is not None
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()
        self._thread = None

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        self._core.stopping = False
        self._core.pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="oss-sandbox")
        front = _Front(self._core)
        server = _Server(
            front,
            ssl_options=self._tls,
            chunk_size=_READ_BYTES,
            max_body_size=_NO_LIMIT_BYTES,
            idle_connection_timeout=self._core.silent_seconds,  # also for a head that does not end
        )
        server.add_socket(listener)
        ready.set()
        await self._stopping.wait()
        self._core.stopping = True
        server.stop()
        server.close_connections()
        await asyncio.to_thread(self._core.pool.shutdown)

    # -- what a client needs

    @property
    def endpoint(self) -> str:
        """Return the URL to give to a client; with an address in it, clients put the bucket into the path."""
        return f"{'http' if self._tls is None else 'https'}://{LOOPBACK}:{self._port}"

    @property
    def port(self) -> int:
        """Return the port; 0 before the first start if none was chosen."""
        return self._port

    @property
    def region(self) -> str:
        """Return the region that requests must be signed for."""
        return self._core.region

    @property
    def keys(self) -> KeyRing:
        """Return the access keys in force."""
        return self._core.keys

    # -- buckets and what is in them

    def create_bucket(self, name: str, region: str | None = None) -> None:
        """Create a bucket; one of another region answers with the endpoint of that region."""
        self._core.storage.create_bucket(BucketRecord(name, region or self.region, self._core.clock()))

    def object_path(self, bucket: str, key: str) -> Path:
        """Return the file that holds an object's bytes; ServiceError says NoSuchKey if there is none."""
        return self._core.storage.object(bucket, key)[1]

    def uploads(self, bucket: str) -> tuple[UploadRecord, ...]:
        """Return the unfinished uploads of a bucket."""
        return tuple(self._core.multipart.uploads(bucket))

    def parts(self, bucket: str, key: str, upload_id: str) -> tuple[PartRecord, ...]:
        """Return the parts of an unfinished upload by number."""
        return tuple(self._core.multipart.parts(bucket, key, upload_id))

    # -- trouble, and watching it

    @property
    def faults(self) -> FaultRegistry:
        """Return the faults in force."""
        return self._core.faults

    @property
    def requests(self) -> tuple[RequestRecord, ...]:
        """Return the finished requests, oldest first; a reply is logged before it is sent."""
        return self._core.log.records()

    def clear_requests(self) -> None:
        """Forget the finished requests."""
        self._core.log.clear()

    @property
    def active_requests(self) -> int:
        """Return how many requests are being served now."""
        return self._core.active_requests

    @property
    def trouble(self) -> str:
        """Return why nothing can be stored, as a sentence, or "" where nothing is known to be wrong."""
        gone = directory_gone(self._core.storage.data_dir)
        return gone.message if gone else self._core.trouble

    @property
    def idle_seconds(self) -> float:
        """Return for how long nothing has been asked."""
        return self._core.idle_seconds


class _Server(HTTPServer):
    """Knows its connections, those too that have not begun a request.

    HTTPServer's own close_all_connections waits for requests to end, and a stalled one never does.
    """

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        super().initialize(*args, **kwargs)
        self._open: weakref.WeakSet[IOStream] = weakref.WeakSet()

    def handle_stream(self, stream: IOStream, address: tuple[str, int]) -> None:
        self._open.add(stream)
        super().handle_stream(stream, address)

    def close_connections(self) -> None:
        """Close every connection that is open."""
        for stream in list(self._open):
            stream.close()


class _Front(httputil.HTTPServerConnectionDelegate):
    """Begins an exchange for each request, and knows which connection it came on."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._shared_pace = Throttle(lambda: core.switches.rate_bytes_per_second)
        self._ids = itertools.count(1)
        self._peers: weakref.WeakKeyDictionary[IOStream, Peer] = weakref.WeakKeyDictionary()

    def start_request(self, server_conn: object, request_conn: httputil.HTTPConnection) -> Exchange:
        assert isinstance(request_conn, HTTP1Connection)
        stream = request_conn.stream
        peer = self._peers.get(stream)
        if peer is None:
            own_pace = Throttle(lambda: self._core.switches.connection_rate_bytes_per_second)
            peer = self._peers[stream] = Peer(next(self._ids), own_pace, self._shared_pace)
        return Exchange(self._core, request_conn, peer)


def _service_hosts(region: str) -> tuple[str, ...]:
    return f"oss-{region}.aliyuncs.com", f"oss-{region}-internal.aliyuncs.com"


def _tls_context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
