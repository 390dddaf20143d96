"""Reading what was sent once more, where parts are sent and beside them, at the speed of the disk."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from oss_jupyter.errors import LaneLost
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.wire_values import RangeRequest

if TYPE_CHECKING:
    from oss_jupyter.engine.run_state import RunState
    from oss_jupyter.model.gauge import Gauge
    from oss_jupyter.model.plan import Plan

# While one waits for the disk, another is summed up. More would only make a turning disk jump to and fro.
_READERS = 2
# So many readings may be lost with their process before one arrives: a process that cannot live reads nothing.
_LOST_IN_A_ROW = 20


@dataclass(frozen=True)
class RangeRead:
    """What the event queue gets of a reading."""

    part_number: int
    future: Future[int]


class Rereading:
    """Compares parts that have a receipt with the file. Only the run's own thread uses it.

    differing: how many were found to have other bytes, since `begin`.
    """

    phase = Phase.COMPARING

    def __init__(self, state: RunState, plan: Plan) -> None:
        self._spec = state.transfer.spec
        self._ledger = state.transfer.ledger
        self._events = state.events
        self._journal = state.open_journal
        self._plan = plan
        # A queue of its own in the lane: parts that wait for the line must not hold up the disk.
        self._lane_key = f"{state.transfer.id} again"
        self._waiting: deque[int] = deque()
        self._reading: dict[int, Gauge] = {}
        self._compared_bytes = self._total_bytes = 0
        self._lost_in_a_row = 0
        self.differing = 0

    def missing(self) -> list[int]:
        """Return the parts of the file that have no receipt."""
        return self._ledger.missing()

    @property
    def pending(self) -> bool:
        """Whether anything is still to be read."""
        return bool(self._waiting or self._reading)

    def begin(self, numbers: Iterable[int]) -> None:
        """Have these parts read, in their order."""
        self._waiting = deque(sorted(numbers))
        self._compared_bytes = self.differing = 0
        self._total_bytes = sum(self._plan.part(number).length for number in self._waiting)
        self._show()

    def begin_all(self) -> None:
        """Have every part read."""
        self.begin(range(1, len(self._plan) + 1))

    def dispatch(self, _parallel: int) -> None:
        """Start what may start now."""
        lane = self._spec.lane
        room = lane.set_width(self._lane_key, _READERS) if self._waiting else 0
        while self._waiting and len(self._reading) < room:
            number = self._waiting.popleft()
            gauge = self._reading[number] = lane.gauge(self._lane_key)
            future = lane.submit(self._spec.read_again, self.range_of(number), gauge, self._lane_key)
            future.add_done_callback(partial(self._put, number))

    def take(self, event: Any) -> int | None:
        """Return the number of a part whose bytes are others now, or None.

        Raises SourceError, CheckpointNotWritable.
        """
        if not isinstance(event, RangeRead) or self._reading.pop(event.part_number, None) is None:
            return None
        number = event.part_number
        try:
            crc = event.future.result()
        except (LaneLost, CancelledError):
            self._lost_in_a_row += 1
            if self._lost_in_a_row > _LOST_IN_A_ROW:
                raise
            self._waiting.appendleft(number)
            return None
        self._lost_in_a_row = 0
        self._compared_bytes += self._plan.part(number).length
        self._show()
        if crc == self._ledger.receipt(number).crc64:
            return None
        self.differing += 1
        self._journal.take_back(number)
        self._ledger.lose(number)
        return number

    def range_of(self, number: int) -> RangeRequest:
        """Return the part's range of the file."""
        part = self._plan.part(number)
        return RangeRequest(str(self._spec.source.path), part.offset, part.length)

    def confirmed(self, number: int) -> None:
        """Nothing is to be done: the file stays."""

    def stop(self) -> None:
        """Let go of what is being read."""
        for gauge in self._reading.values():
            gauge.stop()
        self._waiting.clear()
        self._reading.clear()
        self._ledger.compare(0, 0)

    def _put(self, number: int, done: Future[int]) -> None:
        self._events.put(RangeRead(number, done))

    def _show(self) -> None:
        left = self._compared_bytes < self._total_bytes
        self._ledger.compare(*((self._compared_bytes, self._total_bytes) if left else (0, 0)))
