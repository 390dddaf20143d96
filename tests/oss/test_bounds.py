"""Replies that are far too long, or that would be after unpacking, and replies that come before the reply."""

from __future__ import annotations

import gzip
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from oss_jupyter.errors import NetworkError, NotOss, OssJupyterError
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartRequest, SignedRequest
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import Credentials
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.send_part import send_part

MIB = 1024 * 1024
TARGET = Target("test-bucket", "data.bin")
# What may be held of a reply in whatever form, while 256 MiB are offered.
HELD_BYTES = 24 * MIB


@contextmanager
def answering(head: bytes, piece: bytes, pieces: int = 1) -> Iterator[str]:
    """A server that answers everything with this head and so many pieces; its URL."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    with server.accept()[0] as connection, suppress(OSError):
                        connection.recv(65536)
                        connection.sendall(b"HTTP/1.1 " + head + b"\r\nConnection: close\r\n\r\n")
                        for _ in range(pieces):
                            connection.sendall(piece)
                        connection.shutdown(socket.SHUT_WR)
                        connection.recv(65536)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def control(url: str) -> SdkControl:
    settings = EndpointSettings(region="cn-hangzhou", endpoint=url)
    return SdkControl(settings, lambda: Credentials("key-id", "secret"), RetryPolicy(attempts=1))


REQUESTS: dict[str, Callable[[str, Path], object]] = {
    "initiate": lambda url, _: control(url).initiate(TARGET, ObjectOptions()),
    "list": lambda url, _: control(url).list_parts(TARGET, "ID"),
    "objects": lambda url, _: control(url).list_objects("test-bucket", "data/"),
    "complete": lambda url, _: control(url).complete(TARGET, "ID", [(1, "E")], ObjectOptions()),
    "abort": lambda url, _: control(url).abort(TARGET, "ID"),
    "part": lambda url, file: send_part(PartRequest(SignedRequest(f"{url}/bucket/key"), str(file), 0, 3, 1)),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Something to send."""
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    return path


def held_bytes(call: Callable[[], object]) -> int:
    """Return how much memory a failing request took at its height."""
    tracemalloc.start()
    try:
        with pytest.raises(OssJupyterError) as failed:
            call()
        assert failed.value.advice
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("head", [b"200 OK", b"502 Bad Gateway", b"200 OK\r\nContent-Length: 9000000000000"])
@pytest.mark.parametrize("request_name", REQUESTS)
def test_an_endless_reply_is_left_alone(request_name: str, head: bytes, file: Path) -> None:
    """Of a reply that goes on for 256 MiB no more is held than the kind of reply needs."""
    with answering(head, bytes(MIB), 256) as url:
        assert held_bytes(lambda: REQUESTS[request_name](url, file)) < HELD_BYTES


@pytest.mark.parametrize("status", [b"200 OK", b"503 Busy"])
@pytest.mark.parametrize("request_name", REQUESTS)
def test_nothing_is_unpacked(request_name: str, status: bytes, file: Path) -> None:
    """64 KiB that unpack to 64 MiB stay 64 KiB: nobody asked for anything compressed."""
    bomb = gzip.compress(bytes(64 * MIB))
    head = status + b"\r\nContent-Encoding: gzip\r\nContent-Length: %d" % len(bomb)
    with answering(head, bomb) as url:
        assert held_bytes(lambda: REQUESTS[request_name](url, file)) < HELD_BYTES


@pytest.mark.parametrize("request_name", ["initiate", "list", "complete", "part"])
def test_a_reply_that_is_cut_short_is_no_reply(request_name: str, file: Path) -> None:
    """A body shorter than its Content-Length says is a broken connection, however well it begins."""
    with (
        answering(b"200 OK\r\nx-oss-request-id: 1\r\nETag: E\r\nContent-Length: 100", b"<Initiate/>") as url,
        pytest.raises(NetworkError),
    ):
        REQUESTS[request_name](url, file)


INITIATED = (
    b"<InitiateMultipartUploadResult><Bucket>test-bucket</Bucket><Key>data.bin</Key><UploadId>U</UploadId>"
    b"</InitiateMultipartUploadResult>"
)
FINAL = {
    "initiate": b"200 OK\r\nx-oss-request-id: R\r\nContent-Length: %d" % len(INITIATED),
    "part": b'200 OK\r\nx-oss-request-id: R\r\nETag: "E"\r\nContent-Length: 0',
    "abort": b"204 No Content\r\nx-oss-request-id: R",
}
BEFORE = {
    "102": b"102 Processing\r\n\r\n",
    "103 with links": b"103 Early Hints\r\nLink: </style.css>; rel=preload\r\nContent-Length: 12\r\n\r\n",
    "many of all": b"100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 Still here\r\n\r\n",
}


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("request_name", FINAL)
def test_the_reply_is_the_final_one(request_name: str, before: str, file: Path) -> None:
    """What comes before the reply, of whatever kind and however often, is not the reply."""
    body = INITIATED if request_name == "initiate" else b""
    with answering(BEFORE[before] + b"HTTP/1.1 " + FINAL[request_name], body) as url:
        REQUESTS[request_name](url, file)


@pytest.mark.parametrize("interim", [b"100 Continue", b"103 Early Hints"])
@pytest.mark.parametrize("request_name", FINAL)
def test_interim_replies_have_an_end(request_name: str, interim: bytes, file: Path) -> None:
    """Whoever sends nothing but interim replies is not the service."""
    head = (interim + b"\r\n\r\nHTTP/1.1 ") * 5000 + interim
    with answering(head, b"") as url, pytest.raises(NotOss):
        REQUESTS[request_name](url, file)
