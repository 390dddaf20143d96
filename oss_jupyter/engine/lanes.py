"""Where parts run: threads of this process. See helper_lane.py for the default, executor_lane.py for what users bring.

A job is a plain function of a frozen value and its dials: sending a part, or reading a range again.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

from oss_jupyter.engine.rate_limiter import RateLimiter
from oss_jupyter.engine.stream import Stream, StreamWork
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.gauge import Gauge, LocalGauge

T = TypeVar("T")
_Job = tuple[Callable[..., Any], object, Gauge, "Future[Any]"]


# So long a thread waits for another part, with its connection kept alive.
_IDLE_SECONDS = 5.0


class LocalLane:
    """What lanes have in common whose dials are objects of this process: gauges, and a bucket for each transfer."""

    remark = ""

    def __init__(self) -> None:
        self._rates: dict[str, float] = {}  # bytes per second, 0 for no limit
        self._limiters: dict[str, RateLimiter] = {}

    def start(self) -> None:
        """There is nothing to start before the parts."""

    def gauge(self, transfer_id: str) -> Gauge:
        """Return the dials for one part of a transfer."""
        limiter = RateLimiter(lambda: self.rate(transfer_id))
        return LocalGauge(self._limiters.setdefault(transfer_id, limiter))

    def limit(self, transfer_id: str, bytes_per_second: float | None) -> None:
        """Limit a transfer's speed from now on; None takes the limit away."""
        self._rates[transfer_id] = bytes_per_second or 0.0

    def rate(self, transfer_id: str) -> float:
        """Return a transfer's limit in bytes per second, 0 for none."""
        return self._rates.get(transfer_id, 0.0)

    def set_width(self, transfer_id: str, count: int) -> int:
        """Nothing is queued here, so no more than shall run may be submitted."""
        return count


class ThreadLane(LocalLane):
    """Threads in this process: as many as parts are on the wire at once; one that has nothing to do ends after a while.

    They are daemons, unlike those of ThreadPoolExecutor, which Python waits for at exit: a kernel that is asked to go
    must not hang on a part of an hour. `_changed` (a condition) guards _jobs, _idle_count, _threads_count,
    _started_count and _closed.

    on_broken: called where a thread ends that should not have, as when memory ends between two jobs; without it the
    lane goes on with the others.
    """

    def __init__(
        self, idle_seconds: float = _IDLE_SECONDS, on_broken: Callable[[BaseException], object] | None = None
    ) -> None:
        super().__init__()
        self._idle_seconds = idle_seconds
        self._on_broken = on_broken
        self._changed = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._idle_count = self._threads_count = self._started_count = 0
        self._closed = False

    def submit(self, work: Callable[..., T], request: object, gauge: Gauge, transfer_id: str = "") -> Future[T]:
        """Start one job; the future ends with what it returns or raises."""
        future: Future[T] = Future()
        with self._changed:
            self._jobs.append((work, request, gauge, future))
            more = self._idle_count < len(self._jobs)
            if more:
                self._threads_count += 1
                self._idle_count += 1
                self._started_count += 1
                name = f"oss-part-{self._started_count}"
            else:
                self._changed.notify()
        if more:
            self._start(name)
        return future

    def stream(self, work: StreamWork, request: object, take: Callable[[Any], object], transfer_id: str = "") -> Stream:
        """Start a job that goes on for long, in a thread of this process."""
        gauge, inbox = self.gauge(transfer_id), SimpleQueue[Any]()
        future = self.submit(partial(_streamed, work, inbox, take), request, gauge, transfer_id)
        return Stream(future, gauge, inbox.put)

    def close(self) -> None:
        """Let the threads end once they are idle."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _start(self, name: str) -> None:
        try:
            start_thread(self._work, name)
        except OssJupyterError as error:
            self._strand(error, idle=True)

    def _work(self) -> None:
        idle, job = True, None
        try:
            while (job := self._next()) is not None:
                idle = False
                settle = _do(*job)
                with self._changed:
                    # Before anybody knows, so that the next job finds this thread and its connection.
                    self._idle_count += 1
                idle = True
                settle()
        except BaseException as failure:
            if self._on_broken is not None:
                self._on_broken(failure)
            self._strand(failure, idle=idle)
            if job is not None and not job[-1].done():
                job[-1].set_exception(failure)

    def _strand(self, why: BaseException, *, idle: bool) -> None:
        """Count a thread less. Those that there are do the work; where there are none, nobody does."""
        with self._changed:
            self._threads_count -= 1
            self._idle_count -= idle
            stranded = [] if self._threads_count else list(self._jobs)
            if stranded:
                self._jobs.clear()
        for *_, future in stranded:
            future.set_exception(why)

    def _next(self) -> _Job | None:
        """Return the next job, or None where there has been nothing to do for a while."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs or self._closed, self._idle_seconds)
            self._idle_count -= 1
            if self._jobs:
                return self._jobs.popleft()
            self._threads_count -= 1
            return None


def _streamed(
    work: StreamWork, inbox: SimpleQueue[Any], take: Callable[[Any], object], request: object, gauge: Gauge
) -> object:
    return work(request, gauge, inbox, take)


def _do(work: Callable[..., T], request: object, gauge: Gauge, future: Future[T]) -> Callable[[], None]:
    """Do a job, and return what settles its future."""
    try:
        return partial(future.set_result, work(request, gauge))
    except BaseException as failure:
        return partial(future.set_exception, failure)
