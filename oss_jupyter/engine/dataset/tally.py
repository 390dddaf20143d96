"""The worker's own book: how many files and bytes have become what, and the map of all of them. One lock for all."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable

from oss_jupyter.engine.dataset.cells import CellMap
from oss_jupyter.engine.dataset.messages import Counts, Progress
from oss_jupyter.model.dataset import Cell, FailedFile, FileOnTheWire, FileReceipt, Outcome
from oss_jupyter.model.remembered import FilesTally
from oss_jupyter.names import printable

# So many failures are told at once, and so many files on the wire.
_FAILURES_MOST = 200
_ON_THE_WIRE_MOST = 16
CELL_OF = {
    Outcome.SENT: Cell.DONE,
    Outcome.KEPT: Cell.KEPT,
    Outcome.SKIPPED: Cell.KEPT,
    Outcome.FAILED: Cell.FAILED,
}


class WorkerTally:
    """`_lock` guards _cells, _files, _bytes, _total, _total_bytes, _on_the_wire, _in_flight_bytes, _failures and
    _scanning. let_go: called with each receipt of a file of which nothing more is wanted.
    """

    def __init__(self, let_go: Callable[[FileReceipt], object]) -> None:
        self._let_go = let_go
        self._lock = threading.Lock()
        self._cells = CellMap()
        self._total = self._total_bytes = 0
        self._files: Counter[Outcome] = Counter()
        self._bytes: Counter[Outcome] = Counter()
        self._on_the_wire: dict[int, FileOnTheWire] = {}
        self._in_flight_bytes = 0
        self._failures: list[FailedFile] = []
        self._scanning = True

    def found(self, size: int) -> int:
        """Count a file that the scan has met; return its number, from 0."""
        with self._lock:
            self._total += 1
            self._total_bytes += size
            return self._cells.add()

    @property
    def sending(self) -> bool:
        """Whether files are on the wire here, or about to be."""
        with self._lock:
            return bool(self._on_the_wire)

    def scanned(self) -> tuple[int, int]:
        """Note that there are no more; return how many files and bytes there are in all."""
        with self._lock:
            self._scanning = False
            return self._total, self._total_bytes

    def on_the_wire(self, number: int, key: str, size: int) -> None:
        """Note that a file is being sent."""
        with self._lock:
            self._on_the_wire[number] = FileOnTheWire(key, size, 0, number=number)
            self._in_flight_bytes += size
            self._cells.set(number, Cell.ON_THE_WIRE)

    def handed(self, number: int) -> None:
        """Note that the kernel sends a file."""
        with self._lock:
            self._landed(number)
            self._cells.set(number, Cell.RETRYING)

    def ended(self, number: int, receipt: FileReceipt, *, counts: bool = True) -> None:
        """Note what became of a file; one that was handed over counts in the kernel's book."""
        with self._lock:
            self._landed(number)
            self._cells.set(number, CELL_OF[receipt.outcome])
            if counts:
                self._count(number, receipt)
        self._let_go(receipt)

    def progress(self, *, moved_bytes: int, wanted: int, remarks: tuple[str, ...]) -> Progress:
        """Return how far all is, and what is new since the last time."""
        with self._lock:
            failures, self._failures = self._failures[:_FAILURES_MOST], self._failures[_FAILURES_MOST:]
            return Progress(
                counts=Counts(
                    total=self._total,
                    total_bytes=self._total_bytes,
                    **self._counts("sent", Outcome.SENT),
                    **self._counts("kept", Outcome.KEPT),
                    **self._counts("skipped", Outcome.SKIPPED),
                    **self._counts("failed", Outcome.FAILED),
                ),
                scanning=self._scanning,
                in_flight_bytes=self._in_flight_bytes,
                moved_bytes=moved_bytes,
                wanted=wanted,
                failures=tuple(failures),
                on_the_wire=tuple(_first(self._on_the_wire.values())),
                cells=self._cells.taken(),
                files_per_cell=self._cells.files_per_cell,
                remarks=remarks,
            )

    def _counts(self, name: str, outcome: Outcome) -> dict[str, int]:
        return {name: self._files[outcome], f"{name}_bytes": self._bytes[outcome]}

    def _count(self, number: int, receipt: FileReceipt) -> None:
        self._files[receipt.outcome] += 1
        self._bytes[receipt.outcome] += receipt.size
        if receipt.outcome is Outcome.FAILED:
            self._failures.append(failed_file(receipt, number))

    def _landed(self, number: int) -> None:
        flight = self._on_the_wire.pop(number, None)
        if flight is not None:
            self._in_flight_bytes -= flight.size


def failed_file(receipt: FileReceipt, number: int = -1) -> FailedFile:
    """Return a failure as it can be shown; number: that of the file in this run."""
    path, key, reason = printable(receipt.path), printable(receipt.key), printable(receipt.reason)
    return FailedFile(path, key, receipt.code, reason, number, receipt.size)


def counts_of(kept: FilesTally) -> Counts:
    """Return what a journal of files comes to, for a dataset that rests: what was sent was sent by an earlier run."""
    sent = kept.of(Outcome.SENT, Outcome.KEPT)
    skipped, failed = kept.of(Outcome.SKIPPED), kept.of(Outcome.FAILED)
    known = kept.of(*Outcome)
    total = kept.total or known
    return Counts(
        total=max(total.files, known.files),
        total_bytes=max(total.size_bytes, known.size_bytes),
        kept=sent.files,
        kept_bytes=sent.size_bytes,
        skipped=skipped.files,
        skipped_bytes=skipped.size_bytes,
        failed=failed.files,
        failed_bytes=failed.size_bytes,
    )


def _first(files: Iterable[FileOnTheWire]) -> Iterable[FileOnTheWire]:
    for _, file in zip(range(_ON_THE_WIRE_MOST), files, strict=False):
        yield file
