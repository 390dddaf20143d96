"""Some kilobytes of memory that the kernel and its helper process share: progress one way, orders the other.

Nothing is sent about a part between its start and its end: the helper writes how far it is, the kernel reads it when
somebody looks, and a stop or a new speed limit is seen by the sender at its next look. The memory is a file without a
name, so nothing is left behind however the processes end.

Cells are 8 bytes, aligned, each with one writer; such a write is never seen half done.
"""

from __future__ import annotations

import errno
import mmap
import os
import sys
import tempfile
import time
from collections.abc import Callable

from oss_jupyter.engine.rate_limiter import RateLimiter
from oss_jupyter.model.parallel import PARALLEL_MOST

# Parts that the helper has at once, of all transfers: what eight may want at most, and as many that wait.
SLOTS = 16 * PARALLEL_MOST
# Transfers; a few dozen run at once.
TRANSFERS_MOST = 256
_CELL_BYTES = 8
_BOARD_BYTES = (2 * SLOTS + 2 * TRANSFERS_MOST + 2) * _CELL_BYTES


class SharedMemory:
    """Cells by kind: bytes sent and stop switch per slot; speed limit and width per transfer index; one for pages, and
    one for the helper's pulse.

    A transfer index is its place: `rates` are in bytes per second, `widths` say how many parts run at once, and
    0 is no limit in both.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, _BOARD_BYTES)
        cells = memoryview(self._memory).cast("Q")
        self.sent_bytes = cells[:SLOTS]
        self.stops = cells[SLOTS : 2 * SLOTS]
        self.rates = cells[2 * SLOTS : 2 * SLOTS + TRANSFERS_MOST]
        self.widths = cells[2 * SLOTS + TRANSFERS_MOST : 2 * SLOTS + 2 * TRANSFERS_MOST]
        self._painted = cells[2 * SLOTS + 2 * TRANSFERS_MOST :][:1]
        self._beat = cells[2 * SLOTS + 2 * TRANSFERS_MOST + 1 :]

    @classmethod
    def new(cls) -> SharedMemory:
        """Return a fresh memory; its descriptor can be given to a child. Raises OSError where there is no room."""
        descriptor = _memory_file()
        try:
            _fill(descriptor)
            return cls(descriptor)
        except BaseException:
            os.close(descriptor)
            raise

    def painted(self) -> None:
        """Note that something is drawn on a page now."""
        self._painted[0] = int(time.monotonic() * 1000)

    def painted_at(self) -> float:
        """Return when that was, in monotonic seconds."""
        return self._painted[0] / 1000

    def beat(self) -> None:
        """Note that the helper runs."""
        self._beat[0] = int(time.monotonic() * 1000)

    def pulse(self) -> int:
        """Return what changes a few times a second while the helper runs."""
        return self._beat[0]

    def close(self) -> None:
        """Let go of the descriptor; the memory goes with the last process that has it."""
        os.close(self.descriptor)


class SlotGauge:
    """A gauge on a memory: the kernel's end and the helper's end look alike."""

    def __init__(self, memory: SharedMemory, slot: int, limiter: RateLimiter | None = None) -> None:
        self._memory: SharedMemory | None = memory
        self.slot = slot
        self.limiter = limiter
        self.on_taken: Callable[[], object] | None = None
        self.on_stop: Callable[[], object] | None = None
        self._last = (0, False)

    @property
    def sent_bytes(self) -> int:
        """Bytes the sockets have taken."""
        return self._memory.sent_bytes[self.slot] if self._memory else self._last[0]

    @sent_bytes.setter
    def sent_bytes(self, value: int) -> None:
        if self._memory:
            self._memory.sent_bytes[self.slot] = value

    @property
    def stopped(self) -> bool:
        """Whether the sender has to give way."""
        return bool(self._memory.stops[self.slot]) if self._memory else self._last[1]

    def stop(self) -> None:
        """Ask the sender to give way."""
        if self._memory:
            self._memory.stops[self.slot] = 1

    def taken(self) -> None:
        """Let the helper know that the part's place is free for another."""
        if self.on_taken is not None:
            self.on_taken()

    def leave(self) -> int:
        """Keep the last reading and give the slot back for another part; return its number."""
        self._last = (self.sent_bytes, self.stopped)
        self._memory = None
        return self.slot


def _memory_file() -> int:
    if sys.platform == "linux" and hasattr(os, "memfd_create"):  # some builds of Python lack it
        return os.memfd_create("oss_jupyter")
    # In memory where there is such a folder: some disks want new room for what is written over.
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - the file has no name
    with tempfile.TemporaryFile(dir=shared) as file:
        return os.dup(file.fileno())


def _fill(descriptor: int) -> None:
    # Written and not only made longer: a hole in a file is a promise that a full disk breaks.
    if os.write(descriptor, bytes(_BOARD_BYTES)) < _BOARD_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
