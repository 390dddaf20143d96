"""What a dataset keeps on the disk: locked, private, whole at every moment, and short."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from oss_jupyter.engine.dataset import ports
from oss_jupyter.errors import TransferBusy
from oss_jupyter.local.dataset_checkpoint import DatasetCheckpoint
from oss_jupyter.local.dataset_files import FilesJournal, NoFilesJournal, open_files
from oss_jupyter.local.dataset_store import DatasetStore, NoDatasetStore
from oss_jupyter.local.read_files import KeptFiles, read_files
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.dataset import DatasetSource, FileReceipt, Outcome, Piece
from oss_jupyter.model.dataset_record import DatasetHeader
from oss_jupyter.model.remembered import Tally
from oss_jupyter.model.target import make_prefix

ID = "k3v9x2qa"
HEADER = DatasetHeader(
    ID, DatasetSource((Piece("/data/\udcff set", "", "**/*.bin"),), "data/"), make_prefix("bucket", "raw/"), force=True
)
MD5 = "9E107D9D372BB6826BD81D3542A419D6"


def receipt(number: int, outcome: Outcome = Outcome.SENT, **more: object) -> FileReceipt:
    name = f"train/{number:06}.jpg"
    return FileReceipt(f"/data/set/{name}", f"raw/{name}", 100, 10**18 + number, outcome, MD5, number, MD5, 0.25)


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    """A checkpoint directory that does not exist yet."""
    return DatasetStore(tmp_path / "state" / "checkpoints")


def begin(store: DatasetStore, *numbers: int) -> DatasetCheckpoint:
    checkpoint, record = store.open(ID)
    assert record is None
    checkpoint.start(HEADER)
    journal = FilesJournal(checkpoint.files_path)
    for number in numbers:
        journal.add(receipt(number))
    journal.close()
    return checkpoint


def left(store: DatasetStore) -> set[str]:
    return {path.name for path in store.directory.iterdir()}


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
    """Header, children, files and totals come back, also the name that is no UTF-8."""
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
    assert found.files.by_outcome[Outcome.KEPT] == Tally(2, 200)
    assert found.files.of(Outcome.KEPT, Outcome.SKIPPED) == Tally(3, 300)
    assert found.files.total == Tally(4, 400)
    assert store.children() == {"child234"}


def test_finished_with_errors(store: DatasetStore) -> None:
    """What failed stays, with its reasons, until it is tried again; the mark goes with the next start."""
    checkpoint = begin(store, 1)
    journal = FilesJournal(checkpoint.files_path)
    failed = FileReceipt("/data/set/bad", "raw/bad", 5, 6, Outcome.FAILED, code="AccessDenied", reason="No.")
    journal.add(failed)
    journal.close()
    checkpoint.finish_with_errors()
    checkpoint.close()
    (found,) = store.inventory()
    assert found.record is not None
    assert (found.record.with_errors, found.failures) == (True, (failed,))
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
