"""Reading much at once: a large range is read as pieces, some of them side by side.

The threads are one pool of this process, whatever the number of filesystems, and only pieces run in it: so nobody in it
waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from oss_jupyter import forks
from oss_jupyter.crc64 import combine, crc64
from oss_jupyter.errors import IntegrityError, OssJupyterError
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import ObjectPiece
from oss_jupyter.oss.control import SdkControl

if TYPE_CHECKING:
    from oss_jupyter.oss.get_object import ObjectReader

T = TypeVar("T")

# Large enough that the way there and back costs little, small enough that a few are on the wire at once.
PIECE_BYTES = 8 * 1024 * 1024
_AT_ONCE = 8


class Reading:
    """Reads objects of one place. Any thread may call it, and each call may block."""

    def __init__(self, reader: ObjectReader) -> None:
        self._reader = reader

    @property
    def control(self) -> SdkControl:
        """What asks for the same place."""
        return self._reader.control

    def whole(self, target: Target) -> bytes:
        """Return all bytes of an object, proven by its CRC-64."""
        first = self._first(target)
        if first is None:
            return b""
        data = b"".join((first.data, self.range(target, len(first.data), first.size, first.etag)))
        if first.crc64 is not None:
            _prove(target, crc64(data), first.crc64)
        return data

    def range(self, target: Target, begin: int, end: int, etag: str = "") -> bytes:
        """Return the bytes from `begin` to before `end`, fewer where the object ends before.

        etag: of the object that is meant; without it, pieces of one that is replaced meanwhile may be mixed, so that of
        the first counts.
        """
        if end <= begin:
            return b""
        if not etag and end - begin > PIECE_BYTES:
            first = self._at_most(target, begin, begin + PIECE_BYTES)
            if first is None or len(first.data) < PIECE_BYTES:
                return first.data if first is not None else b""
            end = min(end, first.size)
            return first.data + self.range(target, begin + PIECE_BYTES, end, first.etag)
        pieces = together([partial(self._at_most, target, *cut, etag) for cut in _cuts(begin, end)])
        return _joined([piece.data for piece in pieces if piece is not None])

    def into(self, target: Target, path: Path, told: Callable[[int, int], object]) -> None:
        """Write an object into a file, proven by its CRC-64. told: of how many bytes are there, of how many."""
        first = self._first(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        writing = threading.Lock()
        with path.open("wb") as file:
            if first is None:
                return
            file.truncate(first.size)
            file.write(first.data)
            told(len(first.data), first.size)
            cuts = _cuts(len(first.data), first.size)

            def copy(begin: int, end: int) -> tuple[int, int]:
                data = self._reader.piece(target, begin, end - 1, first.etag).data
                with writing:
                    file.seek(begin)
                    file.write(data)
                told(len(data), first.size)
                return crc64(data), len(data)

            done = together([partial(copy, *cut) for cut in cuts])
        if first.crc64 is not None:
            whole = crc64(first.data)
            for crc, length in done:
                whole = combine(whole, crc, length)
            _prove(target, whole, first.crc64)

    def alone(self, target: Target, begin: int, end: int | None) -> bytes:
        """Return a range, None to the end, in one thread: what runs in the pool must not wait for others in it."""
        found: list[bytes] = []
        etag = ""
        while end is None or begin < end:
            until = begin + PIECE_BYTES if end is None else min(end, begin + PIECE_BYTES)
            piece = self._at_most(target, begin, until, etag)
            if piece is None:
                break
            found.append(piece.data)
            etag, begin, end = piece.etag, begin + len(piece.data), min(end or piece.size, piece.size)
        return _joined(found)

    def _first(self, target: Target) -> ObjectPiece | None:
        return self._at_most(target, 0, PIECE_BYTES)

    def _at_most(self, target: Target, begin: int, end: int, etag: str = "") -> ObjectPiece | None:
        """Return a piece, or None where the object ends before it."""
        try:
            return self._reader.piece(target, begin, end - 1, etag)
        except OssJupyterError as error:
            if error.code != "InvalidRange":
                raise
        return None


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Call functions side by side and return what they return, in order; the first error ends those not yet begun."""
    if len(calls) < 2:
        return [call() for call in calls]
    futures: list[Future[T]] = [_pool.of_now().submit(call) for call in calls]
    try:
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()


class _Pool:
    """The threads that read; a forked child has its own."""

    def __init__(self) -> None:
        self._made: ThreadPoolExecutor | None = None
        forks.in_child(self._begin_anew)

    def of_now(self) -> ThreadPoolExecutor:
        if self._made is None:
            self._made = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="oss-read")
        return self._made

    def _begin_anew(self) -> None:
        forks.leave(self._made)
        self._made = None


_pool = _Pool()


def _cuts(begin: int, end: int) -> list[tuple[int, int]]:
    return [(at, min(at + PIECE_BYTES, end)) for at in range(begin, end, PIECE_BYTES)]


def _joined(pieces: list[bytes]) -> bytes:
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _prove(target: Target, crc: int, said: int) -> None:
    if crc != said:
        raise IntegrityError(
            f"What was read of {target} has CRC-64 {crc}, and the object has {said}.",
            "Something between here and the service changed the bytes; read it once more.",
        )
