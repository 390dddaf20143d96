"""The sender of small files on odd lines: closed, silent, slow, answered too early or twice, and by proxies."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from oss_jupyter.crc64 import crc64
from oss_jupyter.model.small_files import FilesRoute, Snag
from oss_jupyter.model.wire_values import Route
from oss_jupyter.oss.file_connection import FileConnection
from oss_jupyter.oss.file_connections import FileConnections
from oss_jupyter.oss.send_files import send_files
from oss_jupyter.sandbox import Key, Sandbox

from .files_kit import BUCKET, KEY, SOON_SECONDS, HandDials, ListFeed, Sending, make_files, route_of, send_all, until
from .test_proxy import Proxy, Socks

MIB = 1024 * 1024
DRIP_SECONDS = 0.05

Serve = Callable[["Server", socket.socket], object]


def yes_to(body: bytes, *lines: str, keeps: bool = True) -> bytes:
    """Return the service's plain yes to a body."""
    named = ["HTTP/1.1 200 OK", f'ETag: "{hashlib.md5(body).hexdigest().upper()}"', "x-oss-request-id: 6567AA"]
    named += [f"x-oss-hash-crc64ecma: {crc64(body)}", "Content-Length: 0", *lines]
    return "\r\n".join([*named, *([] if keeps else ["Connection: close"]), "", ""]).encode()


class Server:
    """A server of raw sockets on a free port: `serve` has each connection on a thread. `bodies`: those it has read."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.bodies: list[bytes] = []
        self.connections = 0
        self.ends = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def route(self, stall_seconds: float = 20.0) -> FilesRoute:
        """Return the way to it."""
        url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        return FilesRoute(url, f"/{BUCKET}", BUCKET, "cn-hangzhou", route=Route(stall_seconds=stall_seconds))

    def read(self, connection: socket.socket) -> bytes | None:
        """Return the body of the next request, or None at the end."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += connection.recv(65536)
        self.bodies.append(body)
        return body

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._serve(self, connection)


def closes_after_each(server: Server, connection: socket.socket) -> None:
    """Answer one request and say that this was all."""
    body = server.read(connection)
    assert body is not None
    connection.sendall(yes_to(body, keeps=False))


def closes_without_a_word(server: Server, connection: socket.socket) -> None:
    """Answer one request and close, which nothing announced."""
    body = server.read(connection)
    assert body is not None
    connection.sendall(yes_to(body))


@pytest.mark.parametrize("serve", [closes_after_each, closes_without_a_word])
def test_a_server_that_closes_after_each_reply(tmp_path: Path, serve: Serve) -> None:
    """Each file gets a connection of its own, and none is told as a snag."""
    with Server(serve) as server:
        feed = send_all(make_files(tmp_path, 20), server.route())
    assert feed.snags == []
    assert len(feed.done) == 20
    assert len(set(server.bodies)) == 20


def test_a_connection_that_dies_with_its_second_request(tmp_path: Path) -> None:
    """The file goes once more over a fresh one, and that is all."""

    def serve(server: Server, connection: socket.socket) -> None:
        body = server.read(connection)
        assert body is not None
        connection.sendall(yes_to(body))
        server.read(connection)

    files = make_files(tmp_path, 6)
    with Server(serve) as server:
        feed = send_all(files, server.route(), HandDials(width=1))
    assert feed.snags == []
    assert len(feed.done) == 6
    assert len(server.bodies) == 2 * 6 - 1
    assert server.connections == 6


def test_a_fresh_connection_that_dies_is_a_snag(tmp_path: Path) -> None:
    """What no idleness explains is left to the way that knows all answers: nothing is tried again."""
    with Server(lambda server, connection: server.read(connection)) as server:
        feed = send_all(make_files(tmp_path, 4), server.route(), HandDials(width=2))
    assert feed.whys == [Snag.NETWORK] * 4
    assert len(server.bodies) == 4


def test_a_file_that_is_lost_twice_is_a_snag(tmp_path: Path) -> None:
    """Once with a connection that was used before, and once with a fresh one."""

    def serve(server: Server, connection: socket.socket) -> None:
        body = server.read(connection)
        if body is not None and len(server.bodies) == 1:
            connection.sendall(yes_to(body))
            server.read(connection)

    with Server(serve) as server:
        feed = send_all(make_files(tmp_path, 2), server.route(), HandDials(width=1))
    assert feed.whys == [Snag.NETWORK]
    assert len(feed.done) == 1
    assert server.bodies[1] == server.bodies[2]


def test_a_connection_that_lay_idle_for_long_is_not_used(tmp_path: Path) -> None:
    """After another network or a closed lid it is dead without a word."""
    with (
        Server(lambda server, _connection: server.ends.wait()) as server,
        FileConnections(server.route()) as line,
    ):
        line.dial(1)
        found: list[object] = []
        assert until(lambda: found.extend(line.dialled()) or bool(found))  # type: ignore[func-returns-value]
        (connection,) = found
        assert isinstance(connection, FileConnection)
        line.rest(connection)
        assert line.take_idle() is connection
        line.rest(connection)
        connection.idle_since -= 6
        assert line.take_idle() is None
        assert len(line) == 0


def says_nothing(server: Server, connection: socket.socket) -> None:
    """Read all and keep silent."""
    server.read(connection)
    server.ends.wait()


def reads_nothing(server: Server, _connection: socket.socket) -> None:
    """Take what the system takes."""
    server.ends.wait()


def drips(begin: bytes, rest: bytes) -> Serve:
    """Return a server whose reply never ends."""

    def serve(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(begin)
        for byte in rest * 1000:
            connection.sendall(bytes([byte]))
            if server.ends.wait(DRIP_SECONDS):
                return

    return serve


@pytest.mark.parametrize(
    "serve",
    [
        says_nothing,
        reads_nothing,
        drips(b"", b"HTTP/1.1 200 " + b"O" * 1000),
        drips(b"HTTP/1.1 200 OK\r\n", b"X-Padding: " + b"x" * 1000),
        drips(b"HTTP/1.1 503 Oh\r\nContent-Length: 10000\r\n\r\n", b" "),
    ],
    ids=["says nothing", "reads nothing", "status drips", "headers drip", "refusal drips"],
)
def test_a_line_without_an_answer(tmp_path: Path, serve: Serve) -> None:
    """However it falls silent or drips, it ends as a snag of the network, and the others do not wait."""
    (large,) = make_files(tmp_path, 1, size=8 * MIB)
    with Server(serve) as server:
        began_at = time.monotonic()
        feed = send_all([large], server.route(stall_seconds=0.3))
    assert feed.whys == [Snag.NETWORK]
    assert time.monotonic() - began_at < 10


def test_slow_is_not_silent(sandbox: Sandbox, tmp_path: Path) -> None:
    """A file may take much longer than a silence, as long as bytes move, also those that only the system still has."""
    sandbox.connection_rate_bytes_per_second = 1.5 * MIB
    files = make_files(tmp_path, 2, size=6 * MIB)
    feed = send_all(files, route_of(sandbox.endpoint, stall_seconds=2.5))
    assert feed.snags == []
    assert max(done.seconds for done in feed.done) > 3


@pytest.mark.parametrize("status", [401, 403, 503])
def test_a_refusal_before_the_body_is_read(tmp_path: Path, status: int) -> None:
    """Whoever refuses early and closes is heard: the rest of the body is not sent, and the answer is not lost."""
    said = b"<Error><Code>SecurityTokenExpired</Code></Error>"
    head = f"HTTP/1.1 {status} No\r\nContent-Length: {len(said)}\r\nConnection: close\r\n\r\n".encode()

    def serve(_server: Server, connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(head + said)
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.05)

    dials = HandDials(width=2)
    with Server(serve) as server:
        feed = send_all(make_files(tmp_path, 4, size=12 * MIB), server.route(), dials)
    assert feed.whys == [Snag.REFUSED] * 4
    assert {detail for *_, detail in feed.snags} == {f"status {status} SecurityTokenExpired"}
    assert dials.moved_bytes < 4 * 12 * MIB


def test_a_yes_before_the_body_is_read_proves_nothing(tmp_path: Path) -> None:
    """Nobody can have stored what was not sent."""

    def serve(server: Server, connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(yes_to(b""))
        server.ends.wait()

    (file,) = make_files(tmp_path, 1, size=12 * MIB)
    with Server(serve) as server:
        assert send_all([file], server.route()).whys == [Snag.UNCLEAR]


@pytest.mark.parametrize("later", [False, True], ids=["at once", "later"])
def test_an_answer_too_many_is_not_taken_for_the_next_files(tmp_path: Path, later: bool) -> None:
    """Whether it comes at once or behind, it proves nothing of another file."""

    def serve(server: Server, connection: socket.socket) -> None:
        while (body := server.read(connection)) is not None:
            if later:
                connection.sendall(yes_to(body))
                time.sleep(0.02)
                connection.sendall(yes_to(body))
            else:
                connection.sendall(yes_to(body) * 2)

    with Server(serve) as server:
        feed = send_all(make_files(tmp_path, 6), server.route(), HandDials(width=1))
    assert len(feed.done) + len(feed.snags) == 6
    assert {done.etag for done in feed.done} == {done.md5 for done in feed.done}
    assert set(feed.whys) <= {Snag.UNCLEAR}
    assert feed.snags


def test_where_nobody_listens(tmp_path: Path) -> None:
    """Files come back one by one, so that whoever feeds may stop; who listens later gets the rest."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    feed = ListFeed(make_files(tmp_path, 30))
    route = FilesRoute(f"http://127.0.0.1:{port}", f"/{BUCKET}", BUCKET, "cn-hangzhou")
    with Sending(feed, route, HandDials(width=8)) as sending:
        assert until(lambda: len(feed.snags) == 2)
        assert not sending.ends(0.2)
        assert len(feed.snags) <= 3
        with Sandbox(tmp_path / "late", port=port, keys=[Key(*KEY)]) as sandbox:
            sandbox.create_bucket(BUCKET)
            assert sending.ends()
    assert [(why, detail) for _, why, detail in feed.snags] == [(Snag.NETWORK, "ConnectionRefused")] * len(feed.snags)
    assert len(feed.done) == 30 - len(feed.snags)
    assert len(feed.snags) <= 4


def test_where_no_thread_can_be_started(sandbox: Sandbox, tmp_path: Path) -> None:
    """It is no hang: one file comes back with the reason, and the others go once there are threads again."""
    feed = ListFeed(make_files(tmp_path, 5))
    before = threading.stack_size(2**47)  # no thread has room for such a stack
    feed.on_snagged = lambda: threading.stack_size(before)
    try:
        send_files(feed, route_of(sandbox.endpoint), HandDials())
    finally:
        threading.stack_size(before)
    assert [(why, detail) for _, why, detail in feed.snags] == [(Snag.NETWORK, "NoThread")]
    assert len(feed.done) == 4


def test_a_server_that_takes_few_connections(tmp_path: Path) -> None:
    """Those that are there carry the files; the others are tried again now and then, so that each costs few files."""
    lock = threading.Lock()

    def serve(server: Server, connection: socket.socket) -> None:
        if lock.acquire(blocking=False):
            try:
                while (body := server.read(connection)) is not None:
                    connection.sendall(yes_to(body))
            finally:
                lock.release()

    with Server(serve) as server:
        feed = send_all(make_files(tmp_path, 100), server.route(), HandDials(width=8))
    assert len(feed.done) + len(feed.snags) == 100
    assert len(feed.snags) <= 16


@pytest.fixture
def secure(tmp_path: Path, bundle: Path) -> Iterator[Sandbox]:
    """A service with TLS."""
    with Sandbox(tmp_path / "tls", keys=[Key(*KEY)], tls=(str(bundle), str(bundle))) as sandbox:
        sandbox.create_bucket(BUCKET)
        yield sandbox


@pytest.mark.parametrize("kind", ["http", "socks5h"])
@pytest.mark.parametrize("tls", [False, True])
def test_through_a_proxy(sandbox: Sandbox, secure: Sandbox, bundle: Path, tmp_path: Path, kind: str, tls: bool) -> None:
    """In the clear whole URLs are asked of it, with TLS a tunnel; everything goes through it, and nothing beside it."""
    service = secure if tls else sandbox
    proxy = Socks() if kind == "socks5h" else Proxy()
    folder = tmp_path / "files"
    folder.mkdir()
    files = [replace(file, key=f"é {file.number}?.bin") for file in make_files(folder, 8, size=30_000)]
    route = route_of(service.endpoint, ca_bundle=str(bundle), proxy=f"{kind}://{proxy.address}")
    feed = send_all(files, route, HandDials(width=2))
    proxy.close()
    assert feed.snags == []
    assert len(feed.done) == 8
    assert proxy.asked
    if kind == "socks5h":
        assert set(proxy.asked) == {f"127.0.0.1:{service.port}"}
    else:
        asked = f"CONNECT 127.0.0.1:{service.port} " if tls else f"PUT {service.endpoint}/{BUCKET}/%C3%A9%20"
        assert all(line.startswith(asked) for line in proxy.asked)


def test_a_proxy_gets_its_password_and_nobody_else(tmp_path: Path) -> None:
    """In each request in the clear, and in the first one of a tunnel; the service never sees it."""
    for scheme in ("http", "https"):
        heads: list[bytes] = []

        def serve(_server: Server, connection: socket.socket, heads: list[bytes] = heads) -> None:
            heads.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")

        with Server(serve) as server:
            proxy = server.route().url.replace("http://", "http://user:hu%3Ash@")
            route = FilesRoute(f"{scheme}://127.0.0.1:9", "", BUCKET, "cn-hangzhou", route=Route(proxy=proxy))
            feed = send_all(make_files(tmp_path, 1), route)
        assert feed.whys == [Snag.REFUSED if scheme == "http" else Snag.NETWORK]
        assert b"Proxy-Authorization: Basic dXNlcjpodTpzaA==" in heads[0]
        assert "hu" not in repr(feed.snags)
        assert "hu%3Ash" not in repr(route)


def test_tls_inside_of_tls_is_left_to_the_other_way(tmp_path: Path) -> None:
    """All files come back at once, those that come later as well."""
    route = FilesRoute("https://127.0.0.1:9", "", BUCKET, "cn-hangzhou", route=Route(proxy="https://127.0.0.1:9"))
    files = make_files(tmp_path, 5)
    feed = ListFeed(files[:3], ended=False)
    began_at = time.monotonic()
    with Sending(feed, route, HandDials()) as sending:
        assert until(lambda: len(feed.snags) == 3)
        feed.add(*files[3:], ended=True)
        assert sending.ends()
    assert feed.whys == [Snag.UNCLEAR] * 5
    assert time.monotonic() - began_at < SOON_SECONDS
