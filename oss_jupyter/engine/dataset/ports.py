"""What a dataset needs from the disk, as protocols; local/ implements them, as it does those of `engine/ports.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from oss_jupyter.engine.ports import Places
from oss_jupyter.model.dataset import FileReceipt, Outcome
from oss_jupyter.model.dataset_record import Child, DatasetHeader, DatasetRecord
from oss_jupyter.model.remembered import FilesTally, RememberedFile


class DatasetCheckpoint(Protocol):
    """One dataset's open checkpoint, locked for this process. Only the thread that drives the dataset enters it."""

    @property
    def files_path(self) -> Path | None:
        """Where the journal of its files lies, or will; None where nothing is saved."""

    @property
    def receipts_path(self) -> Path | None:
        """Where the receipts of an earlier dataset with the same id lie, and this one's when it has finished."""

    @property
    def remarks(self) -> Sequence[str]:
        """What the user should know about how it was found, and what became of it since."""

    @property
    def children(self) -> Mapping[str, Child]:
        """The files that have gone up as transfers of their own, in this run and in earlier ones, by their ids."""

    def start(self, header: DatasetHeader) -> None:
        """Write the header, and that nothing has failed yet; children stay. Raises CheckpointNotWritable."""

    def drive(self, limit: float | None, parallel: int | None) -> None:
        """Record how the dataset is driven from now on, where that has changed. Raises CheckpointNotWritable."""

    def child(self, transfer_id: str, path: str, key: str) -> None:
        """Record a file that is about to go up as a transfer of its own. Raises CheckpointNotWritable, TransferBusy."""

    def finish(self) -> None:
        """The dataset has ended well: the journal of its files, closed by now, becomes its receipts; the rest goes."""

    def finish_with_errors(self) -> None:
        """The dataset has ended, and some files failed: everything stays. Raises CheckpointNotWritable."""

    def delete(self) -> None:
        """Remove it and the journal of its files, closed by now; receipts of earlier ends stay."""

    def close(self) -> None:
        """Let other kernels have it."""


class DatasetStore(Places, Protocol):
    """The datasets in a checkpoint directory."""

    def files_path(self, transfer_id: str) -> Path | None:
        """Return where the journal of its files lies while it is unfinished; None where nothing is saved."""

    def receipts_path(self, transfer_id: str) -> Path | None:
        """Return where the receipts of a dataset that has finished lie; None where nothing is saved."""

    def open(self, transfer_id: str) -> tuple[DatasetCheckpoint, DatasetRecord | None]:
        """Lock a dataset's checkpoint and return it with what it remembers, or None where there is nothing yet.

        Raises TransferBusy, CheckpointTooNew, CheckpointForeign, CheckpointNotWritable.
        """


class FilesJournal(Protocol):
    """Where it is written down what becomes of a dataset's files. One process writes it, on one thread at a time."""

    @property
    def remarks(self) -> Sequence[str]:
        """What the user should know of what became of it."""

    def add(self, receipt: FileReceipt) -> None:
        """Write down at once what became of a file. Raises CheckpointNotWritable, CheckpointForeign, Shortage."""

    def total(self, files: int, size_bytes: int) -> None:
        """Write down how many files there are in all: the scan has ended. Raises as `add` does."""

    def close(self) -> None:
        """Wait for the disk, and let go of the file."""


class KeptFiles(Protocol):
    """What the journal of a dataset's files, or its receipts, said when they were read. One thread at a time."""

    @property
    def tally(self) -> FilesTally:
        """What it comes to."""

    def get(self, key: str, path: str) -> RememberedFile | None:
        """Return what is remembered of a file, or None."""

    def receipt(self, key: str, path: str) -> FileReceipt | None:
        """Return what counts when a file is compared: size, mtime, checksums and ETag, and its outcome; or None."""

    def receipts(self, *outcomes: Outcome) -> Iterator[FileReceipt]:
        """Yield the receipts of all files, or of those with some outcomes, read from the disk one by one."""
