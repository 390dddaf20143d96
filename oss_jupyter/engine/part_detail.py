"""What is known of one part, for whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.plan import Plan
from oss_jupyter.model.progress import PartState, Snapshot


@dataclass
class OnTheWire:
    """An attempt that goes on. length in bytes; started_at in monotonic seconds."""

    gauge: Gauge
    length: int
    attempt: int
    started_at: float


@dataclass(frozen=True)
class PartDetail:
    """What is known of one part. Offset, length and sent bytes in bytes; `error` is the last failure's first line."""

    number: int
    offset: int
    length: int
    state: PartState
    sent_bytes: int
    attempts: int
    error: str
    seconds: float


def part_of(now: Snapshot, number: int) -> PartDetail:
    """Return what a snapshot knows of a part: unless it is on the wire, no attempts and no time. Raises IndexError."""
    if not 1 <= number <= len(now.part_states):
        raise IndexError(f"part {number} of {len(now.part_states)}")
    part = Plan(now.total_bytes, now.part_size).part(number)
    state = PartState(now.part_states[number - 1])
    flight = next((one for one in now.flights if one.part_number == number), None)
    if flight is not None:
        return PartDetail(
            number, part.offset, part.length, state, flight.sent_bytes, flight.attempt, "", flight.seconds
        )
    sent_bytes = part.length if state in (PartState.DONE, PartState.KEPT) else 0
    return PartDetail(number, part.offset, part.length, state, sent_bytes, 0, "", 0.0)
