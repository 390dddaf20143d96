"""What gives bytes only once: each kind goes up from `oj.upload` as it would from a cell, and arrives."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests

from oss_jupyter.errors import InputError, SourceError
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter

CONTENT = random.Random(3).randbytes(3_000_017)
TARGET = "oss://test-bucket/data.bin"
LONG = 60.0

Upload = Callable[..., bytes]


@pytest.fixture
def session(sandbox: Sandbox, tmp_path: Path) -> Iterator[Session]:
    """A kernel's session that sends in its own threads."""
    made = Session(
        OssJupyter(region="cn-hangzhou", endpoint=sandbox.endpoint, helper="never", checkpoint_dir=str(tmp_path / "cp"))
    )
    yield made
    made.manager.pause_all(10.0)


@pytest.fixture
def upload(session: Session, sandbox: Sandbox) -> Upload:
    """Uploads something, and returns the object's bytes."""

    def send(source: Any, target: str = TARGET) -> bytes:
        given = UploadArguments.of(credentials=("test-key-id", "test-key-secret"), part_size=1024 * 1024)
        transfer = session.upload(source, target, given)
        key = transfer.result(LONG).url.partition("test-bucket/")[2]
        return sandbox.object_path("test-bucket", key).read_bytes()

    return send


class _Files(BaseHTTPRequestHandler):
    """Serves CONTENT, breaks off where the path says so, and goes on where the client asks for it."""

    def do_GET(self) -> None:
        at = int(self.headers.get("Range", "bytes=0-")[6:-1])
        if "missing" in self.path:
            self.send_error(404)
            return
        self.server.asked.append((self.headers.get("Range"), self.headers.get("If-Range")))  # type: ignore[attr-defined]
        carries_on = "once" not in self.path and at > 0
        body = CONTENT[at:] if carries_on else CONTENT
        self.send_response(206 if carries_on else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"v1"')
        self.end_headers()
        breaks = "breaks" in self.path and len(self.server.asked) < 3  # type: ignore[attr-defined]
        self.wfile.write(body[:1_000_000] if breaks else body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def web() -> Iterator[ThreadingHTTPServer]:
    """A server of files on this computer."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Files) as server:
        server.asked = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def address(web: ThreadingHTTPServer, path: str) -> str:
    """Return where a file of the server lies."""
    return f"http://127.0.0.1:{web.server_port}/{path}"


def some() -> Iterator[bytes]:
    """Yield the content in pieces."""
    for at in range(0, len(CONTENT), 70_001):
        yield CONTENT[at : at + 70_001]


async def some_later() -> AsyncIterator[bytes]:
    """Yield the content in pieces, asynchronously."""
    for piece in some():
        await asyncio.sleep(0)
        yield piece


@pytest.mark.parametrize(
    "make",
    [some, some_later, lambda: map(bytes, some()), lambda: iter([memoryview(CONTENT)])],
    ids=["generator", "async generator", "map", "iterator of memoryview"],
)
def test_iterators(upload: Upload, make: Callable[[], object]) -> None:
    """Whatever gives bytes when it is iterated goes up."""
    assert upload(make()) == CONTENT


def test_an_iterator_of_paths_is_a_dataset(session: Session, sandbox: Sandbox, tmp_path: Path) -> None:
    """Path.glob gives paths, and those mean files, the first one included."""
    (tmp_path / "data").mkdir()
    for name in ("a", "b"):
        (tmp_path / "data" / name).write_text(name)
    given = UploadArguments.of(credentials=("test-key-id", "test-key-secret"))
    session.upload((tmp_path / "data").glob("*"), "oss://test-bucket/raw/", given).result(LONG)
    assert {sandbox.object_path("test-bucket", f"raw/{name}").read_text() for name in ("a", "b")} == {"a", "b"}


def test_a_process(upload: Upload) -> None:
    """The output of a process goes up, and so does its pipe."""
    code = f"import random, sys; sys.stdout.buffer.write(random.Random(3).randbytes({len(CONTENT)}))"
    assert upload(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)) == CONTENT
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert upload(process.stdout, "oss://test-bucket/pipe.bin") == CONTENT


def test_a_process_that_fails_makes_no_object(upload: Upload, sandbox: Sandbox) -> None:
    """Half of a dump is none: the error says how the process ended."""
    code = "import sys; sys.stdout.write('half'); sys.exit(3)"
    with pytest.raises(SourceError, match="ended with 3"):
        upload(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE))
    assert "CompleteMultipartUpload" not in [record.operation for record in sandbox.requests]


def test_a_process_without_a_binary_pipe(upload: Upload) -> None:
    """The error says how it is started so that it can be read."""
    command = [sys.executable, "-c", ""]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
        pytest.raises(InputError, match="no pipe") as refused,
    ):
        upload(process)
    assert "without text=True" in refused.value.advice


def test_a_pipe_of_the_system(upload: Upload) -> None:
    """An open pipe cannot be sought in, so it is a stream."""
    reads, writes = os.pipe()

    def feed() -> None:
        with os.fdopen(writes, "wb") as pipe:
            pipe.write(CONTENT)

    threading.Thread(target=feed).start()
    with os.fdopen(reads, "rb") as pipe:
        assert upload(pipe) == CONTENT


@pytest.mark.parametrize("stream", [False, True])
def test_replies_of_requests(upload: Upload, web: ThreadingHTTPServer, stream: bool) -> None:
    """A reply goes up whether its body has been read or not."""
    assert upload(requests.get(address(web, "f"), stream=stream, timeout=LONG)) == CONTENT


def test_replies_of_httpx(upload: Upload, web: ThreadingHTTPServer) -> None:
    """So does one of httpx, read or streamed."""
    with httpx.Client(trust_env=False) as client:
        assert upload(client.get(address(web, "f"))) == CONTENT
        with client.stream("GET", address(web, "f")) as reply:
            assert upload(reply, "oss://test-bucket/streamed.bin") == CONTENT


def test_a_reply_of_an_asynchronous_client(session: Session, sandbox: Sandbox, web: ThreadingHTTPServer) -> None:
    """Its connection belongs to the loop of the cell, which goes on while the upload is awaited."""

    async def cell() -> None:
        async with httpx.AsyncClient(trust_env=False) as client, client.stream("GET", address(web, "f")) as reply:
            given = UploadArguments.of(credentials=("test-key-id", "test-key-secret"), part_size=1024 * 1024)
            await session.upload(reply, TARGET, given)

    asyncio.run(cell())
    assert sandbox.object_path("test-bucket", "data.bin").read_bytes() == CONTENT


def test_a_refusal_is_not_uploaded(upload: Upload, web: ThreadingHTTPServer) -> None:
    """A page that says 404 is not what somebody wanted to keep."""
    with pytest.raises(InputError, match="status 404"):
        upload(requests.get(address(web, "missing"), timeout=LONG))
    with pytest.raises(SourceError, match="status 404"):
        upload(address(web, "missing"))


def test_an_address(upload: Upload, web: ThreadingHTTPServer) -> None:
    """What lies at an address goes up under its own name, and its query is told nowhere."""
    url = address(web, "folder/trips%20a.csv?Signature=verysecret1234567")
    assert upload(url, "oss://test-bucket/raw/") == CONTENT


def test_a_download_that_breaks_is_carried_on(upload: Upload, web: ThreadingHTTPServer) -> None:
    """The rest is asked for by its range, of the version that was begun."""
    assert upload(address(web, "breaks")) == CONTENT
    first, *others = web.asked  # type: ignore[attr-defined]
    assert first == (None, None)
    assert len(others) == 2
    assert all(int(begins[6:-1]) > 900_000 and version == '"v1"' for begins, version in others)


def test_a_download_that_cannot_be_carried_on(upload: Upload, web: ThreadingHTTPServer) -> None:
    """A server that begins anew has sent half a file: that is an error, and no object."""
    with pytest.raises(SourceError, match="can only begin anew"):
        upload(address(web, "breaks-once"))
