"""What the sink has taken so far, in memory that the sink's processes and whoever measures look at together.

A file is mapped, so a reading costs neither a request nor a message and may be taken many times a second.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

# One slot per connection, so that no two processes write to the same place; a slot is used again after so many,
# which is far more than any client has open at once.
SLOTS = 1024
# Body bytes, monotonic nanoseconds of the first body byte, parts, nanoseconds of CPU the connection cost the sink,
# and 1 while it is open.
_SLOT = struct.Struct("5Q")
_OPEN = 4
_WORD = struct.Struct("Q")


class Slot:
    """One connection's counters; only the process that serves it writes here."""

    def __init__(self, memory: mmap.mmap, index: int) -> None:
        self._memory = memory
        self._at = index % SLOTS * _SLOT.size

    def add_bytes(self, count: int, now_ns: int) -> None:
        """Note that body bytes have arrived."""
        total, first_ns = struct.unpack_from("2Q", self._memory, self._at)
        struct.pack_into("2Q", self._memory, self._at, total + count, first_ns or now_ns)

    def add_part(self) -> None:
        """Note that a part is complete."""
        self._add(2, 1)

    def add_cpu(self, cpu_ns: int) -> None:
        """Note what serving cost."""
        self._add(3, cpu_ns)

    def open(self) -> None:
        """Note that the connection is there."""
        self._put(_OPEN, 1)

    def close(self) -> None:
        """Note that it is gone."""
        self._put(_OPEN, 0)

    def _put(self, field: int, value: int) -> None:
        _WORD.pack_into(self._memory, self._at + field * _WORD.size, value)

    def _add(self, field: int, count: int) -> None:
        at = self._at + field * _WORD.size
        _WORD.pack_into(self._memory, at, _WORD.unpack_from(self._memory, at)[0] + count)


class Counters:
    """All slots. Cleared between two runs, when no connection is open."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), SLOTS * _SLOT.size)

    @staticmethod
    def create(path: Path) -> None:
        """Make an empty file of counters."""
        path.write_bytes(bytes(SLOTS * _SLOT.size))

    def slot(self, index: int) -> Slot:
        """Return the counters of connection `index`."""
        return Slot(self.memory, index)

    def clear(self) -> None:
        """Set everything to zero."""
        self.memory[:] = bytes(len(self.memory))

    def open_connections(self) -> int:
        """Return how many connections there are."""
        return sum(slot[_OPEN] for slot in self._slots())

    def body_bytes(self) -> int:
        """Return how many bytes of bodies have arrived."""
        return sum(slot[0] for slot in self._slots())

    def parts(self) -> int:
        """Return how many bodies were complete."""
        return sum(slot[2] for slot in self._slots())

    def cpu_seconds(self) -> float:
        """Return the CPU time that the connections that have ended cost the sink."""
        return sum(slot[3] for slot in self._slots()) / 1e9

    def first_byte_at(self) -> float | None:
        """Return the monotonic time of the first body byte, or None before it."""
        times = [slot[1] for slot in self._slots() if slot[1]]
        return min(times) / 1e9 if times else None

    def _slots(self) -> list[tuple[int, ...]]:
        return list(_SLOT.iter_unpack(bytes(self.memory)))
