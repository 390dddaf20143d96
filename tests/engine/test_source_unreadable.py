"""A disk that fails under an upload is told as such, at once, wherever the parts are read."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from oss_jupyter.engine.executor_lane import ExecutorLane
from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.engine.lanes import ThreadLane
from oss_jupyter.engine.ports import Lane
from oss_jupyter.errors import SourceUnreadable
from oss_jupyter.sandbox import Sandbox

from .kit import LONG_SECONDS, PART, Kernel, sent_parts, stored, until

_DETACH = 2  # umount2(2), MNT_DETACH


@pytest.fixture
def break_mount(tmp_path: Path) -> Iterator[Callable[[Path], None]]:
    """Puts a file system whose daemon has died over a folder: whatever is asked of it says ENOTCONN."""
    if sys.platform != "linux" or os.getuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip("only root on Linux may mount, and only where there is FUSE")
    libc = ctypes.CDLL(None, use_errno=True)
    with ExitStack() as mounted:

        def cover(folder: Path) -> None:
            daemon = os.open("/dev/fuse", os.O_RDWR)
            options = f"fd={daemon},rootmode=40000,user_id=0,group_id=0"
            if libc.mount(b"dead", os.fsencode(folder), b"fuse", 0, options.encode()):
                os.close(daemon)
                pytest.skip("mounting is not permitted here")
            mounted.callback(libc.umount2, os.fsencode(folder), _DETACH)
            os.close(daemon)

        yield cover


@pytest.fixture(params=["threads", "helper", "executor"])
def any_lane(request: pytest.FixtureRequest) -> Iterator[Lane]:
    """Each place where parts can run."""
    if request.param == "executor":
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield ExecutorLane(pool)
        return
    lane: Lane = ThreadLane() if request.param == "threads" else HelperLane()
    yield lane
    lane.close()


def test_a_mount_that_dies_midway(
    sandbox: Sandbox, kernel: Kernel, any_lane: Lane, tmp_path: Path, break_mount: Callable[[Path], None]
) -> None:
    """Neither the network is blamed nor a part tried again; once the disk is back, the same upload goes on."""
    folder = tmp_path / "share"
    folder.mkdir()
    source = folder / "big.bin"
    source.write_bytes(os.urandom(30 * PART))
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source, lane=any_lane)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    break_mount(folder)
    with pytest.raises(SourceUnreadable) as error:
        transfer.result(LONG_SECONDS)
    assert str(source) in error.value.what
    assert "parts are kept" in error.value.safe
    assert all(error.value.four_lines())
    assert transfer.snapshot().retries == 0
    ctypes.CDLL(None).umount2(os.fsencode(folder), _DETACH)
    sandbox.rate_bytes_per_second = None
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
