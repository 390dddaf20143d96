"""A stream of unknown length on the disk: each part is a file of its own, from when it is cut until it is in OSS."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import OssJupyterError, Shortage, SourceError
from oss_jupyter.local.files import create_own
from oss_jupyter.local.room import FULL, NO_ROOM, RESERVE_BYTES, free_bytes, said_refused, said_short
from oss_jupyter.local.stream_flow import Flow
from oss_jupyter.local.stream_folders import PieceFolder, remove_left
from oss_jupyter.local.stream_gone import STREAM_GOES_ON, gone
from oss_jupyter.model.pieces import CutSoFar, Piece, StreamEnded, Tell
from oss_jupyter.model.plan import MAX_PARTS
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.model.sizes import KIB, MIB, format_size
from oss_jupyter.redact import said_by
from oss_jupyter.texts import tr
from oss_jupyter.texts.system import system_words

# So much is written between two looks at the disk.
_LOOK_BYTES = MIB


class StreamSpool:
    """Reads a stream on a thread of its own, from the first `follow` on, as long as there is room.

    name: that of the folder with its pieces, but for its end, which is made up. free: how much the disk takes.
    `_changed` (a condition) guards _room, _pieces (those that are not in OSS), _count, _size_bytes, _tell, _ended,
    _closed and _folder.
    """

    def __init__(
        self,
        chunks: Iterable[Any],
        text: str,
        place: Path,
        name: str,
        part_size: int,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self.part_size = part_size
        self._chunks = chunks
        self._text = text
        self._place = place
        self._name = name
        self._free = free
        self._changed = threading.Condition()
        self._room = 1
        self._pieces: dict[int, Piece] = {}
        self._count = self._size_bytes = 0
        self._tell: Tell | None = None
        self._ended: StreamEnded | None = None
        self._closed = False
        self._folder: PieceFolder | None = None

    def __repr__(self) -> str:
        return f"StreamSpool({self._text!r})"

    @property
    def stuck(self) -> OssJupyterError | None:
        """As in PieceSource."""
        with self._changed:
            return self._stuck()

    def _stuck(self) -> OssJupyterError | None:
        failed = self._ended.error if self._ended else None
        return failed or (gone(self._text, self._name) if self._closed else None)

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

    def close(self, *, given_up: bool = False) -> None:
        """As in PieceSource."""
        with self._changed:
            self._closed, self._tell, folder = True, None, self._folder
            self._pieces.clear()
            self._changed.notify_all()
        if folder is not None:
            folder.remove()
        if given_up:
            remove_left(self._place, self._name, also_held=True)

    def _begin(self) -> PieceFolder:
        """Make a folder and start the thread."""
        remove_left(self._place, self._name)
        try:
            folder = PieceFolder(self._place, self._name)
        except OSError as error:
            raise shortage_of(error) or self._not_written(error) from None
        try:
            # It may wait for its stream for ever, and the end of the kernel must not wait for it.
            threading.Thread(target=self._run, args=(folder,), name="oss-stream", daemon=True).start()
        except RuntimeError as error:
            folder.remove()
            raise shortage_of(error) or error from None
        return folder

    def _run(self, folder: PieceFolder) -> None:
        error: OssJupyterError | None = None
        try:
            self._cut_all(folder, Flow(self._chunks, self._text, self._is_closed))
        except OssJupyterError as failure:
            error = failure
        except BaseException as failure:  # whatever a generator raises must not end a thread without a word
            error = shortage_of(failure) or self._failed(failure)
        with self._changed:
            self._ended = ended = StreamEnded(self._count, error)
            tell, closed = self._tell, self._closed
        if closed:  # a piece may have been written meanwhile
            folder.remove()
        elif tell is not None:
            tell(ended)

    def _is_closed(self) -> bool:
        with self._changed:
            return self._closed

    def _cut_all(self, folder: PieceFolder, flow: Flow) -> None:
        number = 0
        try:
            # More is waited for only when the piece before has been told of.
            while flow.comes() and self._has_room():
                number += 1
                if number > MAX_PARTS:
                    raise self._too_long()
                self._add(self._cut(folder.file_of(number), number, flow))
        finally:
            with suppress(Exception):
                flow.close()

    def _has_room(self) -> bool:
        """Wait until there is room for one more piece; return False once the stream is given up."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._pieces) < self._room)
            return not self._closed

    def _add(self, piece: Piece) -> None:
        with self._changed:
            if self._closed:
                return
            self._pieces[piece.number] = piece
            self._count, self._size_bytes = piece.number, self._size_bytes + piece.length
            tell = self._tell
        if tell is not None:
            tell(piece)

    def _cut(self, path: Path, number: int, flow: Flow) -> Piece:
        """Write a piece. Raises SourceError, Shortage, and what the stream does."""
        try:
            file = os.fdopen(create_own(path, appends=False), "wb")
        except OSError as error:
            raise self._not_written(error) from None
        try:
            length, crc = self._fill(file, flow)
        finally:
            self._finish(file)
        return Piece(number, length, crc, str(path))

    def _fill(self, file: IO[bytes], flow: Flow) -> tuple[int, int]:
        """Write what comes, until it is a whole piece or all, and return how many bytes that are, and their CRC-64."""
        length = crc = looked_bytes = 0
        while length < self.part_size and flow.comes():
            taken = flow.take(self.part_size - length)
            size = len(taken)
            if size > looked_bytes:
                looked_bytes = max(size, _LOOK_BYTES)
                self._wait_for_disk(looked_bytes)
            try:
                file.write(taken)
            except OSError as error:
                raise self._not_written(error) from None
            crc = crc64(taken, crc)
            del taken  # its chunk would be there beside the next one
            length, looked_bytes = length + size, looked_bytes - size
        return length, crc

    def _finish(self, file: IO[bytes]) -> None:
        try:
            file.close()
        except OSError as error:
            raise self._not_written(error) from None

    def _wait_for_disk(self, wanted_bytes: int) -> None:
        """Wait for pieces that are on their way to leave the disk. Raises SourceError where none is, and no room."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._pieces or self._fits(wanted_bytes))
            if self._closed or self._fits(wanted_bytes):
                return
        raise self._no_room(said_short(wanted_bytes, self._free(self._place)))

    def _fits(self, wanted_bytes: int) -> bool:
        return wanted_bytes + RESERVE_BYTES <= self._free(self._place)

    def _failed(self, error: BaseException) -> SourceError:
        return SourceError(
            tr(
                "{stream} came to an end with {error}: {said}",
                stream=self._text,
                error=type(error).__name__,
                said=said_by(error),
            ),
            tr("Mend it. {again}", again=tr(STREAM_GOES_ON)),
            code="StreamFailed",
        )

    def _too_long(self) -> SourceError:
        return SourceError(
            tr(
                "{stream} has more than {most} parts of {size}.",
                stream=self._text,
                most=f"{MAX_PARTS:,}",
                size=format_size(self.part_size),
            ),
            tr('Give larger parts: part_size="{size}".', size=f"{4 * self.part_size // KIB}KiB"),
            code="StreamTooLong",
        )

    def _not_written(self, error: OSError) -> SourceError | Shortage:
        shortage = shortage_of(error)
        if shortage is not None:
            return shortage
        if error.errno in FULL:
            return self._no_room(said_refused(system_words(error), self._free(self._place)))
        return SourceError(
            tr(
                "A part of {stream} cannot be written to {place}: {reason}.",
                stream=self._text,
                place=self._place,
                reason=system_words(error),
            ),
            tr(
                "Let it be written there, or name another place with checkpoint_dir=…. {again}",
                again=tr(STREAM_GOES_ON),
            ),
            code="SpoolNotWritable",
        )

    def _no_room(self, why: str) -> SourceError:
        return SourceError(
            tr(
                "Parts of {stream}, {size} each, lie on the disk of {place} until they are in OSS, and it cannot hold "
                "another: {why}",
                stream=self._text,
                size=format_size(self.part_size),
                place=self._place,
                why=why,
            ),
            tr(
                "Make room there, name another place with checkpoint_dir=…, or let parts be smaller with part_size=…. "
                "{again}",
                again=tr(STREAM_GOES_ON),
            ),
            code=NO_ROOM,
        )
