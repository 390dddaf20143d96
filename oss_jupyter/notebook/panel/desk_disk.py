"""What only the disk knows: uploads that other kernels left or drive, and files that are gone.

It is looked at every few seconds while a desk is on the screen, and journals are read only when something about them
has changed: one of 10,000 parts takes 0.1 s.
"""

from __future__ import annotations

from pathlib import Path

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.record import CheckpointRecord
from oss_jupyter.model.states import State
from oss_jupyter.notebook.workbench import Workbench

INTERVAL_SECONDS = 3.0


class Disk:
    """What was seen last. One thread at a time uses it.

    elsewhere: what other kernels drive and this one knows nothing else of. busy: ids of transfers that other kernels
    have taken over. missing: ids of transfers whose file is gone.
    """

    def __init__(self, bench: Workbench) -> None:
        self.elsewhere: tuple[CheckpointRecord, ...] = ()
        self.busy: frozenset[str] = frozenset()
        self.missing: frozenset[str] = frozenset()
        self._bench = bench
        self._seen: frozenset[tuple[str, int, bool]] | None = None

    def look(self) -> None:
        """See what has changed; the manager learns of what can be resumed here."""
        seen = self._journals()
        if seen != self._seen:
            self.elsewhere = tuple(self._bench.elsewhere())
            self._seen = seen
        self.busy = frozenset(transfer_id for transfer_id, _, busy in seen if busy)
        self._bench.manager.forget(lambda transfer: transfer.state is State.INTERRUPTED and _left_no_trace(transfer))
        self.missing = frozenset(
            transfer.id
            for transfer in self._bench.manager.transfers()
            if transfer.state in (State.INTERRUPTED, State.FAILED) and not Path(transfer.order.source.path).is_file()
        )

    def _journals(self) -> frozenset[tuple[str, int, bool]]:
        """Return id, time of the last change and whether somebody drives it, of all that do not run here."""
        here = {transfer.id for transfer in self._bench.manager.transfers() if not transfer.wait(0)}
        seen = set()
        for store in self._bench.wiring.stores():
            for path in store.directory.glob("*.journal") if store.directory else ():
                if path.stem not in here:
                    seen.add((path.stem, _changed_at_ns(path), store.busy(path.stem)))
        return frozenset(seen)


def _changed_at_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0  # its upload has just been completed


def _left_no_trace(transfer: Transfer) -> bool:
    """Whether another kernel has completed or aborted it."""
    directory = transfer.order.store.directory
    return directory is not None and not (directory / f"{transfer.id}.journal").exists()
