"""The cache of an open file: reads ahead where bytes are read in order, and nothing that is not asked for elsewhere.

So a stream goes in large pieces, of which some are on the wire while the reader works on the one before; and two
columns of a Parquet file cost two columns. One file is read by one thread at a time, as everywhere.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from fsspec.caching import BaseCache, register_cache

from oss_jupyter.remote.reading import PIECE_BYTES, begin_in_pool

# How much is read ahead where reading goes on where it ended: little at first, and twice as much each time.
_AHEAD_FIRST_BYTES = 512 * 1024
AHEAD_MOST_BYTES = 64 * 1024 * 1024


class _Block:
    """A stretch of the file that is there, or comes."""

    def __init__(self, begin: int, end: int, data: Future[bytes] | bytes) -> None:
        self.begin = begin
        self.end = end
        self._data = data

    def between(self, begin: int, end: int) -> bytes:
        """Return what it has of a stretch; wait until it is there."""
        if isinstance(self._data, Future):
            self._data = self._data.result()
        first, last = max(begin, self.begin) - self.begin, min(end, self.end) - self.begin
        return self._data[first:last]

    def cancel(self) -> None:
        """Do not read it where that has not begun."""
        if isinstance(self._data, Future):
            self._data.cancel()


class ReadAhead(BaseCache):  # type: ignore[misc]
    """Holds at most 64 MiB beyond what was read last, and the piece in which that lies, of 8 MiB."""

    name = "oss"

    def __init__(self, blocksize: int, fetcher: Callable[[int, int], bytes], size: int, **_: Any) -> None:
        super().__init__(blocksize, fetcher, size)
        # They follow each other without a gap.
        self._blocks: deque[_Block] = deque()
        self._expected = 0
        self._ahead_bytes = _AHEAD_FIRST_BYTES
        self._process = os.getpid()

    def _fetch(self, start: int | None, stop: int | None) -> bytes:
        begin, end = start or 0, min(self.size if stop is None else stop, self.size)
        if begin >= end:
            return b""
        if self._process != os.getpid():  # what the parent began never ends here
            self._blocks, self._process = deque(), os.getpid()
        follows, self._expected = begin == self._expected, end
        if not self._covers(begin, end):
            if end - begin > (PIECE_BYTES if end == self.size else AHEAD_MOST_BYTES):
                self.let_go()  # nothing can be read ahead, and in one stretch it is in memory once
                data: bytes = self.fetcher(begin, end)
                return data
            if not follows:
                self._jump(begin, end)
        if follows:
            self._read_on(begin, end)
        return self._joined(begin, end)

    def let_go(self) -> None:
        """Forget what is there, and do not read what has not begun."""
        for block in self._blocks:
            block.cancel()
        self._blocks.clear()

    def _covers(self, begin: int, end: int) -> bool:
        return bool(self._blocks) and self._blocks[0].begin <= begin and end <= self._blocks[-1].end

    def _jump(self, begin: int, end: int) -> None:
        self.let_go()
        self._ahead_bytes = _AHEAD_FIRST_BYTES
        self._blocks.append(_Block(begin, end, self.fetcher(begin, end)))

    def _read_on(self, begin: int, end: int) -> None:
        """Let enough be on its way; it is asked for in few and large pieces, when half of it is used up."""
        while self._blocks and self._blocks[0].end <= begin:
            self._blocks.popleft()
        at = self._blocks[-1].end if self._blocks else begin
        if at >= min(self.size, end + self._ahead_bytes // 2):
            return
        self._ahead_bytes = min(2 * self._ahead_bytes, AHEAD_MOST_BYTES)
        until = min(self.size, end + self._ahead_bytes)
        while at < until:
            upto = min(at + PIECE_BYTES, until)
            self._blocks.append(_Block(at, upto, begin_in_pool(self.fetcher, at, upto)))
            at = upto

    def _joined(self, begin: int, end: int) -> bytes:
        try:
            parts = [block.between(begin, end) for block in self._blocks if block.begin < end and begin < block.end]
        except BaseException:  # whoever tries once more asks once more
            self.let_go()
            raise
        return parts[0] if len(parts) == 1 else b"".join(parts)


register_cache(ReadAhead, clobber=True)
