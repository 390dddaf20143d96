"""A transfer and a manager without threads, files or a network, and a snapshot with a bit of everything in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from oss_jupyter.engine.part_detail import PartDetail
from oss_jupyter.errors import TransferNotFound
from oss_jupyter.local.memory import NoCheckpoints
from oss_jupyter.model.dataset import Cell, FailedFile, FileNow, FileOnTheWire, FilesView, cell
from oss_jupyter.model.plan import Plan
from oss_jupyter.model.progress import Flight, PartState, Snapshot
from oss_jupyter.model.states import Event, State, after
from oss_jupyter.model.target import Target

MIB = 1024 * 1024
SECRET = "very-secret-key"

WAITING, WIRE, DONE, KEPT, RETRYING, FAILED = (bytes([state]) for state in PartState)


def a_snapshot(**changes: Any) -> Snapshot:
    """Seven parts of 8 MiB: one of every state, and two on the wire."""
    now = Snapshot(
        id="k5ffjj43",
        source="/data/trips 2024.parquet",
        target=Target("my-bucket", "data/trips 2024.parquet"),
        state=State.RUNNING,
        total_bytes=50 * MIB,
        kept_bytes=8 * MIB,
        confirmed_bytes=8 * MIB,
        in_flight_bytes=6 * MIB,
        shown_bytes=22 * MIB,
        sent_bytes=20 * MIB,
        bytes_per_second=2.6 * MIB,
        left_seconds=11.4,
        parts_total=7,
        parts_kept=1,
        parts_done=1,
        parts_failed=1,
        retries=2,
        part_size=8 * MIB,
        parallel=3,
        upload_id="0004B9894A22E5B1888A1E29F823****",
        checkpoint="/home/me/checkpoints/k5ffjj43.journal",
        started_at=1_790_000_000.0,
        elapsed_seconds=30.0,
        notes=("2 parts were found in OSS.",),
        part_states=KEPT + DONE + WIRE + RETRYING + WIRE + FAILED + WAITING,
        flights=(Flight(3, 8 * MIB, 4 * MIB, 1, 2.0), Flight(5, 8 * MIB, 2 * MIB, 2, 1.0)),
        version=12,
        retry=3,
        retries_max=5,
    )
    return replace(now, **changes)


def files_of(**changes: Any) -> FilesView:
    """Eight files: two sent, one kept, one skipped, one failed, two on the wire, one waiting."""
    kinds = [(Cell.KEPT, 1.0), (Cell.KEPT, 1.0), (Cell.DONE, 1.0), (Cell.DONE, 1.0), (Cell.ON_THE_WIRE, 0.5)]
    kinds += [(Cell.ON_THE_WIRE, 0.0), (Cell.FAILED, 0.0), (Cell.WAITING, 0.0)]
    files = FilesView(
        total=8,
        sent=2,
        kept=1,
        skipped=1,
        failed=1,
        skipped_bytes=MIB,
        files_per_second=412.3,
        failures=(
            FailedFile("/data/raw/g.csv", "raw/g.csv", "Unreadable", "g.csv cannot be read: permission denied."),
        ),
        on_the_wire=(FileOnTheWire("raw/f.csv", 20_000, 0), FileOnTheWire("raw/e.bin", 4 * MIB, 2 * MIB, "child234")),
        cells=bytes(cell(kind, fill) for kind, fill in kinds),
    )
    return replace(files, **changes)


def a_dataset(files: FilesView | None = None, **changes: Any) -> Snapshot:
    """A folder on its way."""
    now = a_snapshot(
        source="/data/raw/",
        target=Target("my-bucket", "raw/"),
        upload_id="",
        parts_total=0,
        parts_kept=0,
        parts_done=0,
        parts_failed=0,
        part_size=0,
        part_states=b"",
        flights=(),
        notes=(),
        files=files or files_of(),
    )
    return replace(now, **changes)


class StandIn:
    """Looks like a Transfer, obeys the table of states, and notes what was asked of it."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.now = snapshot or a_snapshot()
        self.id = self.now.id
        self.asked: list[Any] = []
        self.over = False
        self.listeners: list[Callable[[], None]] = []
        self.spec = SimpleNamespace(
            source=SimpleNamespace(path=Path(self.now.source)),
            store=NoCheckpoints(),
            target=self.now.target,
            control=SimpleNamespace(secret=SECRET),
        )
        self._lock = threading.Lock()
        self._coordinator = self  # what a handle has behind it; here it is all one

    @property
    def state(self) -> State:
        return self.now.state

    def snapshot(self) -> Snapshot:
        return self.now

    def pause(self) -> None:
        self._move(Event.PAUSE, "pause")

    def resume(self) -> None:
        self._move(Event.RESUME, "resume")

    def abort(self, keep_parts: bool = False) -> None:
        self._move(Event.ABORT, ("abort", keep_parts))

    def set_parallel(self, parallel: int | None) -> None:
        self.asked.append(("parallel", parallel))

    def set_limit(self, bytes_per_second: float | None) -> None:
        self.asked.append(("limit", bytes_per_second))

    def wait(self, timeout: float | None = None) -> bool:
        return self.over

    @property
    def resting(self) -> bool:
        return self.over

    def on_change(self, listener: Callable[[], None]) -> None:
        self.listeners.append(listener)

    def part(self, number: int) -> PartDetail:
        part = Plan(self.now.total_bytes, self.now.part_size).part(number)
        state = PartState(self.now.part_states[number - 1])
        return PartDetail(number, part.offset, part.length, state, 4 * MIB, 3, "<b>the line broke</b>", 2.0)

    def _move(self, event: Event, note: Any) -> None:
        with self._lock:
            self.now = replace(self.now, state=after(self.now.state, event))
            self.asked.append(note)


class StandInDataset(StandIn):
    """Looks like the transfer of a dataset whose second cell stands for two files."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        super().__init__(snapshot or a_dataset())
        self.children = {"child234": a_snapshot(id="child234", source="/data/raw/e.bin")}

    def find(self, text: str) -> Sequence[FileNow]:
        found = [FileNow(f"raw/{number:05}.csv", Cell.DONE, 20_000) for number in range(30)]
        found += [FileNow("raw/g.csv", Cell.FAILED, 5, "cannot be read"), FileNow("raw/bad\x1b.csv", Cell.WAITING)]
        return [one for one in found if text in one.key]

    def files_at(self, cell: int) -> Sequence[FileNow]:
        if cell != 1:
            return []
        return [FileNow("raw/e.bin", Cell.ON_THE_WIRE, 4 * MIB, "", "child234"), FileNow("raw/f.csv", Cell.DONE, 1)]

    def child(self, transfer_id: str) -> Snapshot | None:
        return self.children.get(transfer_id)


class StandInManager:
    """Looks like a Manager."""

    def __init__(self, *transfers: StandIn) -> None:
        self._transfers = list(transfers)

    def transfers(self) -> tuple[StandIn, ...]:
        return tuple(self._transfers)

    def find(self, text: str) -> StandIn:
        for transfer in self._transfers:
            if transfer.id == text:
                return transfer
        raise TransferNotFound(f"No upload has an id that begins with {text!r}.")

    def forget(self, wanted: Callable[[Any], bool]) -> int:
        gone = [transfer for transfer in self._transfers if transfer.state.ended and wanted(transfer)]
        self._transfers = [transfer for transfer in self._transfers if transfer not in gone]
        return len(gone)
