"""A file that goes as one PutObject: what was there before is replaced by the file or by nothing."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from oss_jupyter.errors import ServiceError, SourceChanged
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.wire_values import PartReceipt, PartRequest
from oss_jupyter.oss.send_part import send_part
from oss_jupyter.sandbox import Sandbox

from .kit import LONG_SECONDS, PART, Kernel, make_file, operations, stored


@contextmanager
def line_that_flips(port: int, times: int) -> Iterator[str]:
    """A way to the sandbox that changes a bit of so many bodies: the endpoint to use."""
    left = threading.Semaphore(times)

    def carry(source: socket.socket, goal: socket.socket, *, flips: bool) -> None:
        with suppress(OSError):
            while data := bytearray(source.recv(65536)):
                if flips and len(data) > 4096 and left.acquire(blocking=False):
                    data[-1] ^= 1
                goal.sendall(data)
        with suppress(OSError):
            goal.shutdown(socket.SHUT_WR)

    def relay(client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", port)) as service:
            back = threading.Thread(target=carry, args=(service, client), kwargs={"flips": False}, daemon=True)
            back.start()
            carry(client, service, flips=True)
            back.join()

    def listen(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=relay, args=(server.accept()[0],), daemon=True).start()

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=listen, args=(server,), daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A file of one part."""
    return make_file(tmp_path / "small.bin", PART // 2)


def put_old(kernel: Kernel, tmp_path: Path) -> bytes:
    """Put another object under the key, and return its bytes."""
    old = make_file(tmp_path / "old.bin", 3000, seed=9)
    kernel.upload(old).result(LONG_SECONDS)
    return old.read_bytes()


def test_a_line_that_flips_bits_replaces_nothing(
    sandbox: Sandbox, kernel: Kernel, checkpoints: Path, small: Path, tmp_path: Path
) -> None:
    """Where every try arrives with other bytes, the old object stays as it was, and the error says so."""
    old = put_old(kernel, tmp_path)
    with line_that_flips(sandbox.port, times=99) as endpoint:
        transfer = Kernel(endpoint, checkpoints).upload(small)
        with pytest.raises(ServiceError, match="InvalidDigest") as damaged:
            transfer.result(LONG_SECONDS)
    assert stored(sandbox) == old
    assert "as it was" in damaged.value.safe
    assert operations(sandbox).count("PutObject") == 1 + 3


def test_one_flipped_bit_costs_one_more_try(sandbox: Sandbox, checkpoints: Path, small: Path) -> None:
    """What was refused once is read and sent again."""
    with line_that_flips(sandbox.port, times=1) as endpoint:
        receipt = Kernel(endpoint, checkpoints).upload(small).result(LONG_SECONDS)
    assert stored(sandbox) == small.read_bytes()
    assert receipt.retries == 1


def test_a_file_that_changes_before_each_try(sandbox: Sandbox, kernel: Kernel, small: Path, tmp_path: Path) -> None:
    """A change between checksum and sending, under the same size and time, is told as such and replaces nothing."""
    old = put_old(kernel, tmp_path)
    before = small.stat()

    def change_and_send(request: PartRequest, gauge: Gauge) -> PartReceipt:
        with small.open("r+b") as file:
            file.write(os.urandom(16))
        os.utime(small, ns=(before.st_atime_ns, before.st_mtime_ns))
        return send_part(request, gauge)

    with pytest.raises(SourceChanged) as changed:
        kernel.upload(small, send_part=change_and_send).result(LONG_SECONDS)
    assert stored(sandbox) == old
    assert "as it was" in changed.value.safe
