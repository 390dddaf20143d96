"""The file that is sent: what it is, and the checksums of its ranges."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.crc64 import combine, crc64
from oss_jupyter.errors import PartStopped, SourceChanged, SourceMissing, SourceUnreadable
from oss_jupyter.local.read_again import read_again
from oss_jupyter.local.source import FileSource
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.wire_values import RangeRequest

MIB = 1024 * 1024


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of two and a half MiB."""
    path = tmp_path / "data.bin"
    path.write_bytes(os.urandom(5 * MIB // 2))
    return path


def test_the_fingerprint(file: Path) -> None:
    """Size, times of the last change in nanoseconds, and which file it is."""
    fingerprint = FileSource(file).check()
    assert fingerprint == FileSource(str(file)).fingerprint()
    status = file.stat()
    assert (fingerprint.size, fingerprint.mtime_ns, fingerprint.file_id) == (
        status.st_size,
        status.st_mtime_ns,
        str(status.st_ino),
    )
    assert fingerprint.ctime_ns == status.st_ctime_ns


def append(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b"x")


def touch(file: Path) -> None:
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))


def replace(file: Path) -> None:
    status = file.stat()
    other = file.with_name("other")
    other.write_bytes(file.read_bytes())
    os.utime(other, ns=(0, status.st_mtime_ns))
    other.replace(file)


@pytest.mark.parametrize("change", [append, touch, replace])
def test_every_change_changes_it(file: Path, change: Callable[[Path], None]) -> None:
    """One byte, one nanosecond, or another file of the same size and time."""
    before = FileSource(file).fingerprint()
    change(file)
    now = FileSource(file).fingerprint()
    assert now != before
    assert before.moved_to(now)


@pytest.mark.parametrize("change", [lambda file: file.chmod(0o600), lambda file: file.with_name("b").hardlink_to(file)])
def test_a_reason_to_look(file: Path, change: Callable[[Path], None]) -> None:
    """What moves the ctime alone is the same file, and yet a reason to look."""
    before = FileSource(file).fingerprint()
    change(file)
    now = FileSource(file).fingerprint()
    assert now == before
    assert before.moved_to(now)


@pytest.mark.parametrize(("offset", "length"), [(0, 5 * MIB // 2), (1, MIB), (MIB - 1, 2), (7, 0), (5 * MIB // 2, 0)])
def test_checksums_of_ranges(file: Path, offset: int, length: int) -> None:
    """CRC-64 and MD5 are of exactly the range that was asked for."""
    wanted = file.read_bytes()[offset : offset + length]
    source = FileSource(file)
    assert source.crc64(offset, length) == crc64(wanted)
    assert source.md5(offset, length) == hashlib.md5(wanted).hexdigest().upper()


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"", 0),
        (b"123456789", 11051210869376104954),
        (b"hello world", 5981764153023615706),
        (b"12345", 6748440630437108969),
        (bytes(102_400), 15337097285471591505),
    ],
)
def test_the_crc64_of_the_service(data: bytes, crc: int) -> None:
    """The published values, in one piece and in two."""
    assert crc64(data) == crc
    half = len(data) // 2
    assert crc64(data[half:], crc64(data[:half])) == crc
    assert combine(crc64(data[:half]), crc64(data[half:]), len(data) - half) == crc


def test_reading_can_be_stopped(file: Path) -> None:
    """A long check gives way between two slices."""
    looks = iter([False, False, True])
    with pytest.raises(PartStopped):
        FileSource(file).crc64(0, 5 * MIB // 2, lambda: next(looks))


def test_shorter_than_it_was(file: Path) -> None:
    """A range that is no longer there is a change of the file."""
    with pytest.raises(SourceChanged):
        FileSource(file).crc64(0, 3 * MIB)


def test_a_sparse_file(tmp_path: Path) -> None:
    """Holes are zeros like others."""
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(3 * MIB)
        file.seek(3 * MIB)
        file.write(b"end")
    assert FileSource(path).check().size == 3 * MIB + 3
    assert FileSource(path).crc64(0, 3 * MIB + 3) == crc64(b"end", crc64(bytes(3 * MIB)))


def directory(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def nothing(path: Path) -> None:
    assert not path.exists()


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "error", "code"),
    [
        (directory, SourceMissing, "SourceIsDirectory"),
        (pipe, SourceMissing, "SourceNotRegular"),
        (nothing, SourceMissing, "SourceMissing"),
        (dangling, SourceMissing, "SourceMissing"),
        (loop, SourceUnreadable, "SourceUnreadable"),
    ],
)
def test_what_is_no_file(tmp_path: Path, make: Callable[[Path], None], error: type[Exception], code: str) -> None:
    """Directories, pipes and what is not there are refused without being opened, each with its reason."""
    make(tmp_path / "thing")
    with pytest.raises(error) as refused:
        FileSource(tmp_path / "thing").check()
    assert refused.value.code == code  # type: ignore[attr-defined]
    lines = refused.value.four_lines()  # type: ignore[attr-defined]
    assert all(lines[place] for place in (0, 2, 3)), lines
    assert not any("\n" in line for line in lines)


def test_through_a_file(file: Path) -> None:
    """A path that goes through a file leads nowhere."""
    with pytest.raises(SourceMissing):
        FileSource(file / "deeper").check()


_UNREADABLE = """
import os, sys
from oss_jupyter.errors import SourceUnreadable
from oss_jupyter.local.read_again import read_again
from oss_jupyter.local.source import FileSource
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.wire_values import RangeRequest

if os.getuid() == 0:
    os.setuid(65534)
try:
    FileSource(sys.argv[1]).check()
except SourceUnreadable as error:
    print(error)
"""


def test_a_file_that_may_not_be_read() -> None:
    """The advice is the command that allows it. Root may read everything, so a child gives that up first."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        secret = Path(name, "secret.bin")
        secret.write_bytes(b"x")
        secret.chmod(0)
        command = [sys.executable, "-c", _UNREADABLE, str(secret)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{secret} may not be read" in done.stdout
    assert f"chmod u+r {secret}" in done.stdout


def test_links_home_and_relative_paths(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path is made absolute, ``~`` is the home, and a link stands for its target."""
    link = file.with_name("link")
    link.symlink_to(file)
    monkeypatch.chdir(file.parent)
    monkeypatch.setenv("HOME", str(file.parent))
    assert FileSource("data.bin").path == FileSource("~/data.bin").path == file
    assert FileSource("link").path == link
    assert FileSource("link").fingerprint() == FileSource(file).fingerprint()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such files")
@pytest.mark.parametrize(
    "path", ["/proc/cpuinfo", "/proc/self/environ", "/proc/mounts", "/sys/class/net/lo/mtu", "/sys/kernel/mm/ksm/run"]
)
def test_a_size_that_is_not_true(path: str) -> None:
    """What the system makes up while it is read, under a size of 0 or of a page, is refused with a way out."""
    if not Path(path).exists():
        pytest.skip("this system has no such file")
    with pytest.raises(SourceUnreadable) as unreadable:
        FileSource(path).check()
    assert unreadable.value.code == "SourceSizeUnknown"
    assert f"!cat {path} > copy.txt" in unreadable.value.advice


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    """A file of no bytes that has none is as good as any other."""
    path = tmp_path / "empty"
    path.touch()
    assert FileSource(path).check().size == 0


def test_read_again(file: Path) -> None:
    """The job that reads a range again crosses processes by its name, and says how far it is."""
    gauge = LocalGauge()
    request = pickle.loads(pickle.dumps(RangeRequest(str(file), MIB - 1, MIB + 2)))
    work = pickle.loads(pickle.dumps(read_again))
    assert work(request, gauge) == crc64(file.read_bytes()[MIB - 1 : 2 * MIB + 1])
    assert gauge.sent_bytes == MIB + 2


def test_read_again_gives_way(file: Path) -> None:
    """Once it is stopped it reads no further."""
    gauge = LocalGauge()
    gauge.stop()
    with pytest.raises(PartStopped):
        read_again(RangeRequest(str(file), 0, MIB), gauge)
