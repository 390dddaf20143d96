"""Where the bytes go that are read: into memory, or into a file. Each piece has its room, which one thread fills.

Nothing is copied on the way: a socket writes into the memory in which the bytes stay. For the pieces of a file there is
one buffer each, however large they are.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import IO

from oss_jupyter.crc64 import crc64

# So much is filled, checked and written at once; it stays in the processor's cache meanwhile.
STEP_BYTES = 1024 * 1024


class Memory:
    """The bytes from `begin` to before `end`, or to where the object ends, in one stretch.

    proven: whether the rooms compute CRC-64. size: of the object, where it is known; else the first room, alone until
    then, makes the memory when the service has told it.
    """

    def __init__(self, begin: int, end: int | None, *, proven: bool, size: int | None = None) -> None:
        self.proven = proven
        self._begin = begin
        self._end = end
        self._made = io.BytesIO()
        if size is not None:
            self._make(size)

    def room(self, begin: int) -> MemoryRoom:
        """Return the room of the piece that begins there."""
        return MemoryRoom(self, begin)

    def view(self, begin: int, length: int, size: int) -> memoryview:
        """Return the memory of a piece; it has to be released."""
        if self._length(size) != self._made.getbuffer().nbytes:
            self._make(size)
        with self._made.getbuffer() as all_of_it:
            return all_of_it[begin - self._begin : begin - self._begin + length]

    def taken(self) -> bytes:
        """Return all of it. No byte is copied where no view is left."""
        return self._made.getvalue()

    def _make(self, size: int) -> None:
        # The system gives pages of zeros when they are written to first, and the buffer takes them as they are.
        self._made = io.BytesIO(bytes(self._length(size)))

    def _length(self, size: int) -> int:
        return max(0, min(size if self._end is None else self._end, size) - self._begin)


class MemoryRoom:
    """Memory for one piece. crc64, length: of what was read into it."""

    def __init__(self, memory: Memory, begin: int) -> None:
        self.crc64 = 0
        self.length = 0
        self._memory = memory
        self._begin = begin

    def __call__(self, length: int, size: int) -> Iterator[memoryview]:
        """Give the memory, step by step."""
        self.crc64, self.length = 0, length
        with self._memory.view(self._begin, length, size) as view:
            for at in range(0, length, STEP_BYTES):
                with view[at : at + STEP_BYTES] as step:
                    yield step
                    if self._memory.proven:
                        self.crc64 = crc64(step, self.crc64)


class FileRoom:
    """A place in a file for one piece. crc64, length: of what was written there. writing: held while that is done."""

    def __init__(self, file: IO[bytes], begin: int, writing: threading.Lock) -> None:
        self.crc64 = 0
        self.length = 0
        self._file = file
        self._begin = begin
        self._writing = writing

    def __call__(self, length: int, size: int) -> Iterator[memoryview]:
        """Give a buffer, and write what comes into it."""
        self.crc64, self.length = 0, length
        buffer = memoryview(bytearray(min(STEP_BYTES, length)))
        for at in range(0, length, STEP_BYTES):
            step = buffer[: min(STEP_BYTES, length - at)]
            yield step
            self.crc64 = crc64(step, self.crc64)
            with self._writing:
                self._file.seek(self._begin + at)
                self._file.write(step)
