"""The journal of a dataset's files: a line for each that has been dealt with, written at once.

Only one process writes it, the one that sends the files; whoever holds the dataset's lock may be another. It keeps
nothing of what it has written: what is remembered is read from the file, see `local/read_files.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from oss_jupyter.errors import CheckpointDamaged, OssJupyterError
from oss_jupyter.local.appended import AppendedFile
from oss_jupyter.local.locks import explained, not_writable
from oss_jupyter.local.read_files import check_format
from oss_jupyter.model.dataset import FileReceipt
from oss_jupyter.model.file_lines import (
    WHOLE,
    Root,
    file_line,
    root_line,
    root_of,
    run_line,
    totals_line,
    whole_rest,
)
from oss_jupyter.texts import tr

# A dataset of files that share nothing would remember as many roots as it has files.
_ROOTS_MOST = 1_000


class FilesJournal:
    """The files of one dataset, in a file of mode 0600. One thread at a time enters it.

    remarks: what the user should know of what became of it. Every method raises CheckpointNotWritable,
    CheckpointForeign, CheckpointTooNew, CheckpointDamaged and Shortage.
    """

    def __init__(self, path: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._file = AppendedFile(path, monotonic)
        self.remarks: tuple[str, ...] = ()
        self._root = WHOLE
        self._root_place = 0
        self._roots: dict[Root, int] = {}
        with explained(self._path):
            self._begin()

    def __repr__(self) -> str:
        return f"FilesJournal({str(self._path)!r})"

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    def add(self, receipt: FileReceipt) -> None:
        """Write down what became of a file; the last line about a key counts."""
        try:
            if self._file.sync_is_due():
                self._mend()
            rest = self._root.rest(receipt.path, receipt.key)
            if rest is None:
                rest = self._change_root(receipt.path, receipt.key)
            self._file.append(file_line(receipt, rest, self._root_place))
        except OSError as error:
            raise not_writable(self._path, error) from error

    def total(self, files: int, size_bytes: int) -> None:
        """Write down how many files there are in all, and how many bytes they have: the scan has ended."""
        with explained(self._path):
            self._mend()
            self._file.append(totals_line(files, size_bytes), sync=True)

    def close(self) -> None:
        """Wait for the disk, and let go of the file. Raises nothing."""
        with suppress(OssJupyterError), explained(self._path):
            self._mend()
        self._file.close()

    def _begin(self) -> None:
        """Begin a run, in the file that is there or a new one."""
        try:
            check_format(self._path)
        except FileNotFoundError:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file.replace([run_line()])
        else:
            self._file.mend_end()
            self._file.append(run_line())
        self._file.open()

    def _change_root(self, path: str, key: str) -> str:
        """Use another root from now on, and return what follows it."""
        root = root_of(path, key)
        rest = root.rest(path, key)
        if rest is None:
            self._root, self._root_place = WHOLE, 0
            return whole_rest(path, key)
        if root not in self._roots:
            if len(self._roots) >= _ROOTS_MOST:
                self._roots.clear()
            self._roots[root] = self._file.append_at(root_line(root))
        self._root, self._root_place = root, self._roots[root]
        return rest

    def _mend(self) -> None:
        """Write the file anew where somebody has removed it; what it held can mostly still be read.

        Looking once a second is enough, because what is written meanwhile can be read as well.
        """
        if not self._file.is_gone():
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write_anew()
        self._file.open()
        self.remarks += (tr("The list of the dataset's files was removed while the upload ran; it was written anew."),)

    def _write_anew(self) -> None:
        self._file.replace(self._file.content())
        try:
            check_format(self._path)
            self._file.mend_end()
        except CheckpointDamaged:  # where it lay, removed files cannot be read any more
            self._file.replace([run_line()])
            self._root, self._root_place = WHOLE, 0
            self._roots.clear()


class NoFilesJournal:
    """What stands in its place where nothing is kept on the disk."""

    path = None
    remarks: tuple[str, ...] = ()

    def add(self, receipt: FileReceipt) -> None:
        """Nothing is written."""

    def total(self, files: int, size_bytes: int) -> None:
        """Nothing is written."""

    def close(self) -> None:
        """Nothing is open."""


def open_files(path: Path | None) -> FilesJournal | NoFilesJournal:
    """Return the journal at a path, or what stands in its place where there is none."""
    return FilesJournal(path) if path else NoFilesJournal()
