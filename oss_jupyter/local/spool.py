"""Spool files: objects of a notebook as files of the checkpoint directory, for as long as their uploads need them.

One that is being written is a draft, `NAME.draft`; whoever writes it holds `NAME.lock`, so that a draft whose process
has died is known by its free lock. A finished one is `ID.spool`, beside the journal of its upload, and goes with it.
"""

from __future__ import annotations

import io
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, Timeout

from oss_jupyter.errors import CheckpointError, CheckpointNotWritable, SourceMissing
from oss_jupyter.local.files import check_own, create_own
from oss_jupyter.local.locks import Locks, remove_held
from oss_jupyter.local.room import FULL, NO_ROOM, RESERVE_BYTES, free_bytes, said_free, said_short
from oss_jupyter.local.source import FileSource
from oss_jupyter.local.stream_folders import remove_left, taken
from oss_jupyter.local.suffixes import DRAFT, MADE, SPOOL
from oss_jupyter.model.flat import flat
from oss_jupyter.model.record import CheckpointHeader
from oss_jupyter.model.sizes import MIB, count, format_size
from oss_jupyter.model.wire_values import Fingerprint
from oss_jupyter.names import printable
from oss_jupyter.texts import english, tr

# How much is written between two looks at the disk. An interrupt comes through between them.
_SLICE_BYTES = 8 * MIB
_MAKE_ROOM = english(
    "Make room there, finish or abort other uploads (oj.transfers() lists them), or choose another disk with "
    "checkpoint_dir=…"
)


class DraftFile(io.FileIO):
    """A draft, to be written by whichever library: it takes all that it is given, and keeps the disk from filling up.

    problem: why it could not be written, for whoever gets only what a library made of that.
    """

    def __init__(self, descriptor: int, path: Path, no_room: Callable[[int], CheckpointNotWritable | None]) -> None:
        super().__init__(descriptor, "w")
        self.path = path
        self.problem: CheckpointNotWritable | None = None
        self._no_room = no_room

    def write(self, data: Any, /) -> int:
        """Write all of `data`, which may be large. Raises CheckpointNotWritable, OSError."""
        view = flat(data)
        for begin in range(0, len(view), _SLICE_BYTES):
            piece = view[begin : begin + _SLICE_BYTES]
            self.problem = self._no_room(len(piece))
            if self.problem is not None:
                raise self.problem
            try:
                while piece:
                    piece = piece[super().write(piece) or 0 :]
            except OSError as error:
                if error.errno in FULL:  # libraries put it into words of their own
                    self.problem = disk_full(self.path.parent, self.written_bytes)
                raise
        return len(view)

    @property
    def written_bytes(self) -> int:
        """How large it is by now, whoever wrote that."""
        with suppress(OSError):
            return self.path.stat().st_size
        return 0

    def full(self, error: BaseException) -> CheckpointNotWritable | None:
        """Return that the disk is full, with the numbers, where that is why a library failed."""
        why = self.problem or self._no_room(0)
        if why is None and isinstance(error, OSError) and error.errno in FULL:
            return disk_full(self.path.parent, self.written_bytes)
        return why


class Spools:
    """The spool files in one directory. Any thread may call it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._locks = Locks(directory)

    def path_of(self, transfer_id: str) -> Path:
        """Return where the spool of an upload lies, whether it is there or not."""
        return self.directory / f"{transfer_id}{SPOOL}"

    def bytes_of(self, transfer_id: str) -> int:
        """Return how large the spool of an upload is, 0 where there is none."""
        with suppress(OSError):
            return self.path_of(transfer_id).lstat().st_size
        return 0

    def taken(self) -> tuple[int, int]:
        """Return how many spools lie here, drafts and pieces of streams among them, and how many bytes they take."""
        streams, size = taken(self.directory)
        sizes = []
        for path in (*self._paths(SPOOL, DRAFT), *self._made()):
            with suppress(OSError):
                sizes.append(path.lstat().st_size)
        return len(sizes) + streams, sum(sizes) + size

    @contextmanager
    def draft(self, expected_bytes: int | None = None) -> Iterator[DraftFile]:
        """Give a file of mode 0600 that is removed at the end of the block, unless `keep` has taken it.

        expected_bytes: how large it will be, where that is known. Raises CheckpointNotWritable, CheckpointForeign.
        """
        self.sweep()
        name = secrets.token_hex(4)
        path = self.directory / f"{name}{DRAFT}"
        lock = self._locked(name)
        try:
            why_not = self.no_room(expected_bytes or 0)
            if why_not is not None:
                raise why_not
            with DraftFile(self._created(path), path, self.no_room) as file:
                yield file
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            remove_held(lock)
            lock.release(force=True)

    def keep(self, draft: Path, transfer_id: str, is_same: Callable[[Path], bool]) -> bool:
        """Let a written draft be the spool of an upload; return False where the same bytes are its spool already.

        Raises CheckpointNotWritable, CheckpointForeign.
        """
        path = self.path_of(transfer_id)
        with suppress(FileNotFoundError):
            check_own(path)
            if is_same(path):
                return False
        try:
            draft.replace(path)
        except OSError as error:
            raise self._locks.unusable(error) from error
        return True

    def sweep(self) -> int:
        """Remove drafts and pieces of streams whose process has died; return how many."""
        return sum(map(self._swept, self._paths(DRAFT))) + remove_left(self.directory)

    def _swept(self, path: Path) -> bool:
        lock = self._locks.of(path.stem)
        with suppress(OSError, Timeout, CheckpointError):
            check_own(path)
            with lock.acquire(timeout=0):
                path.unlink()
                remove_held(lock)
                return True
        return False

    def _paths(self, *suffixes: str) -> list[Path]:
        with suppress(OSError):
            return [path for path in self.directory.iterdir() if path.suffix in suffixes]
        return []

    def _made(self) -> Iterator[Path]:
        for folder in self._paths(MADE):
            with suppress(OSError):
                yield from folder.iterdir()

    def _locked(self, name: str) -> BaseFileLock:
        try:
            return self._locks.held(name)
        except OSError as error:
            raise self._locks.unusable(error) from error

    def _created(self, path: Path) -> int:
        try:
            return create_own(path, appends=False)
        except OSError as error:
            raise self._locks.unusable(error) from error

    def no_room(self, wanted_bytes: int) -> CheckpointNotWritable | None:
        """Return why so many bytes more cannot be written, with the numbers; None where they can."""
        free = free_bytes(self.directory)
        if wanted_bytes + RESERVE_BYTES <= free:
            return None
        return no_room(self.directory, wanted_bytes, free, self.taken())


def no_room(directory: Path, wanted_bytes: int, free_bytes: int, taken: tuple[int, int]) -> CheckpointNotWritable:
    """Return the error that the disk cannot hold a spool."""
    number, size = taken
    why = said_short(wanted_bytes, free_bytes) if wanted_bytes else said_free(free_bytes)
    if number:
        spools = count(number, "spool")
        why = tr("{why} {spools} there take {size}.", why=why, spools=spools, size=format_size(size))
    return CheckpointNotWritable(
        tr(
            "An object is written to disk before it is sent, and the disk of {directory} cannot hold it: {why}",
            directory=directory,
            why=why,
        ),
        tr(_MAKE_ROOM),
        code=NO_ROOM,
    )


def disk_full(directory: Path, written_bytes: int) -> CheckpointNotWritable:
    """Return the error that the system takes no more of a spool, whatever room there seems to be."""
    return CheckpointNotWritable(
        tr(
            "An object is written to disk before it is sent, and the system took no more than {size} of it in "
            "{directory}.",
            size=format_size(written_bytes),
            directory=directory,
        ),
        tr(_MAKE_ROOM),
        code=NO_ROOM,
    )


class TemporarySpools(Spools):
    """Spools where nothing is to outlive the kernel: in a directory of their own that goes with this object."""

    def __init__(self) -> None:
        super().__init__(Path(tempfile.mkdtemp(prefix="oss_jupyter-")))
        weakref.finalize(self, shutil.rmtree, self.directory, ignore_errors=True)


class SpoolSource(FileSource):
    """An object's bytes as they were written down. label: what the user calls the object."""

    def __init__(self, path: Path, label: str) -> None:
        super().__init__(path, kept=True)
        self._label = label

    def fingerprint(self) -> Fingerprint:
        """Return size, times and inode. Raises SourceMissing, SourceUnreadable."""
        try:
            return super().fingerprint()
        except SourceMissing:
            raise SourceMissing(
                tr("What {object} was written to, {path}, is not there any more.", object=self._label, path=self.path),
                tr("Run the cell that uploads it again: the same bytes go on where they stopped. Or abort the upload."),
                code="SpoolMissing",
            ) from None


def kept_source(header: CheckpointHeader) -> FileSource:
    """Return the source that a checkpoint names."""
    if header.spooled:
        return SpoolSource(Path(header.source), printable(header.spooled))
    return FileSource(header.source, kept=True)


def remove_spool(journal: Path) -> None:
    """Remove what the upload of a journal was written to."""
    with suppress(OSError):
        journal.with_suffix(SPOOL).unlink(missing_ok=True)
