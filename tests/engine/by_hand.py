"""A run by hand: its own thread is the test's, time passes only while it waits, and parts end when the test says so."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any

from oss_jupyter.engine.budget import Budget
from oss_jupyter.engine.coordinator import TransferCoordinator
from oss_jupyter.engine.event_queue import EventQueue
from oss_jupyter.engine.rereading import Rereading
from oss_jupyter.engine.run_state import RunState
from oss_jupyter.engine.sending import Sending
from oss_jupyter.engine.service_requests import Interrupted as Interrupted
from oss_jupyter.engine.service_requests import ServiceRequests
from oss_jupyter.engine.signing import Signer
from oss_jupyter.engine.source_watch import SourceWatch
from oss_jupyter.engine.transfer_queue import TransferQueue
from oss_jupyter.local.memory import MemoryJournal
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.wire_values import PartReceipt, PartRequest

from .fakes import Service
from .kit import Kernel

PART_SECONDS = 1.0  # that each part takes here
STOP_SECONDS = 0.1  # until one has given way


class HandQueue(EventQueue):
    """Where the run waits. Nothing waits really: the clock moves on, to what was planned or to the end of the wait.

    It is the clock as well.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = 100.0
        self._ends = False
        self._planned: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = count()

    def time(self) -> float:
        """Return seconds since the epoch."""
        return 1_700_000_000.0 + self.now

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self.now

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Do something when so much time has passed."""
        heapq.heappush(self._planned, (self.now + seconds, next(self._numbers), action))

    def wake(self) -> None:
        """End the wait that is going on, or the next one."""
        self._ends = True
        super().wake()

    def next_event(self, timeout_seconds: float) -> Any:
        """Return the next event, or None after a command or the time-out."""
        return self._pass(timeout_seconds, lambda: super(HandQueue, self).next_event(0.0))[0]

    def sleep(self, timeout_seconds: float) -> bool:
        """Wait, leaving events where they are; return whether a command ended it."""
        return self._pass(timeout_seconds, lambda: None)[1]

    def _pass(self, seconds: float, look: Callable[[], Any]) -> tuple[Any, bool]:
        until = self.now + seconds
        while (found := look()) is None and not self._ends:
            if not self._planned or self._planned[0][0] > until:
                self.now = until
                break
            self.now, _, action = heapq.heappop(self._planned)
            action()
        woken, self._ends = self._ends, False
        return found, woken


class HandLane:
    """Where parts run: each ends some time after it began, as the service in memory then says."""

    remark = ""

    def __init__(self, queue: HandQueue) -> None:
        self._queue = queue
        self.seconds: dict[int, float] = {}
        """How long a part takes, where it is another time."""
        self.arrived: set[int] = set()
        """Parts that have arrived at once: only their receipts are on the way."""
        self.deaf: set[int] = set()
        """Parts that do not hear when they should stop."""
        self.flying: dict[int, LocalGauge] = {}
        self.begun: list[tuple[int, float]] = []
        """The part numbers and when they began, of every attempt."""
        self.most = 0
        self.taken = 0

    def start(self) -> None:
        """Nothing to get ready."""

    def close(self) -> None:
        """Nothing to let go of."""

    def limit(self, transfer_id: str, bytes_per_second: float | None) -> None:
        """There is no limit."""

    def gauge(self, transfer_id: str) -> LocalGauge:
        """Dials that count how many parts have been taken."""
        lane = self

        class Counted(LocalGauge):
            def taken(self) -> None:
                lane.taken += 1

        return Counted()

    def set_width(self, transfer_id: str, count: int) -> int:
        """As many as are wanted."""
        return count

    def submit(self, work: Callable[..., Any], request: Any, gauge: LocalGauge, transfer_id: str = "") -> Future[Any]:
        """Begin a part."""
        future: Future[Any] = Future()
        if not isinstance(request, PartRequest):  # read again: at once
            future.set_result(work(request, gauge))
            return future
        number = request.part_number
        self.flying[number] = gauge
        self.most = max(self.most, len(self.flying))
        self.begun.append((number, self._queue.now))
        outcome = _outcome(work, request, gauge) if number in self.arrived else None

        def end() -> None:
            if self.flying.get(number) is gauge:  # it was not stopped
                del self.flying[number]
                (outcome or _outcome(work, request, gauge))(future)

        if number not in self.deaf:
            gauge.on_stop = lambda: self._queue.after(STOP_SECONDS, end)
        self._queue.after(self.seconds.get(number, PART_SECONDS), end)
        return future

    def begun_at(self, number: int) -> list[float]:
        """When a part began, each time, in seconds since the beginning."""
        return [round(at - 100.0, 3) for one, at in self.begun if one == number]


class HandJournal(MemoryJournal):
    """A journal that shows what was written down."""

    def __init__(self) -> None:
        super().__init__()
        self.added: dict[int, PartReceipt] = {}
        self.driven: list[tuple[float | None, int | None]] = []

    def add(self, receipt: PartReceipt) -> None:
        """Record one finished part."""
        self.added[receipt.part_number] = receipt

    def drive(self, limit: float | None, parallel: int | None) -> None:
        """Record how the upload is driven from now on."""
        self.driven.append((limit, parallel))


class Hand:
    """A transfer whose turn has come, and what its run needs."""

    def __init__(self, kernel: Kernel, source: Path, service: Service, *, parallel: int = 3, **policy: Any) -> None:
        self.queue = HandQueue()
        self.lane = HandLane(self.queue)
        self.service = service
        self.journal = HandJournal()
        self.spec = kernel.spec(
            source,
            control=service,
            send_part=service.send_part,
            clock=self.queue,
            lane=self.lane,
            parallel=parallel,
            policy=RetryPolicy(**{"attempts": 4, "base_seconds": 1.0, "random": lambda: 1.0, **policy}),
        )
        self.budget = Budget()
        self.transfer = TransferCoordinator(self.spec, TransferQueue(lambda one: None, budget=self.budget))
        self.transfer.resume()  # it has its turn now, and no thread
        self.requests = ServiceRequests(self.transfer, self.queue)

    @property
    def seconds(self) -> float:
        """How much time has passed."""
        return round(self.queue.now - 100.0, 3)

    @property
    def notes(self) -> str:
        """What the user was told."""
        return "\n".join(self.transfer.snapshot().notes)

    def command(self, verb: Callable[[], object]) -> Callable[[], None]:
        """Return what a user does, who wakes the run with it."""

        def act() -> None:
            verb()
            self.queue.wake()

        return act

    def send(self, *kept: PartReceipt) -> None:
        """Begin an upload, and send its parts but those that are kept, which are read again."""
        upload_id = self.requests.initiate(self.spec.options)
        state = RunState(self.transfer, self.queue, self.requests, self.spec, self.journal)
        self.transfer.ledger.begin(self.spec.plan, {receipt.part_number: receipt for receipt in kept}, self.queue.now)
        watch = SourceWatch(self.spec.source, self.spec.source.fingerprint(), self.queue.time())
        rereading = Rereading(state, self.spec.plan)
        rereading.begin(receipt.part_number for receipt in kept)
        Sending(state, Signer(state, upload_id), watch, rereading).run()

    def receipts(self) -> dict[int, PartReceipt]:
        """What the journal knows."""
        return self.journal.added


def _outcome(work: Callable[..., Any], request: Any, gauge: LocalGauge) -> Callable[[Future[Any]], None]:
    """Do a part, and return what puts its outcome into a future."""
    try:
        result = work(request, gauge)
    except Exception as error:
        failure = error  # the name of an exception is gone after its block
        return lambda future: future.set_exception(failure)
    return lambda future: future.set_result(result)
