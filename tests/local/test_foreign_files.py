"""A checkpoint directory others can write: what they put there is neither followed, nor waited for, nor believed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.errors import CheckpointError, CheckpointForeign, CheckpointNotWritable
from oss_jupyter.local.files import check_own
from oss_jupyter.local.memory import MemoryJournal
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.record import CheckpointHeader, header_line
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import Fingerprint, PartReceipt

ID = "k3v9x2qa"
HEADER = CheckpointHeader(ID, "/data/a.bin", Target("bucket", "a.bin"), Fingerprint(10_000_000, 1, "2"), 102_400, "UP")
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")


@pytest.fixture
def store(tmp_path: Path) -> CheckpointDirectory:
    """A checkpoint directory that everybody can write."""
    directory = tmp_path / "checkpoints"
    directory.mkdir()
    directory.chmod(0o777)
    return CheckpointDirectory(directory)


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A file of the user's that nobody may read or change."""
    path = tmp_path / "private"
    path.write_bytes(header_line(HEADER))
    return path


def a_link(path: Path, private: Path) -> None:
    path.symlink_to(private)


def a_dangling_link(path: Path, private: Path) -> None:
    path.symlink_to(private.with_name("nowhere"))


def a_pipe(path: Path, private: Path) -> None:
    os.mkfifo(path)


def a_directory(path: Path, private: Path) -> None:
    path.mkdir()


def a_socket(path: Path, private: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def a_file_of_somebody_else(path: Path, private: Path) -> None:
    path.write_bytes(header_line(HEADER))
    os.chown(path, NOBODY, NOBODY)


FOREIGN = [
    a_link,
    a_dangling_link,
    a_pipe,
    a_directory,
    a_socket,
    pytest.param(a_file_of_somebody_else, marks=as_root),
]
Plant = Callable[[Path, Path], None]


@pytest.mark.parametrize("plant", FOREIGN)
def test_in_the_place_of_a_journal(store: CheckpointDirectory, private: Path, plant: Plant) -> None:
    """It is named as a problem, opening it is refused, and it stays as it was."""
    path = store.path_of(ID)
    plant(path, private)
    before = path.lstat()
    (found,) = store.inventory()
    assert (found.record, type(found.problem)) == (None, CheckpointForeign)
    with pytest.raises(CheckpointForeign) as refused:
        store.open(ID)
    assert str(path) in refused.value.what
    assert all(refused.value.four_lines())
    with pytest.raises(CheckpointForeign):
        store.remove(ID)
    assert path.lstat() == before
    assert private.read_bytes() == header_line(HEADER)
    assert not store.busy(ID)


@pytest.mark.parametrize("plant", FOREIGN)
def test_in_the_place_of_a_lock(store: CheckpointDirectory, private: Path, plant: Plant) -> None:
    """Opening is refused, what a link leads to is not emptied, and cleaning leaves it alone."""
    path = store.directory / f"{ID}.lock"
    plant(path, private)
    with pytest.raises(CheckpointError):
        store.open(ID)
    assert not store.busy(ID)
    assert store.remove_stale() == 0
    assert os.path.lexists(path)
    assert private.read_bytes() == header_line(HEADER)


@pytest.mark.parametrize("plant", FOREIGN)
def test_in_the_place_of_what_is_written_first(store: CheckpointDirectory, private: Path, plant: Plant) -> None:
    """A new journal is written beside and then renamed: the name of the first cannot be guessed or prepared."""
    plant(store.directory / f"{ID}.new", private)
    journal, _ = store.open(ID)
    journal.start(HEADER)
    journal.close()
    assert private.read_bytes() == header_line(HEADER)
    assert [found.record is not None for found in store.inventory()] == [True]


@pytest.mark.parametrize("plant", FOREIGN)
def test_in_the_place_of_what_is_set_aside(store: CheckpointDirectory, private: Path, plant: Plant) -> None:
    """A damaged journal is set aside under a name that is free."""
    plant(store.directory / f"{ID}.damaged-1", private)
    store.path_of(ID).write_bytes(b"nonsense\n")
    journal, record = store.open(ID)
    assert record is None
    assert "damaged-2" in journal.remarks[0]
    journal.close()
    assert (store.directory / f"{ID}.damaged-2").read_bytes() == b"nonsense\n"
    assert private.read_bytes() == header_line(HEADER)


@pytest.mark.parametrize(("mode", "exposed"), [(0o700, False), (0o755, False), (0o770, True), (0o1777, True)])
def test_what_others_can_write_is_marked(store: CheckpointDirectory, mode: int, exposed: bool) -> None:
    """A journal of the user's own counts, and its directory's mode says whether somebody could have put it there."""
    journal, _ = store.open(ID)
    journal.start(HEADER)
    journal.close()
    store.directory.chmod(mode)
    (found,) = store.inventory()
    assert found.record is not None
    assert found.exposed is exposed


def test_a_journal_that_others_can_write_is_marked(store: CheckpointDirectory) -> None:
    """The mode of the file itself counts too."""
    store.directory.chmod(0o700)
    journal, _ = store.open(ID)
    journal.start(HEADER)
    journal.close()
    store.path_of(ID).chmod(0o662)
    assert [found.exposed for found in store.inventory()] == [True]


def test_devices_are_not_opened() -> None:
    """Opening a device can have an effect, so its kind is looked at first."""
    with pytest.raises(CheckpointForeign, match="a device"):
        check_own(Path(os.devnull))


def test_very_much_of_nothing_is_not_read(store: CheckpointDirectory) -> None:
    """A file larger than any journal is a problem, however large it is."""
    with store.path_of(ID).open("wb") as file:
        file.truncate(1 << 40)
    (found,) = store.inventory()
    assert found.problem is not None
    assert "too large" in found.problem.what


_NOT_ALLOWED = """
import os, sys
from pathlib import Path
from oss_jupyter.local.store import CheckpointDirectory

if os.getuid() == 0:
    os.setuid(65534)
journal, record = CheckpointDirectory(Path(sys.argv[1])).open("k3v9x2qa", needed=False)
print(type(journal).__name__, *journal.remarks)
"""


def test_an_upload_that_needs_no_checkpoint_goes_without(tmp_path: Path) -> None:
    """A directory that may not be written stops only who needs it."""
    tmp_path.chmod(0o555)
    (tmp_path.parent).chmod(0o755)
    command = [sys.executable, "-c", _NOT_ALLOWED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("MemoryJournal The checkpoint directory")
    assert "needs no checkpoint" in done.stdout


def test_a_foreign_file_stops_only_who_needs_its_place(store: CheckpointDirectory) -> None:
    """The same where something of somebody else's lies at the journal's name."""
    os.mkfifo(store.path_of(ID))
    journal, record = store.open(ID, needed=False)
    assert isinstance(journal, MemoryJournal)
    assert record is None


def test_removed_with_its_directory_while_it_is_written(store: CheckpointDirectory) -> None:
    """The journal is written anew with all that was in it, locked again, and said so."""
    journal, _ = store.open(ID)
    journal.start(HEADER, [PartReceipt(1, "E1", 1)])
    journal.add(PartReceipt(2, "E2", 2))
    for path in store.directory.iterdir():
        path.unlink()
    store.directory.rmdir()
    journal.add(PartReceipt(3, "E3", 3))
    assert "written anew" in journal.remarks[0]
    assert store.busy(ID)
    journal.close()
    _, record = store.open(ID)
    assert record is not None
    assert set(record.receipts) == {1, 2, 3}


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_only_the_journal_is_gone(store: CheckpointDirectory, how: str) -> None:
    """Another file under the same name is noticed as well, before completing too."""
    journal, _ = store.open(ID)
    journal.start(HEADER)
    journal.add(PartReceipt(1, "E1", 1))
    store.path_of(ID).unlink()
    if how == "replaced":
        store.path_of(ID).write_bytes(b"something else\n")
    journal.completing()
    journal.close()
    _, record = store.open(ID)
    assert record is not None
    assert (set(record.receipts), record.completing) == ({1}, True)


def test_gone_for_good(store: CheckpointDirectory, tmp_path: Path) -> None:
    """Where it cannot be written anew, that is an error, and this kernel still knows what was in it."""
    journal, _ = store.open(ID)
    journal.start(HEADER)
    journal.add(PartReceipt(1, "E1", 1))
    store.directory.rename(tmp_path / "away")
    store.directory.write_text("a file in its place")
    with pytest.raises(CheckpointNotWritable):
        journal.add(PartReceipt(2, "E2", 2))
    journal.close()
    store.directory.unlink()
    again, record = store.open(ID)
    assert record is not None
    assert set(record.receipts) == {1}
    again.close()


def test_what_a_dead_kernel_left_is_cleaned_up(store: CheckpointDirectory) -> None:
    """Locks of nothing and half-written files go; journals, and whatever is locked, stay."""
    journal, _ = store.open(ID)
    journal.start(HEADER)
    (store.directory / f"{ID}.1234.new").touch()
    (store.directory / "dead.lock").touch()
    (store.directory / "gone.1234.new").touch()
    assert store.remove_stale() == 2
    assert {path.name for path in store.directory.iterdir()} == {f"{ID}.journal", f"{ID}.lock", f"{ID}.1234.new"}
    journal.close()
    assert store.remove_stale() == 1
