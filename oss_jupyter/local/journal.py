"""One transfer's open checkpoint: an append-only file that a crash can tear only in its last line.

Only the transfer's driver thread writes. The lock file beside it says which process drives the transfer; the system
lets go of it however that process ends.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from filelock import BaseFileLock, Timeout

from oss_jupyter.errors import CheckpointNotWritable, TransferBusy
from oss_jupyter.local.files import create_own, open_own
from oss_jupyter.model.record import (
    CheckpointHeader,
    CheckpointRecord,
    completing_line,
    gone_line,
    header_line,
    receipt_line,
)
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.model.wire_values import PartReceipt

# A receipt in the system's cache survives the process; only a power cut loses it, and then at most this much is sent
# again. Waiting for the disk after each part would make small parts slow on a home directory in the network.
SYNC_SECONDS = 1.0


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
        self._monotonic = monotonic
        self._needed = needed
        self._on_lost = on_lost
        self.remarks: tuple[str, ...] = ()
        self._record: CheckpointRecord | None = None
        self._receipts: dict[int, PartReceipt] = {}
        self._descriptor: int | None = None
        self._has_links = True
        self._given_up = False
        self._synced_at = 0.0

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
        with suppress(OSError):
            if not os.path.lexists(self._path):  # refused before anything was written: a lock of nothing
                Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release(force=True)

    def _write_whole(self) -> None:
        assert self._record is not None
        self._release_file()
        # A name that nobody can have prepared something at.
        temporary = self._path.with_suffix(f".{secrets.token_hex(4)}.new")
        descriptor = create_own(temporary)
        try:
            receipts = b"".join(map(receipt_line, self._receipts.values()))
            _write_all(descriptor, header_line(self._record.header) + receipts)
            _write_all(descriptor, completing_line() if self._record.completing else b"")
            os.fsync(descriptor)
            os.close(descriptor)
            temporary.replace(self._path)
        except BaseException:
            with suppress(OSError):
                os.close(descriptor)
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_directory(self._path.parent)

    def _append(self, line: bytes, *, sync: bool = False) -> None:
        if self._given_up:
            return
        with self._explained():
            descriptor = self._open()
            end = os.fstat(descriptor).st_size
            try:
                _write_all(descriptor, line)
            except OSError:
                # Half a line from a full disk would damage the next one that fits.
                with suppress(OSError):
                    os.ftruncate(descriptor, end)
                raise
            now = self._monotonic()
            if sync or now - self._synced_at >= SYNC_SECONDS:
                os.fsync(descriptor)
                self._synced_at = now

    def _open(self) -> int:
        """Return a descriptor of the file that has the journal's name; one that is gone is written anew."""
        if self._is_gone():
            self._write_anew()
        if self._descriptor is None:
            self._descriptor = open_own(self._path, os.O_RDWR | os.O_APPEND)
            self._has_links = os.fstat(self._descriptor).st_nlink > 0  # some network disks count none
        return self._descriptor

    def _is_gone(self) -> bool:
        """Whether somebody removed or replaced the file: whatever is still appended to it is lost."""
        try:
            self._path.lstat()
            return self._has_links and self._descriptor is not None and os.fstat(self._descriptor).st_nlink == 0
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
                return True
            raise

    def _write_anew(self) -> None:
        assert self._record is not None, "it is begun before anything is added"
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_anew()
            self._write_whole()
        except BaseException:
            self._on_lost(self._record)
            raise
        self.remarks += ("The checkpoint was removed while the upload ran; it was written anew.",)

    def _lock_anew(self) -> None:
        """The lock was removed with the rest: without a new one, another kernel would not see that this one drives."""
        if Path(self._lock.lock_file).exists():
            return
        self._lock.release(force=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise TransferBusy(
                "The checkpoint was removed while the upload ran, and another kernel has begun the same upload since.",
                "Watch it there.",
            ) from None

    def _release_file(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if (shortage := shortage_of(error)) is not None:
                raise shortage from None
            what = f"The checkpoint cannot be written in {self._path.parent}: {error.strerror}."
            if self._needed:
                raise CheckpointNotWritable(
                    what,
                    "Make room or allow writing there, or choose another place with checkpoint_dir=…; then resume.",
                ) from error
            self._given_up = True
            self.remarks += (without_checkpoint(what),)


def without_checkpoint(reason: str) -> str:
    """Return the note of an upload of one part where no checkpoint can be written."""
    return f"{reason} A file of one part needs no checkpoint, so it goes without."


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
