"""What the kernel knows of a dataset's files: what its worker tells, and the transfers that it runs itself."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from oss_jupyter.engine.dataset.messages import Counts, Progress
from oss_jupyter.engine.dataset.tally import failed_file
from oss_jupyter.model.dataset import (
    Cell,
    FailedFile,
    FileNow,
    FileOnTheWire,
    FileReceipt,
    FilesView,
    Outcome,
    cell,
    with_cells,
)
from oss_jupyter.model.dataset_receipt import FAILURES_MOST
from oss_jupyter.model.progress import PartsView, Snapshot
from oss_jupyter.model.speed_meter import SpeedMeter

_ON_THE_WIRE_MOST = 16
_NOTHING = Progress(Counts(), True, 0, 0, 1, (), (), b"", 1)


class DatasetBook:
    """Its numbers are of one run: what earlier ones sent, the worker counts as kept.

    `_lock` guards all fields: _told, _files, _bytes, _children, _kept_bytes, _children_moved_bytes, _failures,
    _bytes_meter, _files_meter, _shown_bytes, _moved_at, _moved_bytes, _resent_bytes, _retries and _version.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told = _NOTHING
        self._begin()

    def _begin(self) -> None:
        self._files: Counter[Outcome] = Counter()
        self._bytes: Counter[Outcome] = Counter()
        self._children: dict[int, Snapshot] = {}
        self._kept_bytes = 0
        self._children_moved_bytes = 0
        self._failures: list[FailedFile] = []
        self._bytes_meter, self._files_meter = SpeedMeter(), SpeedMeter()
        self._shown_bytes = 0
        self._moved_at = 0.0
        self._moved_bytes = -1
        self._resent_bytes = self._retries = 0
        self._version = 0

    def begin(self, now: float) -> None:
        """Begin to count anew: the worker goes through all files once more."""
        with self._lock:
            cells = self._told.cells
            self._told = replace(_NOTHING, cells=cells, files_per_cell=self._told.files_per_cell)
            self._begin()
            self._moved_at = now

    def show(self, kept: Counts, failures: Iterable[FailedFile], kept_bytes: int) -> None:
        """Show what the disk knows of a dataset that rests. kept_bytes: of files that are not in OSS to their end."""
        with self._lock:
            self._children, self._kept_bytes = {}, kept_bytes
            self._told = replace(_NOTHING, counts=kept, scanning=False)
            self._failures = list(failures)[:FAILURES_MOST]
            self._version += 1

    def told(self, progress: Progress, now: float) -> None:
        """Take in how far the worker is."""
        with self._lock:
            cells = self._told.cells if progress.cells is None else progress.cells
            self._told = replace(progress, cells=cells)
            self._fail(progress.failures)
            self._sample(now)

    def children(self, running: dict[int, Snapshot], now: float) -> None:
        """Take in how the transfers are, by the numbers of their files."""
        with self._lock:
            self._children = running
            self._sample(now)

    def settled(self, number: int, receipt: FileReceipt, last: Snapshot | None) -> None:
        """Take in what became of a file that was a transfer of its own."""
        with self._lock:
            self._children.pop(number, None)
            self._files[receipt.outcome] += 1
            self._bytes[receipt.outcome] += receipt.size
            if last is not None:
                self._children_moved_bytes += last.sent_bytes + last.resent_bytes
                self._resent_bytes += last.resent_bytes
                self._retries += last.retries
            if receipt.outcome is Outcome.FAILED:
                self._fail((failed_file(receipt, number),))

    def settle(self) -> None:
        """Show no more of what left the wire without being confirmed: it is not sent again soon."""
        with self._lock:
            self._shown_bytes = 0  # the next look counts anew

    @property
    def wanted(self) -> int:
        """How many connections the worker could use now."""
        with self._lock:
            return self._told.wanted

    @property
    def moved_at(self) -> float:
        """When the service last took something, in monotonic seconds."""
        with self._lock:
            return self._moved_at

    @property
    def done_count(self) -> int:
        """How many files need nothing more."""
        with self._lock:
            return sum(self._all(outcome)[0] for outcome in (Outcome.SENT, Outcome.KEPT, Outcome.SKIPPED))

    @property
    def taken_count(self) -> int:
        """How many files and bytes the service has taken in this run."""
        with self._lock:
            return sum(self._all(Outcome.SENT)) + sum(child.confirmed_bytes for child in self._children.values())

    def has_more_left_than(self, count: int) -> bool:
        """Whether more files than so many have come to no end; while the folder is read nobody knows, so there are."""
        with self._lock:
            left = self._told.counts.total - sum(self._all(outcome)[0] for outcome in Outcome)
            return self._told.scanning or left > count

    def of(self, outcome: Outcome) -> tuple[int, int]:
        """Return how many files have come to this, and how many bytes they have."""
        with self._lock:
            return self._all(outcome)

    @property
    def failures(self) -> tuple[FailedFile, ...]:
        """The first files that failed."""
        with self._lock:
            return tuple(self._failures)

    def files_at(self, place: int) -> list[FileNow]:
        """Return the files at a place of the map, from 0, that somebody would ask about: on the wire, or failed."""
        with self._lock:
            moving = [*self._large(), *self._told.on_the_wire]
            files = [(one.number, FileNow(one.key, Cell.ON_THE_WIRE, one.size, "", one.transfer_id)) for one in moving]
            files += [
                (one.number, FileNow(one.key, Cell.FAILED, one.size, one.reason or one.code)) for one in self._failures
            ]
            per_cell = self._told.files_per_cell
        return [file for number, file in files if number // per_cell == place]

    def view(self) -> tuple[PartsView, FilesView]:
        """Return how far all is: bytes, and files."""
        with self._lock:
            done = {outcome: self._all(outcome) for outcome in Outcome}
            return self._bytes_view({outcome: size_bytes for outcome, (_, size_bytes) in done.items()}), (
                self._files_view({outcome: files for outcome, (files, _) in done.items()})
            )

    def _bytes_view(self, done: dict[Outcome, int]) -> PartsView:
        children = self._children.values()
        kept_bytes = done[Outcome.KEPT] + done[Outcome.SKIPPED] + self._kept_bytes
        kept_bytes += sum(child.kept_bytes for child in children)
        confirmed_bytes = done[Outcome.SENT] + sum(child.confirmed_bytes for child in children)
        in_flight_bytes = self._told.in_flight_bytes + sum(child.in_flight_bytes for child in children)
        total_bytes = self._told.counts.total_bytes
        self._shown_bytes = max(self._shown_bytes, min(total_bytes, kept_bytes + confirmed_bytes + in_flight_bytes))
        return PartsView(
            total_bytes=total_bytes,
            kept_bytes=kept_bytes,
            confirmed_bytes=confirmed_bytes,
            in_flight_bytes=in_flight_bytes,
            shown_bytes=self._shown_bytes,
            sent_bytes=confirmed_bytes + in_flight_bytes,
            resent_bytes=self._resent_bytes,
            bytes_per_second=self._bytes_meter.bytes_per_second(),
            speeds=self._bytes_meter.curve(),
            left_seconds=self._left_seconds(total_bytes - self._shown_bytes - done[Outcome.FAILED]),
            retries=self._retries,
            version=self._version,
        )

    def _left_seconds(self, left_bytes: int) -> float | None:
        speed = self._bytes_meter.bytes_per_second()
        return max(0, left_bytes) / speed if speed and not self._told.scanning else None

    def _files_view(self, done: dict[Outcome, int]) -> FilesView:
        told = self._told
        view = FilesView(
            total=told.counts.total,
            scanning=told.scanning,
            **{outcome.value: files for outcome, files in done.items()},
            skipped_bytes=self._all(Outcome.SKIPPED)[1],
            failed_bytes=self._all(Outcome.FAILED)[1],
            files_per_second=self._files_meter.bytes_per_second(),
            failures=tuple(self._failures),
            on_the_wire=(*self._large(), *told.on_the_wire)[:_ON_THE_WIRE_MOST],
            cells=told.cells or b"",
            files_per_cell=told.files_per_cell,
        )
        return with_cells(view, self._cells_of_children())

    def _large(self) -> Iterable[FileOnTheWire]:
        for number, child in self._children.items():
            yield FileOnTheWire(child.target.key, child.total_bytes, child.shown_bytes, child.id, number)

    def _cells_of_children(self) -> dict[int, int]:
        per_cell = self._told.files_per_cell
        return {number // per_cell: cell(Cell.ON_THE_WIRE, child.fraction) for number, child in self._children.items()}

    def _all(self, outcome: Outcome) -> tuple[int, int]:
        counts, name = self._told.counts, outcome.value
        files, size_bytes = getattr(counts, name), getattr(counts, f"{name}_bytes")
        return files + self._files[outcome], size_bytes + self._bytes[outcome]

    def _fail(self, failures: Iterable[FailedFile]) -> None:
        room = FAILURES_MOST - len(self._failures)
        self._failures += list(failures)[: max(0, room)]

    def _sample(self, now: float) -> None:
        children_bytes = sum(child.sent_bytes + child.resent_bytes for child in self._children.values())
        moved_bytes = self._told.moved_bytes + self._children_moved_bytes + children_bytes
        if moved_bytes != self._moved_bytes:
            self._moved_bytes, self._moved_at = moved_bytes, now
        self._version += 1
        self._bytes_meter.sample(now, moved_bytes)
        self._files_meter.sample(now, self._all(Outcome.SENT)[0])
