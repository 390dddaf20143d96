"""The lane that leads to a helper process: started with the first part, started again if it dies, gone with the kernel.

Only values cross: a job and the function that does it go out pickled by name, what it returns or raises comes back.
Where there is no helper to be had, jobs run in threads of the kernel, and `remark` says why.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from oss_jupyter.engine.flight import Flight, Flights
from oss_jupyter.engine.frames import Unreadable
from oss_jupyter.engine.helper_process import PRELOAD, READY, REFUSALS, STREAM, HelperProcess
from oss_jupyter.engine.lanes import ThreadLane
from oss_jupyter.engine.log import log
from oss_jupyter.engine.shared_memory import SharedMemory, SlotGauge
from oss_jupyter.engine.stream import Stream, StreamWork
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.engine.transfer_cells import TransferCells
from oss_jupyter.errors import LaneLost, OssJupyterError
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.texts import english, tr

T = TypeVar("T")

# A cold interpreter on a busy machine, from a disk in the network.
_START_SECONDS = 60.0
# Many threads on a small share of a processor, or a module from a slow disk; more than that is no upload any more.
_LOCKED_SECONDS = 30.0
# So many helpers in a row may die before they have done a single job: another one would die as well.
_USELESS_MAX = 2
_NOT_STARTED = english(
    "No helper process could be started ({why}), so the parts are sent by the kernel itself, where a busy cell slows "
    "them."
)
_ENDED = english(
    "Helper processes were started and ended before they had sent anything ({why}), so the parts are sent by the "
    "kernel itself, where a busy cell slows them."
)


class HelperLane:
    """Parts in a helper process, and in `threads` where there is none to be had.

    `_lock` guards _memory, _process, _useless, _remark and the cells of _cells; that of _flights is taken after it.
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
        self._flights = Flights()
        self._cells = TransferCells()

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
            memory = self._memory if process is not None else None
            slot = None if memory is None else self._flights.slot()
            if memory is not None and slot is not None:
                memory.sent_bytes[slot] = memory.stops[slot] = 0
                return SlotGauge(memory, slot)
        return self._threads.gauge(transfer_id)

    def limit(self, transfer_id: str, bytes_per_second: float | None) -> None:
        """Limit a transfer's speed from now on; None takes the limit away."""
        self._threads.limit(transfer_id, bytes_per_second)
        with self._lock:
            self._cells.limit(self._memory, transfer_id, int(bytes_per_second or 0), self._flights.busy())

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
        flight = self._take_off(future, gauge, transfer_id)
        if flight is not None:
            gauge.on_taken = partial(self._flights.taken, flight)
            self._flights.send(flight, (flight.number, work, request, gauge.slot, flight.transfer_index))
        return future

    def stream(self, work: StreamWork, request: object, take: Callable[[Any], object], transfer_id: str = "") -> Stream:
        """Start a job that goes on for long; `take` gets what it tells, on the thread that listens to the helper."""
        gauge = self.gauge(transfer_id)
        if not isinstance(gauge, SlotGauge):
            return self._threads.stream(work, request, take, transfer_id)
        future: Future[Any] = Future()
        flight = self._take_off(future, gauge, transfer_id, take)
        if flight is None:
            return Stream(future, gauge, lambda value: None)
        self._flights.send(flight, (STREAM, flight.number, work, request, gauge.slot, flight.transfer_index))
        return Stream(future, gauge, partial(self._flights.feed, flight))

    def painted(self) -> None:
        """Note that a page is drawn now, so that the helper gives way to it."""
        with self._lock:
            if self._memory is not None:
                self._memory.painted()

    def rest(self) -> None:
        """Let the helper go where it has nothing to do."""
        with self._lock:
            process = None if self._flights.busy() else self._process
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
    ) -> Flight | None:
        """Return a new job, or None, with the future settled, where the helper has gone."""
        with self._lock:
            process, memory = self._process, self._memory
            if process is not None and memory is not None:
                return self._flights.begin(process, future, gauge, self._index_of(memory, transfer_id), take)
        self._flights.free(gauge)
        future.set_exception(LaneLost(""))
        return None

    def _index_of(self, memory: SharedMemory, transfer_id: str) -> int:
        return self._cells.index_of(memory, transfer_id, self._flights.busy())

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
            process = HelperProcess(memory.descriptor, self._locked_seconds, memory.pulse)
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
        remark = tr(what, why=why.rstrip(": .。"))
        with self._lock:
            self._remark = remark

    def _read(self, process: HelperProcess) -> None:
        untold = ""
        try:
            for message in process.messages(self._start_seconds):
                if isinstance(message, Unreadable):
                    process.useful = self._flights.unread(message) and process.useful
                    untold = tr("what it told could not be read")
                    break
                number, outcome = message
                if number != READY:
                    process.useful = True
                    self._flights.heard(number, outcome)
        except BaseException as error:  # one that cannot be listened to has to go
            log.debug("the helper process cannot be listened to: %s", type(error).__name__)
            process.useful = process.useful and isinstance(error, MemoryError)
        process.kill()
        how = process.end()
        how = untold or how
        if self._lost(process, how) >= _USELESS_MAX:
            self._go_without(_ENDED if process.ready else _NOT_STARTED, how)

    def _lost(self, process: HelperProcess, how: str) -> int:
        """Settle what went with a helper, and return how many in a row have done nothing."""
        with self._lock:
            if self._process is process:
                self._process = None
            self._useless = 0 if process.useful else self._useless + 1
            useless = self._useless
        # Of one that has done nothing there is nothing to tell, unless the next one does nothing either.
        note = tr("A helper process is gone ({how}); only the parts on the wire are sent again.", how=how)
        self._flights.lose(process, LaneLost("" if useless else note))
        return useless
