"""A stream of unknown length on the disk: each part is a file of its own, from when it is cut until it is in OSS."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import OssJupyterError, SourceError, SourceMissing, SourceUnreadable
from oss_jupyter.local.files import create_own
from oss_jupyter.model.pieces import STREAM_GONE, CutSoFar, Piece, StreamEnded, Tell
from oss_jupyter.model.plan import MAX_PARTS
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.model.sizes import KIB, format_size
from oss_jupyter.redact import said_by

_GOES_ON = "Run the cell again: what is in OSS already and is the same is not sent again."


class StreamSpool:
    """Reads a stream on a thread of its own, from the first `follow` on, as long as there is room.

    name: that of the folder with its pieces, but for its end, which is made up. `_changed` (a condition) guards _room,
    _pieces (those that are not in OSS), _count, _size_bytes, _tell, _ended, _closed and _folder.
    """

    def __init__(self, chunks: Iterable[Any], text: str, place: Path, name: str, part_size: int) -> None:
        self.part_size = part_size
        self._chunks = chunks
        self._text = text
        self._place = place
        self._name = name
        self._changed = threading.Condition()
        self._room = 1
        self._pieces: dict[int, Piece] = {}
        self._count = self._size_bytes = 0
        self._tell: Tell | None = None
        self._ended: StreamEnded | None = None
        self._closed = False
        self._folder: Path | None = None

    def __repr__(self) -> str:
        return f"StreamSpool({self._text!r})"

    @property
    def stuck(self) -> OssJupyterError | None:
        """As in PieceSource."""
        with self._changed:
            return self._stuck()

    def _stuck(self) -> OssJupyterError | None:
        failed = self._ended.error if self._ended else None
        return failed or (_gone(self._text, self._name) if self._closed else None)

    def follow(self, tell: Tell) -> CutSoFar:
        """As in PieceSource."""
        with self._changed:
            stuck = self._stuck()
            if stuck is not None:
                raise stuck
            if self._folder is None:
                self._folder = self._begin()
            self._tell, ended = tell, self._ended
            waiting = tuple(self._pieces[number] for number in sorted(self._pieces))
            cut = CutSoFar(self._count, self._size_bytes, waiting)
        if ended is not None:
            tell(ended)
        return cut

    def make_room(self, pieces: int) -> None:
        """As in PieceSource."""
        with self._changed:
            self._room = pieces
            self._changed.notify_all()

    def confirmed(self, number: int) -> None:
        """As in PieceSource."""
        with self._changed:
            piece = self._pieces[number]
        # Before there is room for another one: no more than that lie on the disk at any moment.
        with suppress(OSError):
            Path(piece.path).unlink()
        with self._changed:
            del self._pieces[number]
            self._changed.notify_all()

    def rest(self) -> None:
        """As in PieceSource."""
        with self._changed:
            self._tell = None

    def close(self) -> None:
        """As in PieceSource."""
        with self._changed:
            self._closed, self._tell, folder = True, None, self._folder
            self._changed.notify_all()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _begin(self) -> Path:
        """Make a folder and start the thread. What an earlier kernel left is of no use: nobody knows how it went on."""
        remove_pieces(self._place, self._name)
        try:
            self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=self._name, dir=self._place))
        except OSError as error:
            raise shortage_of(error) or self._not_written(error) from None
        try:
            # It may wait for its stream for ever, and the end of the kernel must not wait for it.
            threading.Thread(target=self._run, args=(folder,), name="oss-stream", daemon=True).start()
        except RuntimeError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise shortage_of(error) or error from None
        return folder

    def _run(self, folder: Path) -> None:
        error: OssJupyterError | None = None
        try:
            self._cut_all(folder)
        except OssJupyterError as failure:
            error = failure
        except BaseException as failure:  # whatever a generator raises must not end a thread without a word
            error = shortage_of(failure) or self._failed(failure)
        close = getattr(self._chunks, "close", None)
        if close is not None:
            with suppress(Exception):
                close()
        with self._changed:
            self._ended = ended = StreamEnded(self._count, error)
            tell, closed = self._tell, self._closed
        if closed:  # a piece may have been written meanwhile
            shutil.rmtree(folder, ignore_errors=True)
        elif tell is not None:
            tell(ended)

    def _cut_all(self, folder: Path) -> None:
        stretches = self._stretches()
        left: memoryview | None = None
        number = 0
        # The next stretch is waited for only when the piece before has been told of.
        while (left := left or next(stretches, None)) is not None and self._has_room():
            number += 1
            if number > MAX_PARTS:
                raise SourceError(
                    f"{self._text} has more than {MAX_PARTS:,} parts of {format_size(self.part_size)}.",
                    f'Give larger parts: part_size="{4 * self.part_size // KIB}KiB".',
                    code="StreamTooLong",
                )
            piece, left = self._cut(folder / f"part-{number:05}", number, left, stretches)
            self._add(piece)

    def _has_room(self) -> bool:
        """Wait until there is room for one more piece; return False once the stream is given up."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._pieces) < self._room)
            return not self._closed

    def _add(self, piece: Piece) -> None:
        with self._changed:
            self._pieces[piece.number] = piece
            self._count, self._size_bytes = piece.number, self._size_bytes + piece.length
            tell = self._tell
        if tell is not None:
            tell(piece)

    def _cut(
        self, path: Path, number: int, left: memoryview, stretches: Iterator[memoryview]
    ) -> tuple[Piece, memoryview | None]:
        """Write a piece, and return it with what of the stream is left in hand."""
        rest: memoryview | None = left
        length = crc = 0
        try:
            with os.fdopen(create_own(path, appends=False), "wb") as file:
                while length < self.part_size and (rest := rest or next(stretches, None)) is not None:
                    taken, rest = rest[: self.part_size - length], rest[self.part_size - length :]
                    file.write(taken)
                    crc = crc64(taken, crc)
                    length += len(taken)
        except OSError as error:
            raise shortage_of(error) or self._not_written(error) from None
        return Piece(number, length, crc, str(path)), rest

    def _stretches(self) -> Iterator[memoryview]:
        """Yield what the stream gives, but nothing that is empty."""
        for chunk in self._chunks:
            if isinstance(chunk, str):
                raise SourceUnreadable(f"{self._text} gave text, and not bytes.", "Let it give text.encode().")
            try:
                view = memoryview(chunk).cast("B")
            except TypeError:
                raise SourceUnreadable(
                    f"{self._text} gave a {type(chunk).__name__}, and not bytes.",
                    "Let it give bytes, bytearray or memoryview.",
                ) from None
            if view:
                yield view

    def _failed(self, error: BaseException) -> SourceError:
        return SourceError(
            f"{self._text} came to an end with {type(error).__name__}: {said_by(error)}",
            f"Mend it. {_GOES_ON}",
            code="StreamFailed",
        )

    def _not_written(self, error: OSError) -> SourceError:
        free_bytes = _free_bytes(self._place)
        return SourceError(
            f"A part of {self._text} cannot be written to {self._place}: {error.strerror}. A few parts of "
            f"{format_size(self.part_size)} lie there until they are in OSS, and {format_size(free_bytes)} are free.",
            f"Make room, or name another place with checkpoint_dir. {_GOES_ON}",
            code="SpoolNotWritable",
        )


class GoneStream:
    """What is left of a stream whose kernel is gone: what may lie on the disk. As in PieceSource."""

    def __init__(self, text: str, place: Path, name: str, part_size: int) -> None:
        self.part_size = part_size
        self._text = text
        self._place = place
        self._name = name

    @property
    def stuck(self) -> OssJupyterError | None:
        """As in PieceSource."""
        return _gone(self._text, self._name)

    def follow(self, tell: Tell) -> CutSoFar:
        """Raise SourceMissing: it cannot go on."""
        raise _gone(self._text, self._name)

    def make_room(self, pieces: int) -> None:
        """There is nothing to make room for."""

    def confirmed(self, number: int) -> None:
        """There are no pieces."""

    def rest(self) -> None:
        """It rests for good."""

    def close(self) -> None:
        """Remove what lies on the disk."""
        remove_pieces(self._place, self._name)


def _gone(text: str, name: str) -> SourceMissing:
    """Return why a stream cannot go on. name: as of the folder of its pieces."""
    known = name.partition(".")[0]
    return SourceMissing(
        f"The beginning of {text} is in OSS, and what made it has gone with its kernel: it cannot go on by itself.",
        f'{_GOES_ON} Or give it up, which removes its parts: oj.abort("{known}")',
        safe="What is in OSS is kept there, and billed, until it is used or removed.",
        code=STREAM_GONE,
    )


def remove_pieces(place: Path, name: str) -> None:
    """Remove the folders of a stream, if there are any."""
    for folder in place.glob(f"{name}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _free_bytes(folder: Path) -> int:
    with suppress(OSError):
        return shutil.disk_usage(folder).free
    return 0
