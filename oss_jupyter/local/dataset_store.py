"""The datasets in a checkpoint directory, beside the checkpoints of single files and under locks of the same names."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from filelock import BaseFileLock

from oss_jupyter.errors import CheckpointDamaged, CheckpointError, Shortage
from oss_jupyter.local.aside import move_aside, set_aside
from oss_jupyter.local.dataset_checkpoint import DatasetCheckpoint, MemoryDatasetCheckpoint
from oss_jupyter.local.files import check_own, others_can_write, read_own
from oss_jupyter.local.found_dataset import DATASET_MAX_BYTES, FoundDataset, believe_dataset, read_found_dataset
from oss_jupyter.local.locks import Locks, remove_held
from oss_jupyter.local.read_files import check_format
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.local.suffixes import DATASET, FILES, MADE, RECEIPTS
from oss_jupyter.model.dataset_record import DatasetRecord
from oss_jupyter.texts import tr

# A journal that is written all the time is read again only when so many times the time that it took has passed: a list
# that is open beside a large dataset costs a hundredth of a core.
_REST_FACTOR = 100


_Stamp = tuple[int, ...]


class DatasetStore:
    """The datasets in one directory. Any thread may call it.

    `_seen` holds what was read last, by id, with the stamps of both files and until when it is good enough while a
    kernel goes on writing: 100,000 files take half a second to read. Its entries are only replaced whole.
    """

    def __init__(self, directory: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.directory = directory
        self._monotonic = monotonic
        self._locks = Locks(directory)
        self._seen: dict[str, tuple[tuple[_Stamp, _Stamp], FoundDataset, float]] = {}

    def __repr__(self) -> str:
        return f"DatasetStore({str(self.directory)!r})"

    def path_of(self, transfer_id: str) -> Path:
        """Return where the checkpoint of a dataset lies, whether it is there or not."""
        return self.directory / f"{transfer_id}{DATASET}"

    def files_path(self, transfer_id: str) -> Path:
        """Return where the journal of a dataset's files lies while it is unfinished."""
        return self.directory / f"{transfer_id}{FILES}"

    def receipts_path(self, transfer_id: str) -> Path:
        """Return where the receipts of a dataset that has finished lie, whether they are there or not."""
        return self.directory / f"{transfer_id}{RECEIPTS}"

    def made_path(self, transfer_id: str) -> Path:
        """Return the folder of a dataset's files that are made when their turn comes, whether it is there or not."""
        return self.directory / f"{transfer_id}{MADE}"

    def keeps(self, transfer_id: str) -> bool:
        """Whether a dataset has a checkpoint."""
        return self.path_of(transfer_id).exists()

    def busy(self, transfer_id: str) -> bool:
        """Whether a process, this one or another, drives this dataset."""
        return self._locks.busy(transfer_id)

    def open(self, transfer_id: str) -> tuple[DatasetCheckpoint, DatasetRecord | None]:
        """Lock a dataset's checkpoint; return it with what it remembers, or None where there is nothing yet.

        Raises TransferBusy, CheckpointTooNew, CheckpointForeign, CheckpointNotWritable, TooManyFiles.
        """
        try:
            lock = self._locks.held(transfer_id)
            try:
                return self._opened(transfer_id, lock)
            except BaseException:
                lock.release(force=True)
                raise
        except OSError as error:
            raise self._locks.unusable(error) from error

    def inventory(self) -> list[FoundDataset]:
        """Return the unfinished datasets, the most recently changed first. Locks nothing and raises nothing."""
        try:
            exposed = others_can_write(self.directory.stat())
            paths = [path for path in self.directory.iterdir() if path.suffix == DATASET]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            return [FoundDataset("", self.directory, problem=self._locks.unusable(error))]
        found = [self._look_at(path, exposed) for path in paths]
        return sorted((one for one in found if one is not None), key=lambda one: one.changed_at_ns, reverse=True)

    def problems(self) -> list[FoundDataset]:
        """Return the datasets that cannot be used, each with its problem."""
        return [found for found in self.inventory() if found.problem]

    def children(self) -> frozenset[str]:
        """Return the ids of the transfers that belong to datasets here: they are shown with those."""
        return frozenset().union(*(found.children for found in self.inventory()))

    def remove(self, transfer_id: str) -> None:
        """Remove a dataset's checkpoint, whatever it says, and those of its children; receipts stay.

        Raises TransferBusy, CheckpointForeign, CheckpointNotWritable.
        """
        try:
            lock = self._locks.held(transfer_id)
            try:
                self._remove_children(transfer_id)
                shutil.rmtree(self.made_path(transfer_id), ignore_errors=True)
                for path in (self.path_of(transfer_id).with_suffix(FILES), self.path_of(transfer_id)):
                    with suppress(FileNotFoundError):
                        check_own(path)
                        path.unlink()
                remove_held(lock)
            finally:
                lock.release(force=True)
        except OSError as error:
            raise self._locks.unusable(error) from error

    def _remove_children(self, transfer_id: str) -> None:
        checkpoints = CheckpointDirectory(self.directory)
        for child in read_found_dataset(self.path_of(transfer_id)).children:
            with suppress(CheckpointError):  # what another kernel drives since is its own
                checkpoints.remove(child)

    def _opened(self, transfer_id: str, lock: BaseFileLock) -> tuple[DatasetCheckpoint, DatasetRecord | None]:
        path = self.path_of(transfer_id)
        remarks = []
        record = None
        with suppress(FileNotFoundError):
            data = read_own(path, DATASET_MAX_BYTES + 1)
            try:
                record = believe_dataset(path, data)
            except CheckpointDamaged:
                aside = move_aside(path)
                remarks.append(
                    tr("The dataset's checkpoint could not be read. It was set aside as {name}.", name=aside.name)
                )
            if record is not None and record.damaged_lines:
                set_aside(path, data)
        try:
            check_format(path.with_suffix(FILES))
        except FileNotFoundError:
            pass
        except CheckpointDamaged:
            aside = move_aside(path.with_suffix(FILES))
            remarks.append(
                tr("The list of the dataset's files could not be read. It was set aside as {name}.", name=aside.name)
            )
        checkpoint = DatasetCheckpoint(path, lock, record, self._monotonic)
        checkpoint.remarks = tuple(remarks)
        if record is not None and (record.damaged_lines or record.torn):
            checkpoint.mend()
        return checkpoint, record

    def _look_at(self, path: Path, exposed: bool) -> FoundDataset | None:
        """Return what one dataset says, read again only when it has changed; None where it has just gone."""
        transfer_id = path.stem
        stamps = (_stamp(path), _stamp(path.with_suffix(FILES)))
        if not stamps[0]:
            return None
        busy = self.busy(transfer_id)
        seen = self._seen.get(transfer_id)
        now = self._monotonic()
        if seen is None or (seen[0] != stamps and not (busy and now < seen[2])):
            found = read_found_dataset(path)
            seen = (stamps, found, now + _REST_FACTOR * (self._monotonic() - now))
            if not isinstance(found.problem, Shortage):  # that is of this moment
                self._seen[transfer_id] = seen
        return replace(seen[1], busy=busy, exposed=seen[1].exposed or exposed)


class NoDatasetStore:
    """What stands in its place for ``checkpoint_dir=None``: memory, for as long as the kernel lives."""

    directory = None

    def __init__(self) -> None:
        self._checkpoints: dict[str, MemoryDatasetCheckpoint] = {}

    def path_of(self, transfer_id: str) -> None:
        """There is no file."""

    def files_path(self, transfer_id: str) -> None:
        """There is no journal of files."""

    def made_path(self, transfer_id: str) -> None:
        """There is no folder that would outlive the kernel."""

    def receipts_path(self, transfer_id: str) -> None:
        """There are no receipts on the disk."""

    def keeps(self, transfer_id: str) -> bool:
        """Nothing outlives the kernel."""
        return False

    def children(self) -> frozenset[str]:
        """Nothing lies on the disk."""
        return frozenset()

    def problems(self) -> list[FoundDataset]:
        """Nothing lies on the disk."""
        return []

    def remove(self, transfer_id: str) -> None:
        """Forget what is remembered of a dataset."""
        self._checkpoints.pop(transfer_id, None)

    def open(self, transfer_id: str) -> tuple[MemoryDatasetCheckpoint, DatasetRecord | None]:
        """Return the checkpoint of a dataset, which a pause may have filled."""
        checkpoint = self._checkpoints.setdefault(transfer_id, MemoryDatasetCheckpoint())
        return checkpoint, checkpoint.record


DatasetStores = DatasetStore | NoDatasetStore


def _stamp(path: Path) -> _Stamp:
    with suppress(OSError):
        status = path.lstat()
        return (status.st_ino, status.st_mtime_ns, status.st_size, status.st_uid, status.st_mode)
    return ()
