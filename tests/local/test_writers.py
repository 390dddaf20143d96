"""Whether somebody has a file open for writing, and that asking disturbs nobody."""

from __future__ import annotations

import mmap
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from oss_jupyter.local.source import FileSource
from oss_jupyter.local.writers import found_in_processes
from oss_jupyter.local.writers import lease_refused as descriptor_lease_refused

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tell")


def lease_refused(path: Path) -> bool | None:
    """Ask by a lease."""
    with path.open("rb") as file:
        return descriptor_lease_refused(file.fileno())


# Both ways of asking: the second one is for what has no leases, such as other users' files and some network mounts.
ASKING = pytest.mark.parametrize("ask", [lease_refused, found_in_processes])
Ask = Callable[[Path], bool | None]
Way = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of some pages."""
    path = tmp_path / "data with a space.bin"
    path.write_bytes(bytes(4 * mmap.PAGESIZE))
    return path


@contextmanager
def opened(path: Path) -> Iterator[None]:
    with path.open("ab"):
        yield


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    with path.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    with memory:
        yield


@contextmanager
def opened_elsewhere(path: Path) -> Iterator[None]:
    script = "import sys; file = open(sys.argv[1], 'r+b'); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.communicate()


@contextmanager
def read_only(path: Path) -> Iterator[None]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
        yield


@contextmanager
def copied_on_write(path: Path) -> Iterator[None]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY):
        yield


@ASKING
@pytest.mark.parametrize("way", [opened, mapped, opened_elsewhere])
def test_writers(file: Path, ask: Ask, way: Way) -> None:
    """An open descriptor, a map whose descriptor is closed, and another process are found, for as long as they last."""
    with way(file):
        assert ask(file) is True
    assert ask(file) is False


@ASKING
@pytest.mark.parametrize("way", [read_only, copied_on_write])
def test_readers(file: Path, ask: Ask, way: Way) -> None:
    """Who only reads, or keeps changes to itself, is no writer."""
    with way(file):
        assert ask(file) is False


def test_through_a_symbolic_link(file: Path) -> None:
    """The file behind a link is what counts."""
    link = file.with_name("link")
    link.symlink_to(file)
    with opened(file):
        assert FileSource(link).open_for_writing()
        assert found_in_processes(link)


@pytest.fixture
def overlay(tmp_path: Path) -> Iterator[Path]:
    """A file in an overlay, which is what a container has for its own files."""
    lower, upper, work, merged = (tmp_path / name for name in ("lower", "upper", "work", "merged files"))
    for folder in (lower, upper, work, merged):
        folder.mkdir()
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    mount = subprocess.run(
        ["mount", "-t", "overlay", "overlay", "-o", options, merged], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("no overlay can be mounted here")
    try:
        path = merged / "file"
        path.write_bytes(bytes(2 * mmap.PAGESIZE))
        yield path
    finally:
        subprocess.run(["umount", "-l", merged], check=True)


def test_a_map_in_an_overlay(overlay: Path) -> None:
    """There the lease does not see a map whose descriptors are closed, so the processes are asked, too."""
    script = """
import ctypes, mmap, os, sys
file = os.open(sys.argv[1], os.O_RDWR)
map_file = ctypes.CDLL(None).mmap
map_file.argtypes = (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
map_file(None, mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_SHARED, file, 0)
os.close(file)
print(flush=True)
sys.stdin.read()
"""
    assert not FileSource(overlay).open_for_writing()
    command = [sys.executable, "-c", script, str(overlay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert FileSource(overlay).open_for_writing()
        process.communicate()
    assert not FileSource(overlay).open_for_writing()


def test_no_lease_is_left(file: Path) -> None:
    """After asking, whoever opens the file need not wait: not even one who would rather fail than wait."""
    assert not FileSource(file).open_for_writing()
    os.close(os.open(file, os.O_WRONLY | os.O_NONBLOCK))


def test_who_asks_survives_who_opens(file: Path) -> None:
    """A file that is opened again and again while it is asked about ends nobody by a signal, and is never refused."""
    script = """
import os, sys
print(flush=True)
while os.getppid() == int(sys.argv[2]):
    os.close(os.open(sys.argv[1], os.O_WRONLY))
"""
    asking = """
import sys
from pathlib import Path
from oss_jupyter.local.writers import open_for_writing
print({open_for_writing(Path(sys.argv[1])) for _ in range(20_000)} <= {True, False})
"""
    command = [sys.executable, "-c", script, str(file), str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as opener:
        assert opener.stdout is not None
        opener.stdout.readline()
        asked = subprocess.run(
            [sys.executable, "-c", asking, str(file)], capture_output=True, text=True, timeout=60, check=False
        )
        assert opener.poll() is None
        opener.send_signal(signal.SIGKILL)
    assert (asked.returncode, asked.stdout) == (0, "True\n"), asked.stderr
