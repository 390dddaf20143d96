"""Which cells of the shared memory belong to which transfer: its speed limit and how many parts run at once."""

from __future__ import annotations

from collections.abc import Iterable

from oss_jupyter.engine.shared_memory import TRANSFERS_MOST, SharedMemory


class TransferCells:
    """The cells of a helper's memory. Its lane calls it, under the lane's lock."""

    def __init__(self) -> None:
        self._indices: dict[str, int] = {}
        self._rates: dict[str, int] = {}

    def limit(self, memory: SharedMemory | None, transfer_id: str, rate: int, busy: Iterable[int]) -> None:
        """Limit a transfer to bytes per second, 0 for no limit; without a memory as soon as there is one."""
        self._rates[transfer_id] = rate
        if memory is not None:
            memory.rates[self.index_of(memory, transfer_id, busy)] = rate

    def index_of(self, memory: SharedMemory, transfer_id: str, busy: Iterable[int]) -> int:
        """Return the cells of a transfer; a new one gets those of one that has nothing here any more.

        busy: the cells of transfers that have something here.
        """
        if transfer_id not in self._indices:
            index = self._indices[transfer_id] = self._free(set(busy))
            memory.rates[index], memory.widths[index] = self._rates.get(transfer_id, 0), 0
        return self._indices[transfer_id]

    def _free(self, busy: set[int]) -> int:
        if len(self._indices) < TRANSFERS_MOST:
            return len(self._indices)
        # Where all are busy, the oldest shares its own.
        idle = next((key for key, index in self._indices.items() if index not in busy), next(iter(self._indices)))
        return self._indices.pop(idle)
