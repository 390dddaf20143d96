"""Files that are made when their turn comes, on the disk: each lies there from when it is written until what became of
it is written down.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from oss_jupyter.errors import CheckpointNotWritable, OssJupyterError, PartStopped, SourceMissing
from oss_jupyter.local.files import create_own
from oss_jupyter.local.source import FileSource
from oss_jupyter.local.spool import DraftFile, Spools
from oss_jupyter.model.dataset import DatasetSource, FileReceipt, FoundFile, Outcome, Piece, Selection, Trouble
from oss_jupyter.model.parted import MAKER_GONE, Parted, Write
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.model.sizes import MIB
from oss_jupyter.texts import tr
from oss_jupyter.texts.system import system_words

# So many may lie there whatever their size, and more while all of them are small.
_LYING_LEAST = 3
_LYING_MOST = 256
_SMALL_BYTES = 64 * MIB
# What one counts for while nobody knows how large it will be.
_EXPECTED_BYTES = 16 * MIB
_TICK_SECONDS = 0.25
_MTIME_SECONDS = 1 << 30


class PartedSpool:
    """The files of one object. It outlives pauses, and not the kernel.

    place: the folder, or None for one that goes with this object. remembers: whether it is written down what becomes of
    each file. `_changed` (a condition) guards _lying (what is on the disk, in bytes by path), _known (what was written
    and has not failed, by path) and _begun.
    """

    def __init__(self, parted: Parted, place: Path | None) -> None:
        self._parted = parted
        self.remembers = place is not None
        self.place = place or Path(tempfile.mkdtemp(prefix="oss_jupyter-"))
        if place is None:
            weakref.finalize(self, shutil.rmtree, self.place, ignore_errors=True)
        self._changed = threading.Condition()
        self._lying: dict[str, int] = {}
        self._known: dict[str, FoundFile] = {}
        self._begun = False

    def __repr__(self) -> str:
        return f"PartedSpool({self._parted.text!r})"

    def source(self) -> DatasetSource:
        """Return what a dataset is made of that sends all of them."""
        pieces = (Piece(str(self.place / name), name, is_file=True) for name in self._parted.names)
        return DatasetSource(tuple(pieces), self._parted.text)

    def scan(
        self, source: DatasetSource, selection: Selection, stopped: Callable[[], bool], prefix: str = ""
    ) -> Iterator[FoundFile]:
        """Yield the files as they are made, in any order, and those first that this kernel has made before.

        The iteration raises PartStopped soon after `stopped()`, and what stands in the way of all files.
        """
        self._begin()
        with self._changed:
            known = [self._known.get(piece.path) for piece in source.pieces]
        yield from (file for file in known if file is not None)
        missing = [piece for piece, file in zip(source.pieces, known, strict=True) if file is None]
        if missing:
            yield from _Run(self, self._parted, missing, stopped)

    def ended(self, receipt: FileReceipt) -> None:
        """Let a file go, because what became of it is written down. One that failed is made anew next time."""
        with suppress(OSError):
            Path(receipt.path).unlink()
        with self._changed:
            if receipt.outcome is Outcome.FAILED or not self.remembers:
                self._known.pop(receipt.path, None)
            self._lying.pop(receipt.path, None)
            self._changed.notify_all()

    def reserve(self, path: str, stopped: Callable[[], bool]) -> None:
        """Wait until there is room for one more file. Raises PartStopped."""
        with self._changed:
            while not self._has_room():
                if stopped():
                    raise PartStopped("The dataset was stopped.")
                self._changed.wait(_TICK_SECONDS)
            self._lying[path] = _EXPECTED_BYTES

    def free(self, path: str) -> None:
        """Let others have the room of a file that was not written."""
        with self._changed:
            self._lying.pop(path, None)
            self._changed.notify_all()

    def written(self, file: FoundFile) -> None:
        """Note that a file lies there."""
        with self._changed:
            self._lying[file.path] = file.size
            self._known[file.path] = file

    def _has_room(self) -> bool:
        count = len(self._lying)
        return count < _LYING_LEAST or (count < _LYING_MOST and sum(self._lying.values()) < _SMALL_BYTES)

    def _begin(self) -> None:
        """Make the folder. What an earlier kernel has left there is of no use: nobody knows whether it is whole."""
        with self._changed:
            first, self._begun = not self._begun, True
        if first:
            shutil.rmtree(self.place, ignore_errors=True)
        try:
            self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise shortage_of(error) or _not_written(self.place, error) from None


class _Run(Iterator[FoundFile]):
    """One time that files are made, as a Taker: on a thread of its own, while another takes them from here.

    `_changed` (a condition) guards _found, _error and _over.
    """

    def __init__(self, spool: PartedSpool, parted: Parted, pieces: list[Piece], stopped: Callable[[], bool]) -> None:
        self._spool = spool
        self._parted = parted
        self._stopped = stopped
        names = {name: number for number, name in enumerate(parted.names)}
        self._pieces = {names[Path(piece.path).name]: piece for piece in pieces}
        self._no_room = Spools(spool.place).no_room
        self._changed = threading.Condition()
        self._found: deque[FoundFile] = deque()
        self._error: BaseException | None = None
        self._over = False
        threading.Thread(target=self._make, name="oss-make", daemon=True).start()

    def __next__(self) -> FoundFile:
        with self._changed:
            while not self._found and not self._over:
                if self._stopped():
                    raise PartStopped("The dataset was stopped.")
                self._changed.wait(_TICK_SECONDS)
            if self._found:
                return self._found.popleft()
        if self._error is not None:
            raise self._error
        raise StopIteration

    def take(self, number: int, write: Write) -> None:
        """As in Taker."""
        piece = self._pieces[number]
        self._spool.reserve(piece.path, self._stopped)
        try:
            file = self._written(piece, write)
        except BaseException:
            self._spool.free(piece.path)
            raise
        self._spool.written(file)
        self._tell(file)

    def failed(self, number: int, why: str) -> None:
        """As in Taker."""
        piece = self._pieces[number]
        self._tell(FoundFile(piece.path, piece.key, trouble=Trouble.NOT_MADE, detail=why))

    def _tell(self, file: FoundFile) -> None:
        with self._changed:
            self._found.append(file)
            self._changed.notify_all()

    def _make(self) -> None:
        error: BaseException | None = None
        try:
            self._parted.make(tuple(self._pieces), self)
        except BaseException as failure:  # whatever foreign code raises must not end a thread without a word
            error = shortage_of(failure) or failure
        with self._changed:
            self._over, self._error = True, error
            self._changed.notify_all()

    def _written(self, piece: Piece, write: Write) -> FoundFile:
        """Write a file under another name first: one that a stopped run is writing still is nobody's."""
        draft = Path(f"{piece.path}.{secrets.token_hex(4)}")
        try:
            with DraftFile(create_own(draft, appends=False), draft, self._no_room) as file:
                try:
                    write(file)
                except Exception as error:
                    raise file.full(error) or error from None
            if self._stopped():
                raise PartStopped("The dataset was stopped.")
            return settled(draft, Path(piece.path), piece.key)
        except OSError as error:
            raise shortage_of(error) or _not_written(draft.parent, error) from None
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def settled(draft: Path, path: Path, key: str) -> FoundFile:
    """Give a written file its name and a time that is made of its content. Raises OSError, SourceError.

    When it was written tells nothing of a file that is made anew each time. So the same bytes are the same file, for
    all that compares size and mtime, and other bytes are another one.
    """
    size = draft.stat().st_size
    mtime_ns = date_by(draft, FileSource(draft).crc64(0, size))
    draft.replace(path)
    return FoundFile(str(path), key, size, mtime_ns)


def date_by(path: Path, crc: int) -> int:
    """Give a file a time that is made of the CRC-64 of its content; return it as its disk keeps it, in nanoseconds."""
    seconds, nanoseconds = divmod(crc, 1_000_000_000)
    os.utime(path, ns=(0, seconds % _MTIME_SECONDS * 1_000_000_000 + nanoseconds))
    return path.stat().st_mtime_ns


def maker_gone(text: str, known: str) -> SourceMissing:
    """Return why a dataset cannot go on whose kernel is gone. text: what made the files; known: the dataset's id."""
    return SourceMissing(
        tr("What made {text} has gone with its kernel, and the rest of its files cannot be made.", text=text),
        tr(
            "Run the cell again: what is in OSS already and is the same is not sent again. Or give it up: "
            'oj.abort("{id}")',
            id=known,
        ),
        code=MAKER_GONE,
    )


def gone_scan(text: str, known: str) -> Callable[..., Iterator[FoundFile]]:
    """Return what stands for `scan` then."""

    def scan(*_anything: object) -> Iterator[FoundFile]:
        raise maker_gone(text, known)

    return scan


def _not_written(place: Path, error: OSError) -> OssJupyterError:
    return CheckpointNotWritable(
        tr("A file cannot be written to {place}: {reason}.", place=place, reason=system_words(error)),
        tr("Check that disk, or choose another with checkpoint_dir=…"),
    )
