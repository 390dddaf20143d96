"""One transfer's open checkpoint: an append-only file that a crash can tear only in its last line.

Only the transfer's driver thread writes. The lock file beside it says which process drives the transfer; the system
lets go of it however that process ends.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from filelock import BaseFileLock

from oss_jupyter.errors import Shortage
from oss_jupyter.local.appended import AppendedFile
from oss_jupyter.local.locks import hold_anew, not_writable, remove_held
from oss_jupyter.local.spool import remove_spool
from oss_jupyter.model.record import (
    CheckpointHeader,
    CheckpointRecord,
    completing_line,
    gone_line,
    header_line,
    receipt_line,
)
from oss_jupyter.model.wire_values import PartReceipt
from oss_jupyter.texts import tr


class FileJournal:
    """The checkpoint of one transfer, in a file of mode 0600.

    needed: False where the upload can do without one, so that a directory that cannot be written is no reason to fail.
    on_lost: called with what the file said once it is gone and cannot be written anew.
    """

    def __init__(
        self,
        path: Path,
        lock: BaseFileLock,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        needed: bool = True,
        on_lost: Callable[[CheckpointRecord], None] = lambda record: None,
    ) -> None:
        self._path = path
        self._lock = lock
        self._file = AppendedFile(path, monotonic)
        self._needed = needed
        self._on_lost = on_lost
        self.remarks: tuple[str, ...] = ()
        self._record: CheckpointRecord | None = None
        self._receipts: dict[int, PartReceipt] = {}
        self._given_up = False

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    def start(
        self, header: CheckpointHeader, receipts: Sequence[PartReceipt] = (), *, completing: bool = False
    ) -> None:
        """Begin anew with this header and these receipts; a crash leaves either the old journal or the new one.

        Raises CheckpointNotWritable, TooManyFiles.
        """
        self._receipts = {receipt.part_number: receipt for receipt in receipts}
        self._record = CheckpointRecord(header, self._receipts, completing)
        with self._explained():
            self._write_whole()

    def drive(self, limit: float | None, parallel: int | None) -> None:
        """Record how the upload is driven from now on, where that has changed. Raises as `start` does."""
        record = self._record
        if record is not None and (driven := record.header.driven(limit, parallel)) != record.header:
            self.start(driven, tuple(self._receipts.values()), completing=record.completing)

    def add(self, receipt: PartReceipt) -> None:
        """Record one finished part. Raises CheckpointNotWritable, TransferBusy, TooManyFiles."""
        self._append(receipt_line(receipt))
        self._receipts[receipt.part_number] = receipt
        if self._record is not None and self._record.completing:
            self._record = replace(self._record, completing=False)

    def take_back(self, part_number: int) -> None:
        """Record that a receipt no longer counts. Raises CheckpointNotWritable, TransferBusy, TooManyFiles."""
        self._append(gone_line(part_number))
        self._receipts.pop(part_number, None)

    def completing(self) -> None:
        """Record that Complete is about to be asked. Raises CheckpointNotWritable, TransferBusy, TooManyFiles."""
        self._append(completing_line(), sync=True)
        if self._record is not None:
            self._record = replace(self._record, completing=True)

    def delete(self) -> None:
        """Remove the checkpoint, its spool and its lock file, which is still held, so nobody can have taken it over."""
        self._file.release()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        remove_spool(self._path)
        remove_held(self._lock)

    def close(self) -> None:
        """Flush, and let other kernels have it."""
        self._file.close()
        with suppress(OSError):
            if not os.path.lexists(self._path):  # refused before anything was written: a lock of nothing
                remove_held(self._lock)
        self._lock.release(force=True)

    def _write_whole(self) -> None:
        assert self._record is not None
        receipts = b"".join(map(receipt_line, self._receipts.values()))
        end = completing_line() if self._record.completing else b""
        self._file.replace([header_line(self._record.header), receipts, end])

    def _append(self, line: bytes, *, sync: bool = False) -> None:
        if self._given_up:
            return
        with self._explained():
            if self._file.is_gone():
                self._write_anew()
            self._file.append(line, sync=sync)

    def _write_anew(self) -> None:
        assert self._record is not None, "it is begun before anything is added"
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            hold_anew(self._lock)
            self._write_whole()
        except BaseException:
            self._on_lost(self._record)
            raise
        self.remarks += (tr("The checkpoint was removed while the upload ran; it was written anew."),)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            problem = not_writable(self._path, error)
            if self._needed or isinstance(problem, Shortage):
                raise problem from error
            self._given_up = True
            self.remarks += (without_checkpoint(problem.what),)


def without_checkpoint(reason: str) -> str:
    """Return the note of an upload of one part where no checkpoint can be written."""
    return tr("{reason} A file of one part needs no checkpoint, so it goes without.", reason=reason)
