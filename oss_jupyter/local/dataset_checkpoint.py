"""One dataset's open checkpoint: its header and the files that go up as transfers of their own, under one lock.

Only the thread that drives the dataset enters it. The journal of its files lies beside it and is written by whoever
sends them, which may be another process: here it gets its last name, or goes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from filelock import BaseFileLock

from oss_jupyter.errors import CheckpointForeign
from oss_jupyter.local.appended import AppendedFile
from oss_jupyter.local.files import check_own
from oss_jupyter.local.locks import explained, hold_anew, remove_held
from oss_jupyter.local.receipts import keep
from oss_jupyter.local.suffixes import FILES, MADE, RECEIPTS
from oss_jupyter.model.dataset_record import (
    Child,
    DatasetHeader,
    DatasetRecord,
    child_line,
    dataset_line,
    errors_line,
)
from oss_jupyter.texts import tr
from oss_jupyter.texts.system import system_words


class DatasetCheckpoint:
    """The checkpoint of one dataset, in a file of mode 0600.

    remarks: what the user should know about how it was found, and what became of it since.
    """

    def __init__(
        self, path: Path, lock: BaseFileLock, record: DatasetRecord | None, monotonic: Callable[[], float]
    ) -> None:
        self._path = path
        self._lock = lock
        self._file = AppendedFile(path, monotonic)
        self.remarks: tuple[str, ...] = ()
        self._header = record.header if record else None
        self._children = dict(record.children) if record else {}
        self._with_errors = record.with_errors if record else False

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    @property
    def files_path(self) -> Path:
        """Where the journal of its files lies, or will."""
        return self._path.with_suffix(FILES)

    @property
    def receipts_path(self) -> Path:
        """Where the receipts of an earlier dataset with the same id lie, and this one's when it has finished."""
        return self._path.with_suffix(RECEIPTS)

    @property
    def children(self) -> Mapping[str, Child]:
        """The files that have gone up as transfers of their own, in this run and in earlier ones, by their ids."""
        return self._children

    def start(self, header: DatasetHeader) -> None:
        """Write the header, and that nothing has failed yet; children that are known stay.

        Raises CheckpointNotWritable, CheckpointForeign, Shortage.
        """
        self._header, self._with_errors = header, False
        with explained(self._path):
            self._write_whole()

    def drive(self, limit: float | None, parallel: int | None) -> None:
        """Record how the dataset is driven from now on, where that has changed. Raises as `start` does."""
        header = self._header
        if header is not None and (driven := header.driven(limit, parallel)) != header:
            self._header = driven
            with explained(self._path):
                self._write_whole()

    def child(self, transfer_id: str, path: str, key: str) -> None:
        """Record a file that is about to go up as a transfer of its own. Raises as `start` does, and TransferBusy."""
        child = Child(transfer_id, path, key)
        if self._children.get(transfer_id) != child:
            self._children[transfer_id] = child
            self._append(child_line(child))

    def finish(self) -> None:
        """The dataset has ended well: the journal of its files, closed by now, becomes its receipts; the rest goes.

        Raises nothing: receipts that cannot be kept are remarked.
        """
        try:
            keep(self.files_path, self.receipts_path)
        except (OSError, CheckpointForeign) as error:
            reason = error.what.rstrip(".。") if isinstance(error, CheckpointForeign) else system_words(error)
            self.remarks += (tr("The receipts of the single files could not be kept: {reason}.", reason=reason),)
        self._remove()

    def finish_with_errors(self) -> None:
        """The dataset has ended, and some files failed: everything stays. Raises as `child` does."""
        self._with_errors = True
        self._append(errors_line(), sync=True)

    def delete(self) -> None:
        """Remove the checkpoint and the journal of its files, closed by now; receipts of earlier ends stay."""
        self._remove()

    def close(self) -> None:
        """Let other kernels have it."""
        self._file.close()
        with suppress(OSError):
            if not self._path.exists():  # refused before anything was written: a lock of nothing
                remove_held(self._lock)
        self._lock.release(force=True)

    def mend(self) -> None:
        """Write it anew without lines that are torn or damaged. Raises as `start` does."""
        with explained(self._path):
            self._write_whole()

    def _remove(self) -> None:
        self._file.release()
        shutil.rmtree(self._path.with_suffix(MADE), ignore_errors=True)
        for path in (self.files_path, self._path):  # the header last, so that none of its files stays behind alone
            with suppress(OSError, CheckpointForeign):
                check_own(path)
                path.unlink()
        remove_held(self._lock)

    def _append(self, line: bytes, *, sync: bool = False) -> None:
        with explained(self._path):
            if not self._file.is_gone():
                self._file.append(line, sync=sync)
                return
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            hold_anew(self._lock)
            self._write_whole()
            self.remarks += (tr("The dataset's checkpoint was removed while it ran; it was written anew."),)

    def _write_whole(self) -> None:
        assert self._header is not None, "it is begun before anything is added"
        children = b"".join(map(child_line, self._children.values()))
        self._file.replace([dataset_line(self._header), children, errors_line() if self._with_errors else b""])
        self._file.open()


class MemoryDatasetCheckpoint:
    """What stands in its place where resuming is switched off: it outlives a pause, not the kernel."""

    path = None
    files_path = None
    receipts_path = None
    remarks: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.record: DatasetRecord | None = None

    @property
    def children(self) -> Mapping[str, Child]:
        """The files that have gone up as transfers of their own, by their ids."""
        return self.record.children if self.record else {}

    def start(self, header: DatasetHeader) -> None:
        """Remember the header."""
        self.record = DatasetRecord(header, self.record.children if self.record else {})

    def drive(self, limit: float | None, parallel: int | None) -> None:
        """Remember how the dataset is driven from now on."""
        if self.record is not None:
            self.record = DatasetRecord(self.record.header.driven(limit, parallel), self.record.children)

    def child(self, transfer_id: str, path: str, key: str) -> None:
        """Remember a file that goes up as a transfer of its own."""
        if self.record is not None:
            children = {**self.record.children, transfer_id: Child(transfer_id, path, key)}
            self.record = DatasetRecord(self.record.header, children)

    def finish(self) -> None:
        """Forget everything."""
        self.record = None

    def finish_with_errors(self) -> None:
        """Remember that some files failed."""
        if self.record is not None:
            self.record = DatasetRecord(self.record.header, self.record.children, with_errors=True)

    def delete(self) -> None:
        """Forget everything."""
        self.record = None

    def close(self) -> None:
        """Nothing is open."""
