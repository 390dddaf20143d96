"""Which part stands where: the engine's only book of parts, read by displays and written by the driver thread."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from oss_jupyter.crc64 import combine
from oss_jupyter.engine.part_detail import OnTheWire, PartDetail
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.plan import Plan
from oss_jupyter.model.progress import Flight, PartState, PartsView
from oss_jupyter.model.speed_meter import SpeedMeter
from oss_jupyter.model.wire_values import PartReceipt


class Ledger:
    """The parts of one transfer.

    `_lock` guards every field: _plan, _states, _receipts, _on_the_wire, _attempts, _errors, _went, _meter, _moved_at,
    _open_ended, and the counters: _kept_bytes, _confirmed_bytes, _ended_bytes, _resent_bytes, _shown_bytes,
    _moved_bytes, _compared_bytes, _compare_bytes, _retries and _version. Nothing slow happens under it.

    _went: how many bytes of each part have gone over the wire, at most once each. An attempt sends a part from its
    beginning, so what is beyond that of the one that came furthest went for the first time, and the rest once more.
    """

    def __init__(self, plan: Plan, *, open_ended: bool = False) -> None:
        self._lock = threading.Lock()
        self._plan = plan
        self._states = bytearray(len(plan))
        self._receipts: dict[int, PartReceipt] = {}
        self._on_the_wire: dict[int, OnTheWire] = {}
        self._attempts: dict[int, int] = {}
        self._errors: dict[int, str] = {}
        self._went: dict[int, int] = {}
        self._meter = SpeedMeter()
        self._kept_bytes = self._confirmed_bytes = self._ended_bytes = self._resent_bytes = 0
        self._shown_bytes = self._retries = self._version = self._compared_bytes = self._compare_bytes = 0
        self._moved_at, self._moved_bytes = 0.0, -1
        self._open_ended = open_ended

    def begin(self, plan: Plan, receipts: Mapping[int, PartReceipt], now: float, *, open_ended: bool = False) -> None:
        """Start over with these receipts: those already confirmed or sent whole here are done, others kept from before.

        open_ended: more parts may come.
        """
        with self._lock:
            self._open_ended = open_ended
            same = plan == self._plan
            if not same:
                self._went.clear()  # other bytes have these numbers now
            before = self._states
            self._plan = plan
            self._states = bytearray(len(plan))
            for number in receipts:
                done = same and (before[number - 1] == PartState.DONE or self._is_whole(number))
                self._states[number - 1] = PartState.DONE if done else PartState.KEPT
            self._receipts = dict(receipts)
            self._attempts, self._errors = {}, {}
            self._on_the_wire.clear()
            self._meter.reset()
            self._moved_at, self._moved_bytes = now, -1
            self._recount()
            self._settle()

    def started(self, number: int, gauge: Gauge, now: float) -> int:
        """Note that a part is on the wire and return which attempt this is, from 1."""
        with self._lock:
            attempt = self._attempts[number] = self._attempts.get(number, 0) + 1
            if self._states[number - 1] == PartState.RETRYING:
                self._retries += 1
            self._on_the_wire[number] = OnTheWire(gauge, self._plan.part(number).length, attempt, now)
            self._set(number, PartState.ON_THE_WIRE)
            return attempt

    def confirmed(self, receipt: PartReceipt) -> None:
        """Note that the service has confirmed a part."""
        with self._lock:
            length = self._plan.part(receipt.part_number).length
            self._on_the_wire.pop(receipt.part_number, None)
            self._count(receipt.part_number, length)
            self._receipts[receipt.part_number] = receipt
            self._errors.pop(receipt.part_number, None)
            self._set(receipt.part_number, PartState.DONE)
            self._confirmed_bytes += length

    def close(self) -> None:
        """Note that no more parts come."""
        with self._lock:
            self._open_ended = False

    def grow(self, plan: Plan) -> None:
        """Take in parts that have come to those before; the last one may have become longer."""
        with self._lock:
            self._plan = plan
            self._states.extend(bytes(len(plan) - len(self._states)))
            self._version += 1

    def keep(self, receipt: PartReceipt) -> None:
        """Note that a part that has come is in OSS already."""
        with self._lock:
            self._receipts[receipt.part_number] = receipt
            self._set(receipt.part_number, PartState.KEPT)
            self._kept_bytes += self._plan.part(receipt.part_number).length

    def lose(self, number: int) -> None:
        """Note that a receipt no longer counts, because the file has other bytes there; the part waits again."""
        with self._lock:
            del self._receipts[number]
            self._set(number, PartState.WAITING)
            self._recount()

    def compare(self, compared_bytes: int, total_bytes: int) -> None:
        """Show how much of what is read again has been compared; nothing is, with a total of 0."""
        with self._lock:
            self._compared_bytes, self._compare_bytes = compared_bytes, total_bytes

    def failed(self, number: int, state: PartState, error: str = "") -> None:
        """Note that a part left the wire without a receipt: it waits, is retried, or has failed."""
        with self._lock:
            self._end_flight(number)
            if error:
                self._errors[number] = error
            if not error:
                # Stopped by pause or abort: that was no attempt of the part's.
                self._attempts[number] = max(0, self._attempts.get(number, 1) - 1)
            self._set(number, state)

    def settle(self) -> None:
        """Show no more of what left the wire without a receipt: it is not sent again soon."""
        with self._lock:
            self._settle()

    def sample(self, now: float) -> int:
        """Take a sample for speed and silence, a few times a second; return the bytes moved so far."""
        with self._lock:
            moved = self._ended_bytes + self._in_flight_bytes()
            self._meter.sample(now, moved)
            if moved != self._moved_bytes:
                self._moved_at, self._moved_bytes = now, moved
            return moved

    def rest(self, now: float) -> None:
        """Note that nothing is expected of the line now, so that its silence is none."""
        with self._lock:
            self._moved_at = now

    def missing(self) -> list[int]:
        """Return the numbers of the parts that have no receipt, ascending."""
        with self._lock:
            return [number for number in range(1, len(self._plan) + 1) if number not in self._receipts]

    def receipt(self, number: int) -> PartReceipt:
        """Return the receipt of a part that has one. Raises KeyError."""
        with self._lock:
            return self._receipts[number]

    def receipts(self) -> Sequence[PartReceipt]:
        """Return the receipts, ascending."""
        with self._lock:
            return [self._receipts[number] for number in sorted(self._receipts)]

    def whole_crc64(self) -> int | None:
        """Return the CRC-64 of the whole source from its parts', or None while one is missing."""
        with self._lock:
            if len(self._receipts) != len(self._plan):
                return None
            crc = 0
            for part in self._plan:
                crc = combine(crc, self._receipts[part.number].crc64, part.length)
            return crc

    @property
    def went_bytes(self) -> int:
        """How many of the file's bytes have gone over the wire, each counted once."""
        with self._lock:
            return sum(self._went.values())

    @property
    def sent_whole(self) -> frozenset[int]:
        """The parts that have gone over the wire to their end, whether or not that was answered."""
        with self._lock:
            return frozenset(number for number in self._went if self._is_whole(number))

    @property
    def moved_at(self) -> float:
        """When bytes last moved, in monotonic seconds; 0.0 if they never did."""
        with self._lock:
            return self._moved_at

    def detail(self, number: int, now: float) -> PartDetail:
        """Return what is known of one part. Raises IndexError where there is no such part."""
        with self._lock:
            part = self._plan.part(number)
            flight = self._on_the_wire.get(number)
            receipt = self._receipts.get(number)
            sent_bytes = flight.gauge.sent_bytes if flight else part.length if receipt else 0
            queued = flight is not None and not sent_bytes
            seconds = now - flight.started_at if flight else receipt.seconds if receipt else 0.0
            return PartDetail(
                number,
                part.offset,
                part.length,
                PartState.WAITING if queued else PartState(self._states[number - 1]),
                sent_bytes,
                self._attempts.get(number, 0),
                self._errors.get(number, ""),
                seconds,
            )

    def view(self, now: float) -> PartsView:
        """Return how the parts stand at `now`, in monotonic seconds."""
        with self._lock:
            in_flight = self._in_flight_bytes()
            done = self._kept_bytes + self._confirmed_bytes
            self._shown_bytes = min(self._plan.size, max(self._shown_bytes, done + in_flight))
            speed = self._meter.bytes_per_second()
            flights, states = [], bytearray(self._states)
            for number, flight in sorted(self._on_the_wire.items()):
                sent_bytes = flight.gauge.sent_bytes
                if sent_bytes:
                    flights.append(Flight(number, flight.length, sent_bytes, flight.attempt, now - flight.started_at))
                else:
                    states[number - 1] = PartState.WAITING  # for a connection: the lane may have it in a queue
            return PartsView(
                total_bytes=self._plan.size,
                kept_bytes=self._kept_bytes,
                confirmed_bytes=self._confirmed_bytes,
                in_flight_bytes=in_flight,
                shown_bytes=self._shown_bytes,
                sent_bytes=self._confirmed_bytes + in_flight,
                resent_bytes=self._resent_bytes + self._again_in_flight_bytes(),
                bytes_per_second=speed,
                left_seconds=(self._plan.size - done - in_flight) / speed if speed and not self._open_ended else None,
                silent_seconds=self._silence(now),
                speeds=self._meter.curve(),
                latest_error=next(reversed(self._errors.values()), ""),
                parts_total=len(self._plan),
                parts_kept=self._states.count(PartState.KEPT),
                parts_done=self._states.count(PartState.DONE),
                parts_failed=self._states.count(PartState.FAILED),
                retries=self._retries,
                part_size=self._plan.part_size,
                part_states=bytes(states),
                flights=tuple(flights),
                version=self._version,
                compared_bytes=self._compared_bytes,
                compare_bytes=self._compare_bytes,
                open_ended=self._open_ended,
            )

    def most_retried(self) -> int:
        """Return which retry the part is at, on the wire or waiting for it, that was tried most often; 0 for none."""
        with self._lock:
            tries = [flight.attempt - 1 for flight in self._on_the_wire.values() if flight.gauge.sent_bytes]
            if PartState.RETRYING in self._states:
                states = self._states
                tries += [tried for number, tried in self._attempts.items() if states[number - 1] == PartState.RETRYING]
            return max(tries, default=0)

    def _settle(self) -> None:
        # It may show less than before: what counted is gone, and saying so is the truth.
        self._shown_bytes = self._kept_bytes + self._confirmed_bytes

    def _silence(self, now: float) -> float:
        return max(0.0, now - self._moved_at) if self._moved_at else 0.0

    def _in_flight_bytes(self) -> int:
        return sum(flight.gauge.sent_bytes for flight in self._on_the_wire.values())

    def _end_flight(self, number: int) -> None:
        flight = self._on_the_wire.pop(number, None)
        if flight is not None:
            self._count(number, flight.gauge.sent_bytes)

    def _count(self, number: int, sent_bytes: int) -> None:
        went = self._went.get(number, 0)
        self._ended_bytes += sent_bytes
        self._resent_bytes += min(sent_bytes, went)
        self._went[number] = max(sent_bytes, went)

    def _again_in_flight_bytes(self) -> int:
        flights = self._on_the_wire.items()
        return sum(min(flight.gauge.sent_bytes, self._went.get(number, 0)) for number, flight in flights)

    def _is_whole(self, number: int) -> bool:
        return self._went.get(number, 0) == self._plan.part(number).length

    def _set(self, number: int, state: PartState) -> None:
        self._states[number - 1] = state
        self._version += 1

    def _recount(self) -> None:
        lengths = {PartState.KEPT: 0, PartState.DONE: 0}
        for number in self._receipts:
            lengths[PartState(self._states[number - 1])] += self._plan.part(number).length
        self._kept_bytes, self._confirmed_bytes = lengths[PartState.KEPT], lengths[PartState.DONE]
        self._version += 1
