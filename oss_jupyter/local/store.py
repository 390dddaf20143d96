"""The checkpoint directory: one journal and one lock per transfer, readable by its user only.

A journal that cannot be believed is set aside with its reason in the name, never deleted.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from oss_jupyter.errors import CheckpointDamaged, CheckpointNotWritable, CheckpointTooNew, TransferBusy
from oss_jupyter.local.journal import FileJournal, MemoryJournal
from oss_jupyter.model.record import CheckpointRecord, read_journal

# `busy` holds a lock for a moment to find out whether it is free; whoever opens meanwhile waits that out.
_LOCK_PATIENCE_SECONDS = 0.5


class CheckpointDirectory:
    """The checkpoints in one directory. Any thread may call it; it keeps no state of its own."""

    def __init__(self, directory: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.directory = directory
        self._monotonic = monotonic

    def __repr__(self) -> str:
        return f"CheckpointDirectory({str(self.directory)!r})"

    def open(self, transfer_id: str) -> tuple[FileJournal, CheckpointRecord | None]:
        """Lock a transfer's checkpoint; return it with what it remembers, or None where there is nothing yet.

        Raises TransferBusy, CheckpointTooNew, CheckpointNotWritable.
        """
        self._prepare()
        lock = self._lock(transfer_id)
        try:
            lock.acquire(timeout=_LOCK_PATIENCE_SECONDS)
        except Timeout:
            raise TransferBusy(
                f"Another kernel is already sending this upload ({transfer_id}).",
                "Watch it there, or stop that kernel and run this again.",
                safe="The other kernel goes on; nothing was touched.",
            ) from None
        except OSError as error:
            raise self._not_writable(error) from error
        try:
            journal = FileJournal(self._journal_path(transfer_id), lock, self._monotonic)
            return journal, self._load(journal)
        except BaseException:
            lock.release(force=True)
            raise

    def records(self) -> Sequence[CheckpointRecord]:
        """Return what can be read of every transfer, the most recently changed first. Locks nothing."""
        records = []
        with suppress(OSError):
            for path in self.directory.glob("*.journal"):
                with suppress(OSError, CheckpointDamaged, CheckpointTooNew):
                    records.append(_read(path))
        return sorted(records, key=lambda record: record.updated_at, reverse=True)

    def problems(self) -> Sequence[tuple[Path, str]]:
        """Return the journals that cannot be used, with the reason."""
        reasons = ((path, _problem(path)) for path in sorted(self.directory.glob("*.journal")))
        return [(path, reason) for path, reason in reasons if reason]

    def busy(self, transfer_id: str) -> bool:
        """Whether a process, this one or another, drives this transfer."""
        lock = self._lock(transfer_id)
        if not Path(lock.lock_file).exists():
            return False
        try:
            with lock.acquire(timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False

    def _load(self, journal: FileJournal) -> CheckpointRecord | None:
        path = journal.path
        try:
            record = _read(path)
        except FileNotFoundError:
            return None
        except CheckpointDamaged:
            aside = self._set_aside(path, "damaged")
            path.unlink()
            journal.remarks = (f"The checkpoint could not be read. It was set aside as {aside.name}.",)
            return None
        except OSError as error:
            raise self._not_writable(error) from error
        if record.damaged_lines or record.torn:
            if record.damaged_lines:
                self._set_aside(path, "damaged")
            journal.start(record.header, tuple(record.receipts.values()))
            if record.completing:
                journal.completing()
        return record

    def _set_aside(self, path: Path, reason: str) -> Path:
        """Keep what cannot be believed under another name, for whoever wants to find out why."""
        number = 1
        while (aside := path.with_suffix(f".{reason}-{number}")).exists():
            number += 1
        try:
            shutil.copy2(path, aside)
        except OSError as error:
            raise self._not_writable(error) from error
        return aside

    def _prepare(self) -> None:
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._not_writable(error) from error
        if not os.access(self.directory, os.W_OK | os.X_OK):
            raise self._not_writable(PermissionError(13, os.strerror(13)))

    def _not_writable(self, error: OSError) -> CheckpointNotWritable:
        return CheckpointNotWritable(
            f"The checkpoint directory {self.directory} cannot be used: {error.strerror}.",
            "Choose another with checkpoint_dir=…, or checkpoint_dir=None to upload without being able to resume.",
        )

    def _journal_path(self, transfer_id: str) -> Path:
        return self.directory / f"{transfer_id}.journal"

    def _lock(self, transfer_id: str) -> BaseFileLock:
        # The driver opens on its own thread and may be closed from another.
        return FileLock(self.directory / f"{transfer_id}.lock", mode=0o600, thread_local=False)


class NoCheckpoints:
    """What stands in the directory's place for ``checkpoint_dir=None``: memory, for as long as the kernel lives."""

    directory = None

    def __init__(self) -> None:
        self._journals: dict[str, MemoryJournal] = {}

    def open(self, transfer_id: str) -> tuple[MemoryJournal, CheckpointRecord | None]:
        """Return the journal of a transfer, which a pause may have filled."""
        journal = self._journals.setdefault(transfer_id, MemoryJournal())
        return journal, journal.record

    def records(self) -> Sequence[CheckpointRecord]:
        """Return nothing: what is in memory belongs to transfers that live."""
        return ()

    def busy(self, transfer_id: str) -> bool:
        """Nobody else can be in the way."""
        return False


def _problem(path: Path) -> str:
    try:
        _read(path)
    except (CheckpointDamaged, CheckpointTooNew) as error:
        return error.what
    except OSError as error:
        return str(error.strerror)
    return ""


def _read(path: Path) -> CheckpointRecord:
    data = path.read_bytes()
    return replace(read_journal(data), updated_at=path.stat().st_mtime)
