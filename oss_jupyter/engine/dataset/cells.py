"""The map of a dataset: a byte for each file, or for each so many files, kept up to date at a cost by change."""

from __future__ import annotations

from oss_jupyter.model.dataset import CELLS_MOST, Cell, cell

# What a cell of several files shows: the first of these that one of them is.
_LOUDEST = (Cell.FAILED, Cell.RETRYING, Cell.ON_THE_WIRE)

_KIND_BITS = 7
_RESTING = bytes(
    value & ~_KIND_BITS if value & _KIND_BITS in (Cell.ON_THE_WIRE, Cell.RETRYING) else value for value in range(256)
)


def at_rest(cells: bytes) -> bytes:
    """Return the cells of a dataset that rests: nothing is on the wire, and what was waits again, as far as it is."""
    return cells.translate(_RESTING)


class CellMap:
    """Not safe for threads: its owner locks."""

    def __init__(self, most: int = CELLS_MOST) -> None:
        self._most = most
        self._files = bytearray()
        self._cells = bytearray()
        self._changed: set[int] = set()
        self.files_per_cell = 1

    def add(self) -> int:
        """Add a file that waits; return its number, from 0."""
        number = len(self._files)
        self._files.append(Cell.WAITING)
        if number // self.files_per_cell >= self._most:
            self.files_per_cell *= 2
            self._cells.clear()
            self._changed = set(range(-(-len(self._files) // self.files_per_cell)))
        self._changed.add(number // self.files_per_cell)
        return number

    def set(self, number: int, kind: Cell) -> None:
        """Note what a file is now."""
        self._files[number] = kind
        self._changed.add(number // self.files_per_cell)

    def taken(self) -> bytes | None:
        """Return all cells, or None where they are as they were the last time."""
        if not self._changed:
            return None
        places = -(-len(self._files) // self.files_per_cell)
        self._cells.extend(bytes(places - len(self._cells)))
        for place in self._changed:
            self._cells[place] = self._cell(place)
        self._changed.clear()
        return bytes(self._cells)

    def _cell(self, place: int) -> int:
        first = place * self.files_per_cell
        files = self._files[first : first + self.files_per_cell]
        done, kept = files.count(Cell.DONE), files.count(Cell.KEPT)
        fraction = (done + kept) / len(files)
        for kind in _LOUDEST:
            if kind in files:
                return cell(kind, fraction)
        if not done and not kept:
            return cell(Cell.WAITING)
        return cell(Cell.DONE if done >= kept else Cell.KEPT, fraction)
