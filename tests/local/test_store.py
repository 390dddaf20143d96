"""Checkpoints on the disk: private, locked, whole at every moment, and never thrown away unread."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from oss_jupyter.errors import CheckpointDamaged, CheckpointNotWritable, CheckpointTooNew, TransferBusy
from oss_jupyter.local.journal import FileJournal
from oss_jupyter.local.memory import NoCheckpoints
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.record import CheckpointHeader, header_line, read_journal, receipt_line
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import Fingerprint, PartReceipt

ID = "k3v9x2qa"
HEADER = CheckpointHeader(ID, "/data/a.bin", Target("bucket", "a.bin"), Fingerprint(10_000_000, 1, "2"), 102_400, "UP")


def receipt(number: int) -> PartReceipt:
    return PartReceipt(number, f"{number:032X}", number)


@pytest.fixture
def store(tmp_path: Path) -> CheckpointDirectory:
    """A checkpoint directory that does not exist yet."""
    return CheckpointDirectory(tmp_path / "state" / "checkpoints")


def begin(store: CheckpointDirectory, *numbers: int) -> FileJournal:
    journal, record = store.open(ID)
    assert record is None
    assert isinstance(journal, FileJournal)
    journal.start(HEADER, [receipt(number) for number in numbers])
    return journal


def kept(store: CheckpointDirectory) -> set[int]:
    journal, record = store.open(ID)
    journal.close()
    assert record is not None
    return set(record.receipts)


def test_only_the_user_may_read(store: CheckpointDirectory) -> None:
    """The directory has mode 0700 and its files 0600, whatever the umask says."""
    before = os.umask(0)
    try:
        journal = begin(store)
        journal.add(receipt(1))
        modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in store.directory.iterdir()}
        journal.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.directory.stat().st_mode) == 0o700
    assert modes == {".journal": 0o600, ".lock": 0o600}


def test_what_was_recorded_is_there(store: CheckpointDirectory) -> None:
    """Receipts and completing survive closing and opening."""
    journal = begin(store, 1, 2)
    journal.add(receipt(7))
    journal.completing()
    journal.close()
    again, record = store.open(ID)
    assert record is not None
    assert (set(record.receipts), record.completing, record.header) == ({1, 2, 7}, True, HEADER)
    again.close()
    (found,) = store.inventory()
    assert found.record is not None
    assert found.record.updated_at > 1_600_000_000
    assert (found.transfer_id, found.record.receipts, found.problem, found.busy) == (ID, record.receipts, None, False)


def test_deleted_when_done(store: CheckpointDirectory) -> None:
    """Nothing stays of a finished transfer, not even its lock."""
    journal = begin(store, 1)
    journal.delete()
    journal.close()
    assert list(store.directory.iterdir()) == []
    assert not store.busy(ID)


def test_locked_within_a_process(store: CheckpointDirectory) -> None:
    """Two managers in one process do not drive the same transfer either."""
    journal = begin(store)
    with pytest.raises(TransferBusy):
        CheckpointDirectory(store.directory).open(ID)
    assert store.busy(ID)
    assert not store.busy("other")
    journal.close()
    assert not store.busy(ID)
    assert kept(store) == set()


_HOLD = """
import sys, time
from pathlib import Path
from oss_jupyter.local.store import CheckpointDirectory

journal, record = CheckpointDirectory(Path(sys.argv[1])).open(sys.argv[2])
print("locked", flush=True)
time.sleep(600)
"""


def test_locked_between_processes(store: CheckpointDirectory) -> None:
    """While another process drives it, it is busy; SIGKILL lets go of the lock at once."""
    begin(store, 3).close()
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(store.directory), ID], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        assert store.busy(ID)
        with pytest.raises(TransferBusy) as busy:
            store.open(ID)
        assert all(busy.value.four_lines())
        other.kill()
    assert not store.busy(ID)
    assert kept(store) == {3}


def test_an_old_lock_file_holds_nobody_up(store: CheckpointDirectory) -> None:
    """A lock file that a dead process left behind is only a file."""
    begin(store, 3).close()
    (store.directory / f"{ID}.lock").touch()
    assert not store.busy(ID)
    assert kept(store) == {3}


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_line_is_mended(store: CheckpointDirectory, cut: int) -> None:
    """After a torn last line, new lines are whole again."""
    begin(store, 1, 2).close()
    (path,) = store.directory.glob("*.journal")
    path.write_bytes(path.read_bytes()[:-cut])
    journal, record = store.open(ID)
    assert record is not None
    assert set(record.receipts) == {1}
    journal.add(receipt(5))
    journal.close()
    assert kept(store) == {1, 5}
    assert [found.problem for found in store.inventory()] == [None]


def test_a_damaged_line_is_set_aside(store: CheckpointDirectory) -> None:
    """The rest counts; the damaged journal stays beside it under another name, with the reason."""
    journal = begin(store, 1, 2, 3)
    journal.completing()
    journal.close()
    (path,) = store.directory.glob("*.journal")
    data = path.read_bytes().replace(receipt_line(receipt(2)), b"?" * 20 + b"\n")
    path.write_bytes(data)
    again, record = store.open(ID)
    assert record is not None
    assert (set(record.receipts), record.damaged_lines, record.completing) == ({1, 3}, 1, True)
    again.close()
    assert [aside.read_bytes() for aside in store.directory.glob("*.damaged-1")] == [data]
    assert kept(store) == {1, 3}


def test_a_damaged_header_is_set_aside(store: CheckpointDirectory) -> None:
    """Without its header the upload begins anew, and says so; a second damaged journal does not replace the first."""
    for round_number in (1, 2):
        begin(store, 1).close()
        (path,) = store.directory.glob("*.journal")
        path.write_bytes(b"garbage %d" % round_number)
        (found,) = store.inventory()
        assert (found.path, found.record, type(found.problem)) == (path, None, CheckpointDamaged)
        journal, record = store.open(ID)
        assert record is None
        assert f"damaged-{round_number}" in journal.remarks[0]
        journal.close()
    assert {path.read_bytes() for path in store.directory.glob("*.damaged-*")} == {b"garbage 1", b"garbage 2"}


def test_a_newer_journal_is_untouched(store: CheckpointDirectory) -> None:
    """What a later version wrote is neither read, changed nor locked for ever."""
    begin(store, 1).close()
    (path,) = store.directory.glob("*.journal")
    text = json.dumps({"format": 99}).encode()
    data = b"%s %08x\n" % (text, zlib.crc32(text))
    path.write_bytes(data)
    for _ in range(2):
        with pytest.raises(CheckpointTooNew):
            store.open(ID)
    assert path.read_bytes() == data
    (found,) = store.inventory()
    assert (found.path, found.record) == (path, None)
    assert "99" in str(found.problem)


def test_beginning_anew_is_one_step(store: CheckpointDirectory) -> None:
    """A crash while a journal begins anew leaves the old one: the new one is written beside it first."""
    journal = begin(store, 1)
    before = header_line(HEADER) + receipt_line(receipt(1))
    os.link(journal.path, store.directory / "old")
    journal.start(replace(HEADER, upload_id="OTHER"), [receipt(2)])
    journal.add(receipt(3))
    journal.close()
    assert (store.directory / "old").read_bytes() == before
    assert kept(store) == {2, 3}
    assert not list(store.directory.glob("*.new"))


def test_left_over_from_a_crash(store: CheckpointDirectory) -> None:
    """The half-written file of a crash is in nobody's way."""
    begin(store, 1).close()
    (store.directory / f"{ID}.new").write_bytes(b"half")
    journal, _ = store.open(ID)
    journal.start(HEADER, [receipt(4)])
    journal.close()
    assert kept(store) == {4}


_LIMITED = """
import resource, signal, sys
from pathlib import Path
from oss_jupyter.errors import CheckpointNotWritable
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.wire_values import PartReceipt

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
journal, record = CheckpointDirectory(Path(sys.argv[1])).open(sys.argv[2])
full = int(sys.argv[3]) + journal.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
for number in range(1, 1000):
    try:
        journal.add(PartReceipt(number, "E" * 32, number))
    except CheckpointNotWritable as error:
        assert error.advice
        break
assert journal.path.stat().st_size <= full
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.add(PartReceipt(98, "E" * 32, 5))
journal.close()
print(number - 1)
"""


@pytest.mark.parametrize("room_bytes", [100, 330, 700])
def test_a_full_disk(store: CheckpointDirectory, room_bytes: int) -> None:
    """What did not fit leaves no half line behind, and once there is room the journal goes on."""
    begin(store).close()
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(store.directory), ID, str(room_bytes)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert kept(store) == {*range(1, int(done.stdout) + 1), 98}
    (path,) = store.directory.glob("*.journal")
    assert all(line.startswith(b"{") for line in path.read_bytes().splitlines())


@pytest.mark.parametrize("place", ["a file/checkpoints", "a file"])
def test_a_directory_that_cannot_be(tmp_path: Path, place: str) -> None:
    """A checkpoint directory that cannot be made is an error with a way out, and nothing is created."""
    (tmp_path / "a file").write_text("here already")
    store = CheckpointDirectory(tmp_path / place)
    with pytest.raises(CheckpointNotWritable) as error:
        store.open(ID)
    assert error.value.advice
    assert "checkpoint_dir" in error.value.advice
    assert store.inventory() == []
    assert not store.busy(ID)


_NOT_ALLOWED = """
import os, sys
from pathlib import Path
from oss_jupyter.errors import CheckpointNotWritable
from oss_jupyter.local.store import CheckpointDirectory

if os.getuid() == 0:
    os.setuid(65534)
try:
    CheckpointDirectory(Path(sys.argv[1])).open("k3v9x2qa")
except CheckpointNotWritable as error:
    print(error)
"""


@pytest.mark.parametrize("place", [".", "deeper"])
def test_a_directory_that_may_not_be_written(place: str) -> None:
    """The same where permission is missing. Root may write everywhere, so a child gives that up first."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        command = [sys.executable, "-c", _NOT_ALLOWED, str(Path(name, place))]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        Path(name).chmod(0o755)
    assert "cannot be used: Permission denied" in done.stdout


def test_the_disk_is_synced_now_and_then(tmp_path: Path) -> None:
    """A receipt is in the file at once; the disk is waited for once a second and not for each part."""
    clock = iter(range(1000))
    store = CheckpointDirectory(tmp_path, monotonic=lambda: float(next(clock)))
    journal = begin(store)
    for number in range(1, 21):
        journal.add(receipt(number))
        assert set(_read(journal)) == set(range(1, number + 1))
    journal.close()
    assert next(clock) == 20  # one look at the clock per line


def _read(journal: FileJournal) -> set[int]:
    return set(read_journal(journal.path.read_bytes()).receipts)


def test_without_a_directory() -> None:
    """With resuming off, memory remembers over a pause, and nothing lists or locks it."""
    store = NoCheckpoints()
    journal, record = store.open(ID)
    assert record is None
    journal.start(HEADER, [receipt(1)])
    journal.add(receipt(2))
    journal.add(receipt(3))
    journal.completing()
    journal.close()
    _, record = store.open(ID)
    assert record is not None
    assert (set(record.receipts), record.completing) == ({1, 2, 3}, True)
    assert (store.directory, journal.path) == (None, None)
    journal.delete()
    assert store.open(ID)[1] is None
