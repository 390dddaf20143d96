"""What the kernel knows of the jobs that are in its helper processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from oss_jupyter.engine.frames import Unreadable, unreadable
from oss_jupyter.engine.helper_process import FEED, TAKEN, HelperProcess, Told
from oss_jupyter.engine.shared_memory import SLOTS, SlotGauge
from oss_jupyter.errors import MessageUnreadable
from oss_jupyter.model.wire_values import PartReceipt
from oss_jupyter.texts import english


@dataclass
class Flight:
    """A job in a helper. A receipt holds its place there until it is written down.

    take: gets what a stream tells. failure: what it ends with, whatever is heard of it.
    """

    number: int
    process: HelperProcess
    future: Future[Any]
    gauge: SlotGauge
    transfer_index: int
    take: Callable[[Any], object] | None = None
    has_receipt: bool = False
    is_taken: bool = False
    failure: BaseException | None = None


class Flights:
    """The jobs of one lane. Any thread may call it; futures are settled and messages sent outside of the lock.

    `_lock` guards _flights, _free_slots and _last_number, and what changes of each flight.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: dict[int, Flight] = {}
        self._free_slots = list(range(SLOTS))
        self._last_number = 0

    def slot(self) -> int | None:
        """Return a free slot of the shared memory, or None."""
        with self._lock:
            return self._free_slots.pop() if self._free_slots else None

    def free(self, gauge: SlotGauge) -> None:
        """Take back the slot of a gauge with which no job begins."""
        with self._lock:
            self._free_slots.append(gauge.leave())

    def busy(self) -> set[int]:
        """Return the cells of the transfers that have a job."""
        with self._lock:
            return {flight.transfer_index for flight in self._flights.values()}

    def begin(
        self,
        process: HelperProcess,
        future: Future[Any],
        gauge: SlotGauge,
        transfer_index: int,
        take: Callable[[Any], object] | None,
    ) -> Flight:
        """Return a new job, of which the helper is to be told."""
        with self._lock:
            self._last_number += 1
            flight = Flight(self._last_number, process, future, gauge, transfer_index, take)
            self._flights[flight.number] = flight
            return flight

    def send(self, flight: Flight, message: Any) -> None:
        """Tell the helper to begin a job, which ends where that cannot be told."""
        try:
            flight.process.send(message, flight.number)
        except MessageUnreadable as error:
            self._settle(flight.number, error)

    def feed(self, flight: Flight, value: Any) -> None:
        """Hand a value to a stream, which ends where that cannot be told."""
        try:
            flight.process.send((FEED, flight.number, value), flight.number)
        except MessageUnreadable as error:
            self._fail(flight.number, error)
            flight.gauge.stop()

    def taken(self, flight: Flight) -> None:
        """Note that the receipt of a job is written down."""
        with self._lock:
            flight.is_taken = True
            has_receipt = flight.has_receipt
        if has_receipt:
            self._give_place(flight)

    def heard(self, number: int, outcome: Any) -> None:
        """Take what a helper says of a job."""
        if not isinstance(outcome, Told):
            self._settle(number, outcome)
            return
        with self._lock:
            flight = self._flights.get(number)
        if flight is not None and flight.take is not None:
            flight.take(outcome.value)

    def unread(self, message: Unreadable) -> bool:
        """Let the job of an answer end with an error, once its helper has gone; return whether the job is known.

        The helper has to go, because whether the job holds a place there is told by what could not be read.
        """
        what = english("The kernel could not read what its helper process told it ({why}).")
        return self._fail(message.address, unreadable(what, message.why))

    def lose(self, process: HelperProcess, why: BaseException) -> None:
        """Settle what went with a helper."""
        with self._lock:
            lost = [number for number, flight in self._flights.items() if flight.process is process]
        for number in lost:
            self._settle(number, why)

    def _fail(self, number: int, error: MessageUnreadable) -> bool:
        with self._lock:
            flight = self._flights.get(number)
            if flight is not None:
                flight.failure = error
        return flight is not None

    def _settle(self, number: int, outcome: Any) -> None:
        with self._lock:
            flight = self._flights.pop(number, None)
            if flight is None:
                return  # it has failed already
            outcome = flight.failure or outcome
            self._free_slots.append(flight.gauge.leave())
            flight.has_receipt = isinstance(outcome, PartReceipt)
            nobody_waits = flight.has_receipt and flight.is_taken
        if nobody_waits:
            self._give_place(flight)
        if isinstance(outcome, BaseException):
            flight.future.set_exception(outcome)
        else:
            flight.future.set_result(outcome)

    def _give_place(self, flight: Flight) -> None:
        flight.process.send((TAKEN, flight.transfer_index))
