"""A transfer and a manager without threads, files or a network, and a snapshot with a bit of everything in it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from oss_jupyter.engine.ledger import PartDetail
from oss_jupyter.errors import TransferNotFound
from oss_jupyter.local.memory import NoCheckpoints
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
