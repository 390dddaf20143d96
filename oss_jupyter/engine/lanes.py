"""Where parts run: threads of this process, or whatever Executor a user brings. See helper_lane.py for the default.

A job is a plain function of a frozen value and its dials: sending a part, or reading a range again.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from oss_jupyter.engine.bucket import Bucket
from oss_jupyter.model.gauge import Gauge, LocalGauge

T = TypeVar("T")
_Job = tuple[Callable[..., Any], object, Gauge, "Future[Any]"]


class _LocalLane:
    """What lanes have in common whose dials are objects of this process: gauges, and a bucket for each transfer."""

    def __init__(self) -> None:
        self._rates: dict[str, float] = {}  # bytes per second, 0 for no limit
        self._buckets: dict[str, Bucket] = {}

    def start(self) -> None:
        """There is nothing to start before the parts."""

    def gauge(self, transfer_id: str) -> Gauge:
        """Return the dials for one part of a transfer."""
        bucket = Bucket(lambda: self._rates.get(transfer_id, 0.0))
        return LocalGauge(self._buckets.setdefault(transfer_id, bucket))

    def limit(self, transfer_id: str, bytes_per_second: float | None) -> None:
        """Limit a transfer's speed from now on; None takes the limit away."""
        self._rates[transfer_id] = bytes_per_second or 0.0

    def at_once(self, transfer_id: str, count: int) -> int:
        """Nothing is queued here, so no more than shall run may be submitted."""
        return count


class ThreadLane(_LocalLane):
    """Threads in this process: as many as parts were ever on the wire at once.

    They are daemons, unlike those of ThreadPoolExecutor, which Python waits for at exit: a kernel that is asked to go
    must not hang on a part of an hour. `_lock` guards _idle_count and _threads_count.
    """

    def __init__(self) -> None:
        super().__init__()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle_count = 0
        self._threads_count = 0

    def submit(self, work: Callable[..., T], request: object, gauge: Gauge, transfer_id: str = "") -> Future[T]:
        """Start one job; the future ends with what it returns or raises."""
        future: Future[T] = Future()
        with self._lock:
            start = self._idle_count == 0
            if start:
                self._threads_count += 1
                name = f"oss-part-{self._threads_count}"
            else:
                self._idle_count -= 1
        if start:
            # A thread that starts with a copied context may touch widgets under every ipykernel.
            context = contextvars.copy_context()
            threading.Thread(target=context.run, args=(self._work,), name=name, daemon=True).start()
        self._jobs.put((work, request, gauge, future))
        return future

    def close(self) -> None:
        """Let the threads end once they are idle."""
        with self._lock:
            count, self._threads_count, self._idle_count = self._threads_count, 0, 0
        for _ in range(count):
            self._jobs.put(None)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._run(*job)

    def _run(self, work: Callable[..., T], request: object, gauge: Gauge, future: Future[T]) -> None:
        try:
            settle = partial(future.set_result, work(request, gauge))
        except BaseException as failure:
            settle = partial(future.set_exception, failure)
        with self._lock:
            self._idle_count += 1
        settle()


class ExecutorLane(_LocalLane):
    """Parts on a `concurrent.futures.Executor` of the user's, or on anything with its `submit`.

    Only threads of this process share memory with it. Elsewhere a part runs to its end once it has started: its
    progress shows when it is there, pause waits for nothing, and a speed limit does not reach it.
    """

    def __init__(self, executor: Executor) -> None:
        super().__init__()
        self._executor = executor
        self._shares_memory = isinstance(executor, ThreadPoolExecutor)

    def submit(self, work: Callable[..., T], request: object, gauge: Gauge, transfer_id: str = "") -> Future[T]:
        """Start one job."""
        if self._shares_memory:
            return self._executor.submit(work, request, gauge)
        future = self._executor.submit(work, request)
        gauge.on_stop = future.cancel
        return future

    def close(self) -> None:
        """It belongs to the user."""
