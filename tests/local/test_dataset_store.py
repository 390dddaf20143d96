"""What a dataset keeps on the disk: locked, private, whole at every moment, and short."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from oss_jupyter.engine.dataset import ports
from oss_jupyter.errors import TransferBusy
from oss_jupyter.local.dataset_files import FilesJournal, NoFilesJournal, open_files
from oss_jupyter.local.dataset_store import DatasetStore, NoDatasetStore
from oss_jupyter.local.read_files import KeptFiles, read_files
from oss_jupyter.local.receipts import prune
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.dataset import Outcome
from oss_jupyter.model.record import CheckpointHeader
from oss_jupyter.model.remembered import Tally
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import Fingerprint
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.stores import Stores

from .dataset_kit import HEADER, ID, begin, failed, left, receipt


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    """A checkpoint directory that does not exist yet."""
    return DatasetStore(tmp_path / "state" / "checkpoints")


def test_it_is_what_the_engine_asks_for(store: DatasetStore, tmp_path: Path) -> None:
    """Both stores and both journals keep to the engine's ports."""
    stores: list[ports.DatasetStore] = [store, NoDatasetStore()]
    checkpoints: list[ports.DatasetCheckpoint] = [one.open(ID)[0] for one in stores]
    journals: list[ports.FilesJournal] = [FilesJournal(tmp_path / "x.files"), NoFilesJournal()]
    kept: ports.KeptFiles = read_files(tmp_path / "x.files")
    for checkpoint in checkpoints:
        checkpoint.close()
    for journal in journals:
        journal.close()
    assert isinstance(kept, KeptFiles)
    assert isinstance(open_files(None), NoFilesJournal)


def test_what_was_recorded_is_there(store: DatasetStore) -> None:
    """Header, children, files and totals come back, whatever the kernel changed meanwhile."""
    checkpoint = begin(store, 1, 2)
    checkpoint.child("child234", "/data/big.bin", "raw/big.bin")
    checkpoint.drive(1000.0, 7)
    journal = FilesJournal(checkpoint.files_path)
    journal.add(receipt(3, Outcome.SKIPPED))
    journal.total(4, 400)
    journal.close()
    checkpoint.close()
    again, record = store.open(ID)
    assert record is not None
    assert record.header == HEADER.driven(1000.0, 7)
    assert (record.children["child234"].path, record.with_errors) == ("/data/big.bin", False)
    again.close()
    (found,) = store.inventory()
    assert found.files.by_outcome[Outcome.KEPT] == Tally(2, 2 * 20_480)
    assert found.files.of(Outcome.KEPT, Outcome.SKIPPED) == Tally(3, 3 * 20_480)
    assert found.files.total == Tally(4, 400)
    assert store.children() == {"child234"}


def test_finished_with_errors(store: DatasetStore) -> None:
    """What failed stays, with its reasons, until it is tried again; the mark goes with the next start."""
    checkpoint = begin(store, 1)
    journal = FilesJournal(checkpoint.files_path)
    journal.add(failed(2))
    journal.close()
    checkpoint.finish_with_errors()
    checkpoint.close()
    (found,) = store.inventory()
    assert found.record is not None
    assert (found.record.with_errors, found.failures) == (True, (failed(2),))
    again, _ = store.open(ID)
    again.start(HEADER)
    again.close()
    (found,) = store.inventory()
    assert found.record is not None
    assert not found.record.with_errors


def test_finished(store: DatasetStore) -> None:
    """The receipts stay, and nothing else."""
    checkpoint = begin(store, 1, 2)
    checkpoint.finish()
    checkpoint.close()
    assert left(store) == {f"{ID}.receipts"}
    assert list(read_files(store.receipts_path(ID)).receipts()) == [receipt(1), receipt(2)]
    assert store.inventory() == []
    checkpoint = begin(store, 3)
    checkpoint.delete()
    checkpoint.close()
    assert left(store) == {f"{ID}.receipts"}


def test_only_the_user_may_read(store: DatasetStore) -> None:
    """All files have mode 0600, whatever the umask says."""
    before = os.umask(0)
    try:
        checkpoint = begin(store, 1)
        modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in store.directory.iterdir()}
        checkpoint.close()
    finally:
        os.umask(before)
    assert modes == {".dataset": 0o600, ".files": 0o600, ".lock": 0o600}


def test_locked(store: DatasetStore) -> None:
    """One kernel drives a dataset; cleaning up leaves what rests and what runs alone."""
    checkpoints = CheckpointDirectory(store.directory)
    checkpoint = begin(store, 1)
    assert store.busy(ID)
    with pytest.raises(TransferBusy):
        DatasetStore(store.directory).open(ID)
    assert checkpoints.remove_stale() == 0
    checkpoint.close()
    assert not store.busy(ID)
    assert checkpoints.remove_stale() == 0
    assert left(store) == {f"{ID}.dataset", f"{ID}.files", f"{ID}.lock"}
    assert checkpoints.inventory() == []
    store.path_of(ID).unlink()
    assert checkpoints.remove_stale() == 1
    assert left(store) == set()


def test_children_are_kept_over_a_new_start(store: DatasetStore) -> None:
    """The transfers that belong to a dataset are known until it ends, however it is driven."""
    checkpoint = begin(store)
    checkpoint.child("child1", "/data/1", "raw/1")
    checkpoint.close()
    again, _ = store.open(ID)
    again.start(HEADER)
    again.child("child2", "/data/2", "raw/2")
    again.child("child2", "/data/2", "raw/2")
    again.close()
    assert store.children() == {"child1", "child2"}
    assert store.path_of(ID).read_bytes().count(b"child2") == 1


_HOLD = """
import sys, time
from pathlib import Path
from oss_jupyter.local.dataset_store import DatasetStore

checkpoint, record = DatasetStore(Path(sys.argv[1])).open(sys.argv[2])
print("locked", flush=True)
time.sleep(600)
"""


def test_locked_between_processes(store: DatasetStore) -> None:
    """While another kernel drives it, it is busy; SIGKILL lets go of the lock at once."""
    begin(store, 1).close()
    command = [sys.executable, "-c", _HOLD, str(store.directory), ID]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        assert [found.busy for found in store.inventory()] == [True]
        for strike in (store.open, store.remove):
            with pytest.raises(TransferBusy) as busy:
                strike(ID)
            assert all(busy.value.four_lines())
        other.kill()
    assert [found.busy for found in store.inventory()] == [False]
    store.remove(ID)
    assert left(store) == set()


def test_a_list_reads_what_has_changed(store: DatasetStore) -> None:
    """While another kernel writes, a list reads the files again only now and then; of what rests it is always right."""
    clock = [0.0]

    def now() -> float:
        clock[0] += 0.25  # each look takes so long
        return clock[0]

    watching = DatasetStore(store.directory, now)
    checkpoint = begin(store, 1)

    def known() -> int:
        (found,) = watching.inventory()
        return found.files.of(Outcome.SENT).files

    assert known() == 1
    journal = FilesJournal(checkpoint.files_path)
    journal.add(receipt(2))
    assert known() == 1
    clock[0] += 60
    assert known() == 1  # sent by this run, beside one that was kept
    (found,) = watching.inventory()
    assert found.files.of(Outcome.SENT, Outcome.KEPT).files == 2
    journal.add(receipt(3))
    journal.close()
    checkpoint.close()
    assert known() == 2


def test_removed_with_what_belongs_to_it(store: DatasetStore) -> None:
    """Nothing of a dataset that is removed comes back as an upload of its own; other uploads and receipts stay."""
    checkpoint = begin(store)
    checkpoint.child("child1", "/data/1", "raw/1")
    checkpoint.close()
    checkpoints = CheckpointDirectory(store.directory)
    for name in ("child1", "other1"):
        journal, _ = checkpoints.open(name)
        journal.start(CheckpointHeader(name, "/data/1", Target("bucket", "raw/1"), Fingerprint(5, 1, "2"), 102_400))
        journal.close()
    store.receipts_path(ID).touch()
    store.remove(ID)
    assert left(store) == {"other1.journal", "other1.lock", f"{ID}.receipts"}


def test_old_receipts_go(store: DatasetStore) -> None:
    """The newest stay, up to so many files and bytes; that of the dataset that has just ended always does."""
    store.directory.mkdir(parents=True)
    others = [store.directory / f"other{number}.receipts" for number in range(5)]
    for number, path in enumerate(others):
        path.write_bytes(b"x" * 100)
        os.utime(path, (number, number))
    newest = others[0]
    prune(store.directory, newest, most=4, most_bytes=10_000)
    assert left(store) == {path.name for path in (newest, *others[2:])}
    prune(store.directory, newest, most=4, most_bytes=250)
    assert left(store) == {newest.name, others[4].name}
    prune(store.directory, newest, most=0, most_bytes=0)
    assert left(store) == {newest.name}


def test_without_a_directory() -> None:
    """With resuming off, memory remembers over a pause, and nothing lies on the disk."""
    store = NoDatasetStore()
    checkpoint, record = store.open(ID)
    assert (record, checkpoint.files_path, checkpoint.receipts_path) == (None, None, None)
    checkpoint.start(HEADER)
    checkpoint.child("child1", "/data/1", "raw/1")
    checkpoint.drive(5.0, None)
    checkpoint.finish_with_errors()
    checkpoint.close()
    checkpoint, record = store.open(ID)
    assert record is not None
    assert (record.header, set(record.children), record.with_errors) == (HEADER.driven(5.0, None), {"child1"}, True)
    checkpoint.start(HEADER)
    assert not store.open(ID)[1].with_errors  # type: ignore[union-attr]
    checkpoint.finish()
    assert store.open(ID)[1] is None
    assert not store.keeps(ID)
    assert store.children() == frozenset()


def test_one_store_for_each_directory(tmp_path: Path) -> None:
    """A kernel has one store of datasets beside each store of checkpoints."""
    stores = Stores(OssJupyter(checkpoint_dir=str(tmp_path / "a")))
    assert stores.datasets_at() is stores.datasets_at(tmp_path / "a") is stores.datasets_of(stores.at())
    assert stores.datasets_at(None).directory is None
    assert stores.datasets_at(tmp_path / "b").directory == tmp_path / "b"
