"""The checkpoint directory: one journal and one lock per transfer, readable by its user only.

It owns the names of its files: nothing else spells them. A journal that cannot be believed is set aside with its reason
in the name, never deleted; what belongs to somebody else is named and left alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from filelock import Timeout

from oss_jupyter.errors import (
    CheckpointDamaged,
    CheckpointForeign,
    CheckpointNotWritable,
    Shortage,
)
from oss_jupyter.local.aside import set_aside
from oss_jupyter.local.files import check_own, others_can_write, read_own
from oss_jupyter.local.found import JOURNAL_MAX_BYTES, Found, believe, read_found
from oss_jupyter.local.journal import FileJournal, without_checkpoint
from oss_jupyter.local.locks import Locks, remove_held
from oss_jupyter.local.memory import MemoryJournal, NoCheckpoints
from oss_jupyter.local.spool import Spools, remove_spool
from oss_jupyter.local.suffixes import DATASET, FILES, JOURNAL, LOCK, NEW, SPOOL
from oss_jupyter.model.record import CheckpointRecord, read_remnant
from oss_jupyter.texts import tr


class CheckpointDirectory:
    """The checkpoints in one directory. Any thread may call it.

    `_seen` holds what was read last, by path, with the file's stamp: a journal of 10,000 parts takes 0.1 s to read.
    `_lost` holds what a journal said that is gone and could not be written anew, by id. Entries of both are only
    replaced whole.
    """

    def __init__(self, directory: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.directory = directory
        self._monotonic = monotonic
        self._locks = Locks(directory)
        self.spools = Spools(directory)
        self._seen: dict[Path, tuple[tuple[int, ...], Found]] = {}
        self._lost: dict[str, CheckpointRecord] = {}

    def __repr__(self) -> str:
        return f"CheckpointDirectory({str(self.directory)!r})"

    def path_of(self, transfer_id: str) -> Path:
        """Return where a transfer's journal lies, whether it is there or not."""
        return self.directory / f"{transfer_id}{JOURNAL}"

    def keeps(self, transfer_id: str) -> bool:
        """Whether a transfer has a checkpoint."""
        return self.path_of(transfer_id).exists()

    def open(
        self, transfer_id: str, *, needed: bool = True
    ) -> tuple[FileJournal | MemoryJournal, CheckpointRecord | None]:
        """Lock a transfer's checkpoint; return it with what it remembers, or None where there is nothing yet.

        needed: False for an upload that can do without: then a directory that cannot be used is only remarked.

        Raises TransferBusy, CheckpointTooNew, CheckpointForeign, CheckpointNotWritable, TooManyFiles.
        """
        try:
            return self._open(transfer_id, needed)
        except (CheckpointNotWritable, CheckpointForeign) as error:
            if needed:
                raise
            return MemoryJournal(without_checkpoint(error.what)), None

    def inventory(self) -> list[Found]:
        """Return what lies here, the most recently changed first. Locks nothing and raises nothing."""
        try:
            exposed = others_can_write(self.directory.stat())
            paths = [path for path in self.directory.iterdir() if path.suffix == JOURNAL]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            return [Found("", self.directory, problem=self._locks.unusable(error))]
        found = [self._look_at(path, exposed) for path in paths]
        return sorted((one for one in found if one is not None), key=lambda one: one.changed_at_ns, reverse=True)

    def upload_ids(self) -> frozenset[str]:
        """Return the ids of all uploads that a checkpoint here knows."""
        records = (found.record for found in self.inventory())
        return frozenset(record.header.upload_id for record in records if record is not None)

    def kept_bytes(self, transfer_ids: Collection[str]) -> int:
        """Return how many bytes of some transfers the service has, as their checkpoints here tell."""
        paths = [path for path in self._names(JOURNAL) if path.stem in transfer_ids]
        found = [self._look_at(path, exposed=False) for path in paths]
        return sum(one.record.kept_bytes for one in found if one is not None and one.record is not None)

    def problems(self) -> list[Found]:
        """Return what lies here and cannot be used, each with its problem."""
        return [found for found in self.inventory() if found.problem]

    def busy(self, transfer_id: str) -> bool:
        """Whether a process, this one or another, drives this transfer."""
        return self._locks.busy(transfer_id)

    def remove(self, transfer_id: str) -> None:
        """Remove a journal, whatever it says. Raises TransferBusy, CheckpointForeign, CheckpointNotWritable."""
        path = self.path_of(transfer_id)
        try:
            lock = self._locks.held(transfer_id)
            try:
                check_own(path)
                path.unlink()
                remove_spool(path)
                remove_held(lock)
            except FileNotFoundError:
                pass
            finally:
                lock.release(force=True)
        except OSError as error:
            raise self._locks.unusable(error) from error
        self._lost.pop(transfer_id, None)

    def remove_stale(self) -> int:
        """Remove what a kernel left that died before it had written a journal; return how many files."""
        stale = sum(self._remove_if_stale(path) for path in self._names(LOCK, NEW, FILES, SPOOL))
        return self.spools.sweep() + stale

    def _open(self, transfer_id: str, needed: bool) -> tuple[FileJournal, CheckpointRecord | None]:
        try:
            lock = self._locks.held(transfer_id)
        except OSError as error:
            raise self._locks.unusable(error) from error
        try:
            journal = FileJournal(
                self.path_of(transfer_id),
                lock,
                self._monotonic,
                needed=needed,
                on_lost=lambda record: self._lost.update({transfer_id: record}),
            )
            return journal, self._load(journal) or self._lost.pop(transfer_id, None)
        except OSError as error:
            lock.release(force=True)
            raise self._locks.unusable(error) from error
        except BaseException:
            lock.release(force=True)
            raise

    def _remove_if_stale(self, path: Path) -> bool:
        transfer_id = path.name.partition(".")[0]
        with suppress(OSError, Timeout, CheckpointForeign):
            check_own(path)
            lock = self._locks.of(transfer_id)
            # Removed while the lock is held, so that nobody can have begun meanwhile.
            with lock.acquire(timeout=0):
                of_a_dataset = self.path_of(transfer_id).with_suffix(DATASET).exists()
                begun = of_a_dataset or (path.suffix != FILES and self.path_of(transfer_id).exists())
                stale = path.suffix == NEW or not begun
                if stale:
                    path.unlink()
                if not begun:
                    remove_held(lock)
                return stale
        return False

    def _names(self, *suffixes: str) -> list[Path]:
        with suppress(OSError):
            return [path for path in self.directory.iterdir() if path.suffix in suffixes]
        return []

    def _look_at(self, path: Path, exposed: bool) -> Found | None:
        """Return what one journal says, read again only when it has changed; None where it has just gone."""
        try:
            status = path.lstat()
        except OSError:
            return None
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size, status.st_uid, status.st_mode)
        seen = self._seen.get(path)
        if seen is None or seen[0] != stamp:
            seen = (stamp, read_found(path, status))
            if not isinstance(seen[1].problem, Shortage):  # that is of this moment
                self._seen[path] = seen
        found = seen[1]
        return replace(found, busy=self.busy(found.transfer_id), exposed=found.exposed or exposed)

    def _load(self, journal: FileJournal) -> CheckpointRecord | None:
        path = journal.path
        try:
            data = read_own(path, JOURNAL_MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        try:
            record = believe(path, data)
        except CheckpointDamaged:
            aside = set_aside(path, data)
            path.unlink()
            left = read_remnant(data)
            remark = tr("The checkpoint could not be read. It was set aside as {name}.", name=aside.name)
            journal.remarks = (
                tr("{remark} Parts of its {left} may still be in OSS.", remark=remark, left=left) if left else remark,
            )
            return None
        if record.damaged_lines or record.torn:
            if record.damaged_lines:
                set_aside(path, data)
            journal.start(record.header, tuple(record.receipts.values()), completing=record.completing)
        return record


Checkpoints = CheckpointDirectory | NoCheckpoints
