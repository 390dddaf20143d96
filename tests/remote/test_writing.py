"""What an open file that is written leaves on the disk and in OSS: nothing, unless its process is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import oss_jupyter as oj
from oss_jupyter.errors import CheckpointNotWritable
from oss_jupyter.remote.filesystem import OssFileSystem
from oss_jupyter.sandbox import Fault, Sandbox

from .conftest import BUCKET

MIB = 1024 * 1024
DATA = bytes(range(256)) * 4096 * 40
_WRITES = """
import oss_jupyter as oj
fs = oj.filesystem()
with fs.open("test-bucket/big", "wb") as file:
    for _ in range(40):
        file.write(bytes(range(256)) * 4096)
    print("written", flush=True)
"""
_WAITS = 'print("waits", flush=True); import time; time.sleep(100)'


def _left(folder: Path) -> list[Path]:
    """Return what lies in the checkpoint directory, locks left out."""
    return sorted(
        path for path in (folder / "state" / "checkpoints").rglob("*") if path.is_file() and path.suffix != ".lock"
    )


def _endings(folder: Path) -> list[str]:
    return [path.suffix for path in _left(folder)]


def _until(there: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _killed(code: str, when: Callable[[], object]) -> None:
    """Run a program, and kill it when something is so."""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        _until(when)
        process.kill()


def _parts(service: Sandbox) -> list[int]:
    return [record.part_number or 0 for record in service.requests if record.operation == "UploadPart"]


@pytest.fixture
def unfinished(service: Sandbox, tmp_path: Path) -> Sandbox:
    """A sandbox with two parts of what a killed program was storing."""
    service.faults.add(Fault("UploadPart", part_number=3, kind="stall", times=None))
    _killed(_WRITES, lambda: _receipts(tmp_path) >= 2)
    service.faults.clear()
    return service


def _receipts(folder: Path) -> int:
    """Return how many parts the journals know, each of them in a line below the first."""
    return sum(
        len(path.read_bytes().splitlines()) - 1 for path in (folder / "state" / "checkpoints").rglob("*.journal")
    )


def test_its_spool_is_private_and_counted(oss_fs: OssFileSystem, service: Sandbox, tmp_path: Path) -> None:
    """It lies beside the checkpoints, for its user only, while it is written and while it is sent, and then goes."""
    spools = oss_fs._place.session.wiring.stores.at().spools
    with oss_fs.open(f"{BUCKET}/big", "wb") as file:
        file.write(DATA)
        (draft,) = _left(tmp_path)
        assert (draft.suffix, draft.stat().st_mode & 0o777) == (".draft", 0o600)
        assert spools.taken() == (1, len(DATA))
        service.faults.add(Fault("CompleteMultipartUpload", "answer", code="AccessDenied", times=None))
        with pytest.raises(PermissionError):
            file.close()
    assert (_left(tmp_path), spools.taken(), service.uploads(BUCKET)) == ([], (0, 0), ())


def test_a_program_that_is_killed_while_it_writes(oss_fs: OssFileSystem, tmp_path: Path) -> None:
    """Half a file is no file: what lies there is removed by whoever writes next, and nothing of it is in OSS."""
    _killed(_WRITES + "    " + _WAITS, lambda: _endings(tmp_path) == [".draft"])
    assert _endings(tmp_path) == [".draft"]
    oss_fs.touch(f"{BUCKET}/next")
    assert (_left(tmp_path), oss_fs.exists(f"{BUCKET}/big")) == ([], False)


def test_an_upload_whose_program_was_killed(unfinished: Sandbox, oss_fs: OssFileSystem, tmp_path: Path) -> None:
    """It was written to its end, so it is an upload like any other: it says what it is, and goes on when it is told."""
    assert _endings(tmp_path) == [".journal", ".spool"]
    (transfer,) = oj.transfers()
    now = transfer.snapshot()
    assert (now.source, str(now.target), str(now.state)) == ('open("wb")', f"oss://{BUCKET}/big", "interrupted")
    sent = len(_parts(unfinished))
    (transfer,) = oj.resume(transfer.id)
    transfer.result(60)
    assert 3 in (again := set(_parts(unfinished)[sent:]))
    assert len(again) <= 3  # the others were kept
    assert (oss_fs.cat_file(f"{BUCKET}/big"), _left(tmp_path)) == (DATA, [])


def test_it_is_aborted(unfinished: Sandbox, oss_fs: OssFileSystem, tmp_path: Path) -> None:
    """Aborting it removes its parts from OSS, and its spool."""
    (transfer,) = oj.transfers()
    transfer.abort()
    transfer.wait(60)
    assert (_left(tmp_path), unfinished.uploads(BUCKET)) == ([], ())


def test_it_is_written_once_more(unfinished: Sandbox, oss_fs: OssFileSystem, tmp_path: Path) -> None:
    """The same bytes at the same place go on where the killed program stopped, and leave nothing behind."""
    sent = len(_parts(unfinished))
    with oss_fs.open(f"{BUCKET}/big", "wb") as file:
        file.write(DATA)
    assert 3 in (again := set(_parts(unfinished)[sent:]))
    assert len(again) <= 3  # the others were kept
    assert (oss_fs.cat_file(f"{BUCKET}/big"), _left(tmp_path), oj.transfers()) == (DATA, [], ())


def test_two_programs_write_the_same(oss_fs: OssFileSystem, service: Sandbox, tmp_path: Path) -> None:
    """While one of them is sending, the other one sends it, too, and both end well."""
    service.rate_bytes_per_second = 24 * MIB
    with subprocess.Popen([sys.executable, "-c", _WRITES]) as other:
        _until(lambda: _receipts(tmp_path))
        with oss_fs.open(f"{BUCKET}/big", "wb") as file:
            file.write(DATA)
        assert other.wait(100) == 0
    assert [record.operation for record in service.requests].count("CompleteMultipartUpload") == 2
    assert (oss_fs.cat_file(f"{BUCKET}/big"), _left(tmp_path)) == (DATA, [])


_LIMITED = """
import resource, oss_jupyter as oj
fs = oj.filesystem()
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))
for size in (1000, 5_000_000):
    try:
        with fs.open("test-bucket/full", "wb") as file:
            for _ in range(5_000_000 // size):
                file.write(bytes(size))
    except oj.OssJupyterError as error:
        print(error.code)
"""


def test_a_full_disk(service: Sandbox, tmp_path: Path) -> None:
    """What the disk cannot hold is refused with the numbers, wherever the writes are cut, and nothing is left."""
    done = subprocess.run([sys.executable, "-c", _LIMITED], capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout.split() == ["NoRoomForSpool"] * 2, done.stdout + done.stderr
    assert _left(tmp_path) == []


def test_without_a_place_for_checkpoints(oss_fs: OssFileSystem, service: Sandbox, tmp_path: Path) -> None:
    """Where there can be no checkpoint directory, as on workers without a home, files are written all the same."""
    (tmp_path / "no-folder").touch()
    oss_fs._place.session.settings.checkpoint_dir = str(tmp_path / "no-folder" / "checkpoints")
    for data in (b"small", DATA):
        oss_fs.pipe_file(f"{BUCKET}/key", data)
        assert oss_fs.cat_file(f"{BUCKET}/key") == data
    with pytest.raises(CheckpointNotWritable):
        oj.upload(DATA, f"oss://{BUCKET}/other")


def test_a_forked_child_leaves_it_alone(oss_fs: OssFileSystem) -> None:
    """A child that inherits an open file neither writes nor removes what its parent writes."""
    with oss_fs.open(f"{BUCKET}/forked", "wb") as file:
        file.write(b"one ")
        child = os.fork()
        if child == 0:
            try:
                del file
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        file.write(b"two")
    assert oss_fs.cat_file(f"{BUCKET}/forked") == b"one two"


def test_writing_at_other_places(oss_fs: OssFileSystem) -> None:
    """What was written can be gone back to, written over and cut off, as archives are; once closed it cannot."""
    with oss_fs.open(f"{BUCKET}/seeks", "wb") as file:
        file.write(b"0123456789" * 300_000)
        file.seek(3)
        file.write(b"abc")
        assert (file.tell(), file.seek(0, os.SEEK_END), file.truncate(1_500_000)) == (6, 3_000_000, 1_500_000)
    assert oss_fs.cat_file(f"{BUCKET}/seeks") == b"012abc6789" + b"0123456789" * 149_999
    with pytest.raises(ValueError, match="closed"):
        file.write(b"x")


def test_the_history_has_a_failure_before_the_abort(
    oss_fs: OssFileSystem, service: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is given up because it failed is so in this order, however slow the disk is with the first line."""
    real, aborted = os.write, threading.Event()

    def slow(descriptor: int, content: bytes) -> int:
        if b'"failed"' in content:
            aborted.wait(0.5)
        written = real(descriptor, content)
        if b'"aborted"' in content:
            aborted.set()
        return written

    monkeypatch.setattr(os, "write", slow)
    service.faults.add(Fault(operation="PutObject", status=403, code="AccessDenied"))
    with pytest.raises(PermissionError):
        oss_fs.pipe(f"{BUCKET}/refused", b"x")
    assert [str(one.outcome) for one in oj.history()] == ["failed", "aborted"]


def test_what_is_written_is_in_the_history(oss_fs: OssFileSystem, service: Sandbox, tmp_path: Path) -> None:
    """Each object has a line, whatever wrote it; a refused one has a line for that, and one for being given up."""
    with oss_fs.open(f"{BUCKET}/opened", "wb") as file:
        file.write(b"x" * 1000)
    oss_fs.pipe(f"{BUCKET}/piped", b"y" * 10)
    (tmp_path / "put.bin").write_bytes(b"z" * 99)
    oss_fs.put(str(tmp_path / "put.bin"), f"{BUCKET}/put")
    service.faults.add(Fault(operation="PutObject", status=403, code="AccessDenied"))
    with pytest.raises(PermissionError), oss_fs.open(f"{BUCKET}/refused", "wb") as file:
        file.write(b"x")

    found = oj.history()
    assert [(one.target.rpartition("/")[2], str(one.outcome), one.size_bytes) for one in found] == [
        ("opened", "completed", 1000),
        ("piped", "completed", 10),
        ("put", "completed", 99),
        ("refused", "failed", 1),
        ("refused", "aborted", 1),
    ]
    assert [one.source for one in found] == ['open("wb")', 'open("wb")', str(tmp_path / "put.bin"), *2 * ['open("wb")']]
    assert found[3].code == "AccessDenied"
