"""What tests of detached uploads share: kernels that are killed, the next one, and looks at the host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import oss_jupyter as oj
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.dataset import FilesView
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.detached.link import ask
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter

from .conftest import MIB

WAIT_SECONDS = 60
SLOW = MIB
UPLOAD = "t = oj.upload('trips.bin', 'oss://test-bucket/k', part_size='1MiB', parallel=1, detach=True, {})"
TWO_PARTS = "while t.snapshot().parts_done < 2: time.sleep(0.05)"


@pytest.fixture
def next_kernel(service: Sandbox) -> Iterator[Session]:
    """What a kernel that starts later has; it and hosts end with the test."""
    service.rate_bytes_per_second = SLOW
    session = Session(OssJupyter())
    yield session
    with suppress(OssJupyterError):
        os.kill(ask("hello"), signal.SIGKILL)
    session.manager.pause_all(WAIT_SECONDS)
    session.wiring.streaming_lane().close()


def until(is_true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def after_a_killed_kernel(*lines: str) -> tuple[str, ...]:
    """Let a process run lines, kill it, and return the ids of its uploads."""
    code = ("import time, oss_jupyter as oj", *lines, "print(*(t.id for t in oj.transfers()), flush=True)")
    begin = "\n".join((*code, f"time.sleep({WAIT_SECONDS})"))
    with subprocess.Popen([sys.executable, "-c", begin], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        known = first.stdout.readline().split()
        first.kill()
    assert known
    return tuple(known)


def killed_in_the_middle(more: str = "") -> str:
    """Let a process begin a detached upload of a file, kill it, and return the upload's id. more: arguments."""
    (known,) = after_a_killed_kernel(UPLOAD.format(more), TWO_PARTS)
    return known


def a_folder(folder: Path) -> dict[str, bytes]:
    """Make a folder of 300 small files and one that goes in parts; return what they hold, by their names."""
    files = {f"{number % 7}/{number}.jpg": os.urandom(8192) for number in range(300)}
    files["large.bin"] = os.urandom(24 * MIB)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return files


def files_of(transfer: oj.Transfer) -> FilesView:
    """Return how the files of a dataset stand."""
    files = transfer.snapshot().files
    assert files is not None
    return files


def transfer_files(place: Path) -> list[Path]:
    """Return what lies in the checkpoint directory."""
    return list((place.parent / "state" / "checkpoints").iterdir())


def is_there(service: Sandbox, data: Path) -> bool:
    """Whether the object is the file."""
    return service.object_path("test-bucket", "k").read_bytes() == data.read_bytes()


def hosted_states() -> list[oj.State]:
    """Return how the uploads of the host stand."""
    return [view.snapshot.state for view in ask("views", seen={}, others=True).values()]


def alive(pid: int) -> bool:
    """Whether a process runs."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False
