"""The rows of a plan, packed: a million files are some tens of megabytes, and a row is an object while somebody looks.

Rows lie in blocks of a thousand, compressed, in their order: neighbours have most of their names in common.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

from oss_jupyter.model.dataset import Action

_ROWS_A_BLOCK = 1000
# A higher level takes three times as long for a tenth of the bytes.
_LEVEL = 1
_ACTIONS = tuple(Action)


@dataclass(frozen=True)
class PlannedFile:
    """A file of a plan. path: as the system spells it. key: of its object, as a whole.

    size: in bytes; mtime_ns: nanoseconds since the epoch, both as they were when the plan was made. reason: why it is
    dealt with so: a key of the texts `why_…`, such as that of a `Why` or a `Trouble`, ``key: words``, or words.
    """

    path: str
    key: str
    size: int
    action: Action
    reason: str = ""
    mtime_ns: int = 0


@dataclass(frozen=True)
class _Block:
    packed: bytes
    holds: frozenset[Action]


class PlannedRows(Sequence[PlannedFile]):
    """Rows that do not change. Any thread may read: what is unpacked of them is replaced as a whole."""

    def __init__(self, blocks: tuple[_Block, ...] = (), length: int = 0) -> None:
        self._blocks = blocks
        self._length = length
        self._unpacked: tuple[int, tuple[PlannedFile, ...]] = (-1, ())

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> PlannedFile: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[PlannedFile, ...]: ...

    def __getitem__(self, index: int | slice) -> PlannedFile | tuple[PlannedFile, ...]:
        if isinstance(index, slice):
            return tuple(self._row(number) for number in range(self._length)[index])
        return self._row(range(self._length)[index])

    def __iter__(self) -> Iterator[PlannedFile]:
        return self.of()

    def __reversed__(self) -> Iterator[PlannedFile]:
        return self.of(backwards=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlannedRows) and self._blocks == other._blocks

    def __hash__(self) -> int:
        return hash(self._blocks)

    def __getstate__(self) -> dict[str, object]:
        return {"_blocks": self._blocks, "_length": self._length, "_unpacked": (-1, ())}

    def of(self, action: Action | None = None, *, backwards: bool = False) -> Iterator[PlannedFile]:
        """Go through the rows of one action, or through all; blocks that hold none of them are not unpacked."""
        step = -1 if backwards else 1
        for block in self._blocks[::step]:
            if action is None or action in block.holds:
                yield from (row for row in _unpack(block)[::step] if action is None or row.action is action)

    @property
    def packed_bytes(self) -> int:
        """How many bytes the rows take."""
        return sum(len(block.packed) for block in self._blocks)

    def _row(self, number: int) -> PlannedFile:
        place, within = divmod(number, _ROWS_A_BLOCK)
        at, rows = self._unpacked
        if at != place:
            rows = _unpack(self._blocks[place])
            self._unpacked = (place, rows)
        return rows[within]


class RowPacker:
    """Packs rows as they come. One thread at a time uses it."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._waiting: list[PlannedFile] = []

    def add(self, row: PlannedFile) -> None:
        """Take the next row."""
        self._waiting.append(row)
        if len(self._waiting) == _ROWS_A_BLOCK:
            self._pack()

    def rows(self) -> PlannedRows:
        """Return all rows so far, and begin anew."""
        length = len(self._blocks) * _ROWS_A_BLOCK + len(self._waiting)
        if self._waiting:
            self._pack()
        blocks, self._blocks = tuple(self._blocks), []
        return PlannedRows(blocks, length)

    def _pack(self) -> None:
        rows, self._waiting = self._waiting, []
        cells = [
            (row.path, row.key, row.size, _ACTIONS.index(row.action), row.reason, row.mtime_ns) for row in rows
        ]  # JSON of ASCII keeps names that are no Unicode
        text = json.dumps(cells, separators=(",", ":"))
        self._blocks.append(_Block(zlib.compress(text.encode("ascii"), _LEVEL), frozenset(row.action for row in rows)))


def _unpack(block: _Block) -> tuple[PlannedFile, ...]:
    cells = json.loads(zlib.decompress(block.packed))
    return tuple(
        PlannedFile(path, key, size, _ACTIONS[action], reason, mtime_ns)
        for path, key, size, action, reason, mtime_ns in cells
    )
