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

from oss_jupyter.errors import CheckpointNotWritable
from oss_jupyter.model.parts import PartReceipt
from oss_jupyter.model.record import (
    CheckpointHeader,
    CheckpointRecord,
    completing_line,
    header_line,
    receipt_line,
)

# A receipt in the system's cache survives the process; only a power cut loses it, and then at most this much is sent
# again. Waiting for the disk after each part would make small parts slow on a home directory in the network.
SYNC_SECONDS = 1.0


class FileJournal:
    """The checkpoint of one transfer, in a file of mode 0600."""

    def __init__(self, path: Path, lock: BaseFileLock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._lock = lock
        self._monotonic = monotonic
        self.remarks: tuple[str, ...] = ()
        self._descriptor: int | None = None
        self._synced_at = 0.0

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    def start(self, header: CheckpointHeader, receipts: Sequence[PartReceipt] = ()) -> None:
        """Begin anew with this header and these receipts; a crash leaves either the old journal or the new one.

        Raises CheckpointNotWritable.
        """
        content = b"".join([header_line(header), *map(receipt_line, receipts)])
        self._release_file()
        temporary = self._path.with_suffix(".new")
        with _explained(self._path.parent):
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
            try:
                _write_all(descriptor, content)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            temporary.replace(self._path)
            _sync_directory(self._path.parent)

    def add(self, receipt: PartReceipt) -> None:
        """Record one finished part. Raises CheckpointNotWritable."""
        self._append(receipt_line(receipt))

    def completing(self) -> None:
        """Record that Complete is about to be asked. Raises CheckpointNotWritable."""
        self._append(completing_line(), sync=True)

    def delete(self) -> None:
        """Remove the checkpoint and its lock file, which is still held, so nobody can have taken it over."""
        self._release_file()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
        with suppress(OSError):
            Path(self._lock.lock_file).unlink(missing_ok=True)

    def close(self) -> None:
        """Flush, and let other kernels have it."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.fsync(self._descriptor)
        self._release_file()
        self._lock.release(force=True)

    def _append(self, line: bytes, *, sync: bool = False) -> None:
        with _explained(self._path.parent):
            if self._descriptor is None:
                self._descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND)
            end = os.fstat(self._descriptor).st_size
            try:
                _write_all(self._descriptor, line)
            except OSError:
                # Half a line from a full disk would damage the next one that fits.
                with suppress(OSError):
                    os.ftruncate(self._descriptor, end)
                raise
            now = self._monotonic()
            if sync or now - self._synced_at >= SYNC_SECONDS:
                os.fsync(self._descriptor)
                self._synced_at = now

    def _release_file(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


class MemoryJournal:
    """What stands in a journal's place when resuming is switched off: it outlives a pause, not the kernel."""

    path = None
    remarks = ()

    def __init__(self) -> None:
        self.record: CheckpointRecord | None = None
        self._receipts: dict[int, PartReceipt] = {}

    def start(self, header: CheckpointHeader, receipts: Sequence[PartReceipt] = ()) -> None:
        """Begin anew with this header and these receipts."""
        self._receipts = {receipt.part_number: receipt for receipt in receipts}
        self.record = CheckpointRecord(header, self._receipts)

    def add(self, receipt: PartReceipt) -> None:
        """Remember one finished part."""
        self._receipts[receipt.part_number] = receipt

    def completing(self) -> None:
        """Remember that Complete is about to be asked."""
        if self.record is not None:
            self.record = replace(self.record, completing=True)

    def delete(self) -> None:
        """Forget everything."""
        self.record = None

    def close(self) -> None:
        """Nothing is open."""


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":
        return  # Windows cannot open a directory; it writes the entry by itself
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _explained(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CheckpointNotWritable(
            f"The checkpoint cannot be written in {directory}: {error.strerror}.",
            "Make room or allow writing there, or choose another place with checkpoint_dir=…; then resume.",
        ) from error
