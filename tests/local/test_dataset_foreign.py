"""A directory that others can write, damage, and later versions: nothing of a dataset is followed, or thrown away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oss_jupyter.errors import CheckpointError, CheckpointForeign, CheckpointTooNew, TooManyFiles
from oss_jupyter.local.dataset_files import FilesJournal
from oss_jupyter.local.dataset_store import DatasetStore
from oss_jupyter.local.found_dataset import read_found_dataset
from oss_jupyter.local.read_files import read_files, search_files
from oss_jupyter.model.checked_line import checked_line
from oss_jupyter.model.dataset_record import dataset_line

from ..shortage import no_new_descriptors
from .dataset_kit import HEADER, ID, begin, left, receipt
from .test_foreign_files import FOREIGN, Plant


@pytest.fixture
def store(tmp_path: Path) -> DatasetStore:
    """A checkpoint directory that everybody can write."""
    directory = tmp_path / "checkpoints"
    directory.mkdir()
    directory.chmod(0o777)
    return DatasetStore(directory)


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A file of the user's that nobody may read or change."""
    path = tmp_path / "private"
    path.write_bytes(dataset_line(HEADER))
    return path


@pytest.mark.parametrize("plant", FOREIGN)
def test_in_the_place_of_a_dataset(store: DatasetStore, private: Path, plant: Plant) -> None:
    """It is named as a problem, opening and removing are refused, and it stays as it was."""
    path = store.path_of(ID)
    plant(path, private)
    before = path.lstat()
    (found,) = store.inventory()
    assert (found.record, type(found.problem)) == (None, CheckpointForeign)
    for strike in (store.open, store.remove):
        with pytest.raises(CheckpointForeign) as refused:
            strike(ID)
        assert all(refused.value.four_lines())
    assert path.lstat() == before
    assert private.read_bytes() == dataset_line(HEADER)
    assert not store.busy(ID)


@pytest.mark.parametrize("plant", FOREIGN)
def test_in_the_place_of_its_files(store: DatasetStore, private: Path, plant: Plant) -> None:
    """The same for the journal of its files; what belongs to the dataset is known all the same."""
    checkpoint = begin(store, 1)
    checkpoint.child("child234", "/data/set/big", "raw/big")
    checkpoint.close()
    path = checkpoint.files_path
    path.unlink()
    plant(path, private)
    before = path.lstat()
    (found,) = store.inventory()
    assert (found.record, type(found.problem)) == (None, CheckpointForeign)
    assert store.children() == {"child234"}
    for strike in (read_files, FilesJournal, lambda one: search_files(one, "a", 1)):
        with pytest.raises(CheckpointForeign):
            strike(path)
    for refused in (store.open, store.remove):
        with pytest.raises(CheckpointForeign):
            refused(ID)
    assert path.lstat() == before
    assert private.read_bytes() == dataset_line(HEADER)


@pytest.mark.parametrize("plant", FOREIGN)
def test_in_the_place_of_receipts(store: DatasetStore, private: Path, plant: Plant) -> None:
    """A dataset that has ended well says that its receipts cannot be kept, and leaves nothing else behind."""
    plant(store.receipts_path(ID), private)
    before = store.receipts_path(ID).lstat()
    checkpoint = begin(store, 1)
    checkpoint.finish()
    checkpoint.close()
    assert "could not be kept" in checkpoint.remarks[0]
    assert left(store) == {f"{ID}.receipts"}
    assert store.receipts_path(ID).lstat() == before
    assert private.read_bytes() == dataset_line(HEADER)


@pytest.mark.parametrize("plant", FOREIGN)
def test_in_the_place_of_a_lock(store: DatasetStore, private: Path, plant: Plant) -> None:
    """Opening is refused, and what a link leads to is not emptied."""
    plant(store.directory / f"{ID}.lock", private)
    with pytest.raises(CheckpointError):
        store.open(ID)
    assert not store.busy(ID)
    assert private.read_bytes() == dataset_line(HEADER)


@pytest.mark.parametrize("plant", FOREIGN)
def test_planted_while_it_runs(store: DatasetStore, private: Path, plant: Plant) -> None:
    """What lies in the journal's place when a dataset is given up or has ended is left alone."""
    for end in ("delete", "finish"):
        checkpoint = begin(store, 1)
        checkpoint.files_path.unlink()
        plant(checkpoint.files_path, private)
        before = checkpoint.files_path.lstat()
        getattr(checkpoint, end)()
        checkpoint.close()
        assert checkpoint.files_path.lstat() == before
        assert left(store) == {f"{ID}.files"}
        checkpoint.files_path.rename(store.directory.with_name(f"away-{end}"))
    assert private.read_bytes() == dataset_line(HEADER)


def test_a_damaged_header(store: DatasetStore) -> None:
    """It is set aside and begun anew; what is known of its files still counts."""
    begin(store, 1, 2).close()
    store.path_of(ID).write_bytes(b"nonsense\n")
    (found,) = store.inventory()
    assert found.problem is not None
    checkpoint, record = store.open(ID)
    assert record is None
    assert "damaged-1" in checkpoint.remarks[0]
    checkpoint.start(HEADER)
    checkpoint.close()
    assert (store.directory / f"{ID}.damaged-1").read_bytes() == b"nonsense\n"
    assert len(read_files(checkpoint.files_path)) == 2


def test_a_damaged_list_of_files(store: DatasetStore) -> None:
    """It is set aside under a name that is free; the dataset is known, and its files are looked at anew."""
    begin(store, 1, 2).close()
    path = store.path_of(ID).with_suffix(".files")
    path.write_bytes(b"nonsense\n")
    (store.directory / f"{ID}.damaged-1").mkdir()
    (found,) = store.inventory()
    assert (found.problem, found.files.by_outcome) == (None, {})
    checkpoint, record = store.open(ID)
    assert record is not None
    assert "damaged-2" in checkpoint.remarks[0]
    checkpoint.close()
    assert (store.directory / f"{ID}.damaged-2").read_bytes() == b"nonsense\n"
    assert not path.exists()


def test_a_damaged_line(store: DatasetStore) -> None:
    """A line in the middle is left out, a copy set aside, and the rest written anew."""
    checkpoint = begin(store)
    for number in range(3):
        checkpoint.child(f"child{number}", f"/data/{number}", f"raw/{number}")
    checkpoint.close()
    path = store.path_of(ID)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"child1", b"child9") + b'{"child"')
    again, record = store.open(ID)
    assert record is not None
    assert (set(record.children), record.damaged_lines, record.torn) == ({"child0", "child2"}, 1, True)
    again.close()
    assert set(store.inventory()[0].children) == {"child0", "child2"}
    assert path.read_bytes().count(b"\n") == 3
    assert b"child9" in (store.directory / f"{ID}.damaged-1").read_bytes()


@pytest.mark.parametrize(("suffix", "name"), [(".dataset", b"format"), (".files", b"files")])
def test_a_later_version(store: DatasetStore, suffix: str, name: bytes) -> None:
    """What a later version wrote is refused, named, and left as it is."""
    begin(store, 1).close()
    path = store.path_of(ID).with_suffix(suffix)
    path.write_bytes(checked_line(b'{"%s":2}' % name))
    before = path.read_bytes()
    (found,) = store.inventory()
    assert isinstance(found.problem, CheckpointTooNew)
    with pytest.raises(CheckpointTooNew):
        store.open(ID)
    assert path.read_bytes() == before
    assert not store.busy(ID)


def test_under_another_name(store: DatasetStore) -> None:
    """A dataset's journal under another id is no dataset of that id."""
    begin(store).close()
    other = store.path_of("zzzz2222")
    store.path_of(ID).rename(other)
    (found,) = store.inventory()
    assert found.problem is not None
    assert ID in found.problem.what
    checkpoint, record = store.open("zzzz2222")
    checkpoint.close()
    assert record is None


@pytest.mark.parametrize(("mode", "exposed"), [(0o700, False), (0o770, True), (0o1777, True)])
def test_what_others_can_write_is_marked(store: DatasetStore, mode: int, exposed: bool) -> None:
    """The mode of the directory counts, and that of each file."""
    checkpoint = begin(store, 1)
    checkpoint.close()
    store.directory.chmod(mode)
    assert [found.exposed for found in store.inventory()] == [exposed]
    checkpoint.files_path.chmod(0o622)
    assert [found.exposed for found in store.inventory()] == [True]


def test_gone_while_it_runs(store: DatasetStore) -> None:
    """Removed with its directory, the header is written anew with its children, locked again, and said so."""
    checkpoint = begin(store)
    checkpoint.child("child1", "/data/1", "raw/1")
    for path in store.directory.iterdir():
        path.unlink()
    store.directory.rmdir()
    checkpoint.child("child2", "/data/2", "raw/2")
    assert "written anew" in checkpoint.remarks[0]
    assert store.busy(ID)
    checkpoint.close()
    assert store.children() == {"child1", "child2"}


def test_without_a_descriptor(store: DatasetStore) -> None:
    """A shortage is named as one, what is open goes on, and a list forgets that it could not be read."""
    checkpoint = begin(store, 1)
    checkpoint.child("child1", "/data/1", "raw/1")
    with no_new_descriptors():
        checkpoint.child("child2", "/data/2", "raw/2")
        for strike in (lambda: store.open("other"), lambda: checkpoint.start(HEADER)):
            with pytest.raises(TooManyFiles):
                strike()
        hidden = [*store.inventory(), read_found_dataset(store.path_of(ID))]
    checkpoint.close()
    assert [type(found.problem) for found in hidden] == [TooManyFiles, TooManyFiles]
    assert [found.problem for found in store.inventory()] == [None]
    assert store.children() == {"child1", "child2"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_may_not_be_written(store: DatasetStore) -> None:
    """What is missing is said, and the way out."""
    store.directory.chmod(0o555)
    with pytest.raises(CheckpointError) as refused:
        store.open(ID)
    assert all(refused.value.four_lines())


def test_receipts_are_those_of_the_files(store: DatasetStore) -> None:
    """What lay in the directory of an earlier end is replaced by the receipts of the last one."""
    for numbers in ((1, 2), (3,)):
        checkpoint = begin(store, *numbers)
        checkpoint.finish()
        checkpoint.close()
    assert list(read_files(store.receipts_path(ID)).receipts()) == [receipt(3)]
