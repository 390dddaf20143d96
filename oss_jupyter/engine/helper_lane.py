"""The lane that leads to a helper process: started with the first part, started again if it dies, gone with the kernel.

Only values cross: a job and the function that does it go out pickled by name, what it returns or raises comes back.
Where there is no helper to be had, jobs run in threads of the kernel, and `remark` says why.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from oss_jupyter.engine.flight import Flight
from oss_jupyter.engine.helper_process import FEED, PRELOAD, READY, REFUSALS, STREAM, TAKEN, HelperProcess, Told
from oss_jupyter.engine.lanes import ThreadLane
from oss_jupyter.engine.shared_memory import SLOTS, TRANSFERS_MOST, SharedMemory, SlotGauge
from oss_jupyter.engine.stream import Stream, StreamWork
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import LaneLost, OssJupyterError
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.wire_values import PartReceipt

T = TypeVar("T")

# A cold interpreter on a busy machine, from a disk in the network.
_START_SECONDS = 60.0
# Many threads on a small share of a processor, or a module from a slow disk; more than that is no upload any more.
_LOCKED_SECONDS = 30.0
# So many helpers in a row may die before they have done a single job: another one would die as well.
_USELESS_MAX = 2
_NOT_STARTED = "No helper process could be started"
_ENDED = "Helper processes were started and ended before they had sent anything"


class HelperLane:
    """Parts in a helper process, and in `threads` where there is none to be had.

    `_lock` guards _memory, _process, _useless, _remark, _flights, _free_slots, _transfer_indices, _rates and _last_job.
    `_starting` is held while a helper is started, by one thread. Futures are settled and messages sent outside `_lock`.
    preload: what each helper does first, behind whatever comes; pickled by its name.
    """

    def __init__(
        self,
        threads: ThreadLane | None = None,
        start_seconds: float = _START_SECONDS,
        locked_seconds: float = _LOCKED_SECONDS,
        preload: Callable[[], object] | None = None,
    ) -> None:
        self._threads = threads or ThreadLane()
        self._preload = preload
        self._start_seconds = start_seconds
        self._locked_seconds = locked_seconds
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._memory: SharedMemory | None = None
        self._process: HelperProcess | None = None
        self._useless = 0
        self._remark = ""
        self._flights: dict[int, Flight] = {}
        self._free_slots = list(range(SLOTS))
        self._transfer_indices: dict[str, int] = {}
        self._rates: dict[str, int] = {}
        self._last_job = 0

    @property
    def pid(self) -> int | None:
        """The helper's process id, or None while there is none."""
        with self._lock:
            return self._process.pid if self._process else None

    @property
    def remark(self) -> str:
        """Why parts run in the kernel, or nothing."""
        with self._lock:
            return self._remark

    def start(self) -> None:
        """Start the helper if there is none. It gets ready by itself while parts are planned and signed.

        What stood in the way of the last one may have gone: it is tried again.
        """
        with self._lock:
            self._remark, self._useless = "", 0
        self._helper()

    def gauge(self, transfer_id: str) -> Gauge:
        """Return the dials for one part of a transfer."""
        process = self._helper()
        with self._lock:
            if process is not None and self._memory is not None and self._free_slots:
                slot = self._free_slots.pop()
                self._memory.sent_bytes[slot] = self._memory.stops[slot] = 0
                return SlotGauge(self._memory, slot)
        return self._threads.gauge(transfer_id)

    def limit(self, transfer_id: str, bytes_per_second: float | None) -> None:
        """Limit a transfer's speed from now on; None takes the limit away."""
        self._threads.limit(transfer_id, bytes_per_second)
        with self._lock:
            self._rates[transfer_id] = int(bytes_per_second or 0)
            if self._memory is not None:
                self._memory.rates[self._index_of(self._memory, transfer_id)] = self._rates[transfer_id]

    def set_width(self, transfer_id: str, count: int) -> int:
        """Run so many parts of a transfer at once; as many more may wait in the helper for a connection."""
        with self._lock:
            if self._memory is None or self._remark:
                return count
            self._memory.widths[self._index_of(self._memory, transfer_id)] = count
        return 2 * count

    def submit(self, work: Callable[..., T], request: object, gauge: Gauge, transfer_id: str = "") -> Future[T]:
        """Start one job; the future ends with what it returns or raises, or with LaneLost if the helper died.

        The error's text is for the user; it is empty where there is nothing to tell.
        """
        if not isinstance(gauge, SlotGauge):
            return self._threads.submit(work, request, gauge, transfer_id)
        future: Future[T] = Future()
        job, flight = self._take_off(future, gauge, transfer_id)
        if flight is not None:
            gauge.on_taken = partial(self._taken, flight)
            flight.process.send((job, work, request, gauge.slot, flight.transfer_index))
        return future

    def stream(self, work: StreamWork, request: object, take: Callable[[Any], object], transfer_id: str = "") -> Stream:
        """Start a job that goes on for long; `take` gets what it tells, on the thread that listens to the helper."""
        gauge = self.gauge(transfer_id)
        if not isinstance(gauge, SlotGauge):
            return self._threads.stream(work, request, take, transfer_id)
        future: Future[Any] = Future()
        job, flight = self._take_off(future, gauge, transfer_id, take)
        if flight is None:
            return Stream(future, gauge, lambda value: None)
        flight.process.send((STREAM, job, work, request, gauge.slot, flight.transfer_index))
        return Stream(future, gauge, lambda value: flight.process.send((FEED, job, value)))

    def painted(self) -> None:
        """Note that a page is drawn now, so that the helper gives way to it."""
        with self._lock:
            if self._memory is not None:
                self._memory.painted()

    def rest(self) -> None:
        """Let the helper go where it has nothing to do."""
        with self._lock:
            process = None if self._flights else self._process
        if process is not None:
            process.close()

    def close(self) -> None:
        """Let the helper go, and the threads."""
        with self._lock:
            process = self._process
        if process is not None:
            process.close()
        self._threads.close()

    def _take_off(
        self, future: Future[Any], gauge: SlotGauge, transfer_id: str, take: Callable[[Any], object] | None = None
    ) -> tuple[int, Flight | None]:
        """Return the number of a new job and the job, or None, with the future settled, where the helper has gone."""
        with self._lock:
            process, memory = self._process, self._memory
            self._last_job = job = self._last_job + 1
            if process is not None and memory is not None:
                flight = Flight(process, future, gauge, self._index_of(memory, transfer_id), take)
                self._flights[job] = flight
                return job, flight
            self._free_slots.append(gauge.leave())
        future.set_exception(LaneLost(""))
        return job, None

    def _index_of(self, memory: SharedMemory, transfer_id: str) -> int:
        """Return the cells of a transfer; a new one gets those of one that has nothing here any more."""
        if transfer_id not in self._transfer_indices:
            transfer_index = self._transfer_indices[transfer_id] = self._free_index()
            memory.rates[transfer_index], memory.widths[transfer_index] = self._rates.get(transfer_id, 0), 0
        return self._transfer_indices[transfer_id]

    def _free_index(self) -> int:
        if len(self._transfer_indices) < TRANSFERS_MOST:
            return len(self._transfer_indices)
        busy = {flight.transfer_index for flight in self._flights.values()}
        # Where all are busy, the oldest shares its own.
        idle = next(
            (key for key, transfer_index in self._transfer_indices.items() if transfer_index not in busy),
            next(iter(self._transfer_indices)),
        )
        return self._transfer_indices.pop(idle)

    def _helper(self) -> HelperProcess | None:
        """Return the helper, started if there is none, or None where there is none to be had."""
        process, settled = self._known()
        if settled:
            return process
        with self._starting:
            process, settled = self._known()
            return process if settled else self._started()

    def _known(self) -> tuple[HelperProcess | None, bool]:
        with self._lock:
            return self._process, self._process is not None or bool(self._remark)

    def _started(self) -> HelperProcess | None:
        with self._lock:
            known_memory = self._memory
        try:
            memory = known_memory or SharedMemory.new()
            process = HelperProcess(memory.descriptor, self._locked_seconds)
        except REFUSALS as error:
            self._go_without(_NOT_STARTED, f"{type(error).__name__}: {error}")
            return None
        with self._lock:
            self._memory, self._process = memory, process
        if self._preload is not None:
            process.send((PRELOAD, self._preload))
        return self._watched(process)

    def _watched(self, process: HelperProcess) -> HelperProcess | None:
        try:
            start_thread(self._read, "oss-helper", process)
        except OssJupyterError as error:
            process.kill()
            self._lost(process, process.end())
            self._go_without(_NOT_STARTED, error.what)
            return None
        return process

    def _go_without(self, what: str, why: str) -> None:
        with self._lock:
            instead = "so the parts are sent by the kernel itself, where a busy cell slows them."
            self._remark = f"{what} ({why.rstrip(': .')}), {instead}"

    def _read(self, process: HelperProcess) -> None:
        with suppress(MemoryError):  # one that cannot be listened to has to go
            for job, outcome in process.messages(self._start_seconds):
                if job != READY:
                    process.useful = True
                    self._heard(job, outcome)
        process.kill()
        how = process.end()
        if self._lost(process, how) >= _USELESS_MAX:
            self._go_without(_ENDED if process.ready else _NOT_STARTED, how)

    def _lost(self, process: HelperProcess, how: str) -> int:
        """Settle what went with a helper, and return how many in a row have done nothing."""
        with self._lock:
            if self._process is process:
                self._process = None
            self._useless = 0 if process.useful else self._useless + 1
            useless = self._useless
            lost = [job for job, flight in self._flights.items() if flight.process is process]
        # Of one that has done nothing there is nothing to tell, unless the next one does nothing either.
        note = f"A helper process is gone ({how}); only the parts on the wire are sent again." if not useless else ""
        for job in lost:
            self._settle(job, LaneLost(note))
        return useless

    def _heard(self, job: int, outcome: Any) -> None:
        if not isinstance(outcome, Told):
            self._settle(job, outcome)
            return
        with self._lock:
            take = self._flights[job].take
        if take is not None:
            take(outcome.value)

    def _settle(self, job: int, outcome: Any) -> None:
        with self._lock:
            flight = self._flights.pop(job)
            self._free_slots.append(flight.gauge.leave())
            flight.has_receipt = isinstance(outcome, PartReceipt)
            nobody_waits = flight.has_receipt and flight.is_taken
        if nobody_waits:
            self._give_place(flight)
        if isinstance(outcome, BaseException):
            flight.future.set_exception(outcome)
        else:
            flight.future.set_result(outcome)

    def _taken(self, flight: Flight) -> None:
        with self._lock:
            flight.is_taken = True
            has_receipt = flight.has_receipt
        if has_receipt:
            self._give_place(flight)

    def _give_place(self, flight: Flight) -> None:
        flight.process.send((TAKEN, flight.transfer_index))
