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
from typing import TYPE_CHECKING, Any, TypeVar

from oss_jupyter import forks
from oss_jupyter.crc64 import combine
from oss_jupyter.errors import IntegrityError, OssJupyterError
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import ObjectPiece
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.remote.rooms import FileRoom, Memory, MemoryRoom
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.oss.get_object import ObjectReader

T = TypeVar("T")
R = TypeVar("R", MemoryRoom, FileRoom)
# Calls functions and returns what they return, in order.
AtOnce = Callable[[Sequence[Callable[[], Any]]], Sequence[Any]]
# Is told that so many bytes more are there, of how many.
Told = Callable[[int, int], object]

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
        return self.range(target, 0, None)

    def range(
        self, target: Target, begin: int, end: int | None, etag: str = "", *, at_once: AtOnce | None = None
    ) -> bytes:
        """Return the bytes from `begin` to before `end`, None to the end, fewer where the object ends before.

        etag: of the object that is meant, which has all of them; without it the first piece tells which object that
        is. What is read whole is proven. at_once: calls functions, side by side where nothing else is said.
        """
        at_once = at_once or together
        if end is not None and end <= begin:
            return b""
        whole = begin == 0 and end is None
        if etag and end is not None:
            memory = Memory(begin, end, proven=False, size=end)
            self._read(target, memory.room, cuts(begin, end), etag, at_once)
            return memory.taken()
        memory = Memory(begin, end, proven=whole)
        until = begin + PIECE_BYTES if end is None else min(end, begin + PIECE_BYTES)
        room = memory.room(begin)
        first = self._at_most(target, begin, until, room)
        if first is None:
            return b""
        left = cuts(begin + first.length, first.size if end is None else min(end, first.size))
        rooms = [room, *self._read(target, memory.room, left, first.etag, at_once)]
        if whole:
            _prove(target, rooms, first)
        return memory.taken()

    def into(self, target: Target, path: Path, told: Told, at_once: AtOnce | None = None) -> None:
        """Write an object into a file, proven by its CRC-64. told: of how many bytes are there, of how many."""
        path.parent.mkdir(parents=True, exist_ok=True)
        writing = threading.Lock()
        with path.open("wb") as file:

            def place(begin: int) -> FileRoom:
                return FileRoom(file, begin, writing)

            room = place(0)
            first = self._at_most(target, 0, PIECE_BYTES, room)
            if first is None:
                return
            told(first.length, first.size)
            left, telling = cuts(first.length, first.size), partial(_told_each, told, first.size)
            rooms = [room, *self._read(target, place, left, first.etag, at_once or together, telling)]
        _prove(target, rooms, first)

    def alone(self, target: Target, begin: int, end: int | None) -> bytes:
        """Return a range in one thread: what runs in the pool must not wait for others in it."""
        return self.range(target, begin, end, at_once=one_by_one)

    def _read(
        self,
        target: Target,
        place: Callable[[int], R],
        pieces: Sequence[tuple[int, int]],
        etag: str,
        at_once: AtOnce,
        told: Callable[[R], object] = lambda room: None,
    ) -> list[R]:
        """Read pieces of one object, each into its room, and return the rooms."""

        def read(begin: int, end: int) -> R:
            room = place(begin)
            self._reader.read(target, begin, end - 1, room, etag)
            told(room)
            return room

        return list(at_once([partial(read, *piece) for piece in pieces]))

    def _at_most(self, target: Target, begin: int, end: int, room: MemoryRoom | FileRoom) -> ObjectPiece | None:
        """Read a piece, and return None where the object ends before it."""
        try:
            return self._reader.read(target, begin, end - 1, room)
        except OssJupyterError as error:
            if error.code != "InvalidRange":
                raise
        return None


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Call functions side by side and return what they return, in order; the first error ends those not yet begun."""
    if len(calls) < 2:
        return one_by_one(calls)
    futures: list[Future[T]] = [_pool.of_now().submit(call) for call in calls]
    try:
        return [future.result() for future in futures]
    finally:
        for future in futures:
            future.cancel()


def begin_in_pool(call: Callable[..., T], *arguments: Any) -> Future[T]:
    """Begin a call that reads one piece at most."""
    return _pool.of_now().submit(call, *arguments)


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


def one_by_one(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Call functions one after the other."""
    return [call() for call in calls]


def cuts(begin: int, end: int) -> list[tuple[int, int]]:
    """Return a range as pieces."""
    return [(at, min(at + PIECE_BYTES, end)) for at in range(begin, end, PIECE_BYTES)]


def _told_each(told: Told, size: int, room: FileRoom) -> None:
    told(room.length, size)


def _prove(target: Target, rooms: Sequence[MemoryRoom | FileRoom], first: ObjectPiece) -> None:
    whole = 0
    for room in rooms:
        whole = combine(whole, room.crc64, room.length)
    check_crc64(target, whole, first.crc64)


def check_crc64(target: Target, read: int, said: int | None) -> None:
    """Raise IntegrityError where the CRC-64 of what was read is not the object's; None where it has none."""
    if said is not None and read != said:
        raise IntegrityError(
            tr(
                "What was read of {target} has CRC-64 {read}, and the object has {stored}.",
                target=target,
                read=read,
                stored=said,
            ),
            tr("Something between here and the service changed the bytes; read it once more."),
        )
