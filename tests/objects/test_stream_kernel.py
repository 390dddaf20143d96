"""A stream whose kernel, or whose helper, is killed in the middle: what the next kernel says, and what it can do."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import oss_jupyter as oj
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.sandbox import Sandbox
from tests.engine.kit import children_named, until
from tests.notebook.conftest import Shell
from tests.notebook.kernels import Cell, Kernel

MIB = 1024 * 1024
PARTS, FIRST = 9, 5
CONTENT = random.Random(5).randbytes(PARTS * MIB)
TARGET = "oss://test-bucket/s.bin"
# The first time it stands still after some parts; what is to come then needs a new kernel.
MAKE = f"""
%load_ext oss_jupyter
import random, time
def rows(stands_still=False):
    content = random.Random(5).randbytes({PARTS * MIB})
    for number in range({PARTS}):
        if stands_still and number == {FIRST}:
            time.sleep(1000)
        yield content[number * {MIB} : (number + 1) * {MIB}]
"""
UPLOAD = f"gen = rows({{}})\nt = %oss_upload gen {TARGET} --part-size 1MiB --parallel 2"


def _plain(cell: Cell) -> str:
    return "\n".join(bundle["text/plain"] for bundle in cell.bundles)


def _left(place: Path) -> list[Path]:
    return [path for path in place.parent.joinpath("state", "checkpoints").rglob("*") if path.is_file()]


def _sent(service: Sandbox) -> list[int]:
    return [record.part_number or 0 for record in service.requests if record.operation == "UploadPart"]


@pytest.fixture
def killed(new_kernel: Callable[..., Kernel], service: Sandbox) -> None:
    """A stream whose kernel was killed when some parts were in OSS and another one was on the disk."""
    kernel = new_kernel()
    kernel.run(MAKE)
    begun = kernel.run(UPLOAD.format(True))
    assert begun.error is None
    assert "%" not in _plain(begun)  # nobody knows of how much
    kernel.run(f"while t.snapshot().parts_done < {FIRST}: time.sleep(0.01)")
    kernel.kill()
    assert sorted(_sent(service)) == list(range(1, FIRST + 1))


def test_the_cell_is_run_again(killed: None, new_kernel: Callable[..., Kernel], service: Sandbox, place: Path) -> None:
    """The next kernel says what is in OSS and what is gone, resumes nothing, and sends the rest when that is run."""
    kernel = new_kernel()
    banner = _plain(kernel.run("%load_ext oss_jupyter"))
    assert f"rows() -> {TARGET}" in banner
    assert f"{FIRST} MiB already in OSS. The beginning of rows() is in OSS, and what made it has gone" in banner
    assert "Run the cell again: what is in OSS already and is the same is not sent again." in banner
    assert "removes its parts: %oss_uploads abort " in banner
    assert "resume" not in banner
    assert "Left alone: rows()" in _plain(kernel.run("%oss_uploads resume all"))
    service.clear_requests()
    kernel.run(MAKE)
    assert kernel.run(UPLOAD.format("")).error is None
    assert kernel.run("print(t.result().kept_bytes)").text.split() == [str(FIRST * MIB)]
    assert sorted(_sent(service)) == list(range(FIRST + 1, PARTS + 1))
    assert service.object_path("test-bucket", "s.bin").read_bytes() == CONTENT
    assert not _left(place)


def test_it_is_given_up(killed: None, new_kernel: Callable[..., Kernel], service: Sandbox, place: Path) -> None:
    """No upload id stays in the bucket, and nothing on the disk; no word of a file, for there is none."""
    assert len(service.uploads("test-bucket")) == 1
    said = _plain(new_kernel().run("%load_ext oss_jupyter\n%oss_uploads abort all"))
    assert f"aborted. {FIRST} parts ({FIRST} MiB) were removed from OSS, and the checkpoint." in said
    assert service.uploads("test-bucket") == ()
    assert not _left(place)


def test_its_helper_is_killed(shell: Shell, service: Sandbox, place: Path) -> None:
    """What was on the wire is sent again from the disk, by another helper: the stream goes on, and is whole."""
    service.rate_bytes_per_second = 4 * MIB
    goes_on = threading.Event()
    begun: list[Transfer] = []

    def rows() -> Iterator[bytes]:
        for number in range(PARTS):
            if number == FIRST:
                goes_on.wait(60)
            yield CONTENT[number * MIB : (number + 1) * MIB]

    begun.append(oj.upload(rows(), TARGET, part_size="1MiB", parallel=2))
    until(lambda: begun[0].snapshot().parts_done >= 1, "some parts are there")
    helpers = children_named("oss_jupyter.engine.helper", os.getpid())  # one of an earlier test may still be ending
    assert helpers
    for helper in helpers:
        os.kill(helper, signal.SIGKILL)
    goes_on.set()
    begun[0].result(60)
    assert service.object_path("test-bucket", "s.bin").read_bytes() == CONTENT
    assert len(_sent(service)) <= PARTS + 2
    assert not _left(place)
