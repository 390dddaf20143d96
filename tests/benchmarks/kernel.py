"""One measured run, in a fresh process: ``python -m tests.benchmarks.kernel`` reads a Task, prints an Outcome (JSON).

The process stands for a notebook's kernel: its main thread waits for the upload, or runs a busy loop beside it. A run
that takes too long is cut off, and what the sink had taken by then counts; that is how slow clients and endless files
are measured in bounded time.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .clients import CLIENTS, RETURNS_AT_ONCE, Job
from .filesystems import FILESYSTEM_CLIENTS
from .floor import FLOOR, send_all
from .folders import FOLDER_CLIENTS
from .loop import Loop, loop_for, loop_until
from .sink.counters import Counters
from .usage import usage

# How long the loop runs alone, to know what it would reach.
_ALONE_SECONDS = 1.0
_IDLE_SECONDS = 0.005
# A look costs the loop 0.1 ms.
_LOOK_SECONDS = 0.1
# How long a client may take until its first byte, or longer where the whole run may.
_FIRST_BYTE_SECONDS = 10.0


@dataclass(frozen=True)
class Task:
    """What one process does. most_seconds: from the first byte on. sampled_seconds: how often the sink's counter is
    noted down, 0 for never."""

    client: str
    job: Job
    counters: str
    busy: bool
    most_seconds: float
    sampled_seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    seconds: from the first byte at the sink to the end; first_byte_seconds: from the call to there. cpu_seconds: of all
    processes of the client, without the busy loop; own_cpu_seconds: of the kernel alone. peak_bytes, grown_bytes: of
    the kernel; children_peak_bytes: of its helpers.
    """

    taken_bytes: int
    parts: int
    seconds: float
    first_byte_seconds: float
    finished: bool
    cpu_seconds: float
    own_cpu_seconds: float
    peak_bytes: int
    children_peak_bytes: int
    grown_bytes: int
    alone: Loop | None
    beside: Loop | None
    error: str
    children: tuple[int, ...]
    samples: tuple[tuple[float, int], ...]


class _Upload:
    """The upload behind the main thread; its end sets a flag that is cheap to ask."""

    def __init__(self, task: Task) -> None:
        self.finished = False
        self.error = ""
        self._task = task
        self._start = (
            None if task.client == FLOOR else {**CLIENTS, **FOLDER_CLIENTS, **FILESYSTEM_CLIENTS}[task.client]()
        )
        self._transfer: Any = None

    def begin(self) -> None:
        """Start it, and a thread that waits for its end."""
        if self._start is not None and self._task.client in RETURNS_AT_ONCE:
            self._transfer = self._start(self._task.job)
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        try:
            if self._transfer is not None:
                self._transfer.result()
            elif self._start is not None:
                self._start(self._task.job)
            else:
                send_all(self._task.job, self._task.most_seconds)
        except Exception as error:
            self.error = repr(error)
        self.finished = True


class _Watch:
    """Looks at the sink's counters now and then: for samples, and for when the time that may be used is over."""

    def __init__(self, counters: Counters, task: Task) -> None:
        self.samples: list[tuple[float, int]] = []
        self._counters = counters
        self._task = task
        self._called_at = self._looked_at = time.monotonic()
        self._until = self._called_at + max(_FIRST_BYTE_SECONDS, task.most_seconds)
        self._under_way = False

    def over(self) -> bool:
        """Whether the upload has had its time, which begins with its first byte."""
        now = time.monotonic()
        if now - self._looked_at > _LOOK_SECONDS:
            self._looked_at = now
            self._look(now - self._called_at)
        return now > self._until

    def _look(self, elapsed_seconds: float) -> None:
        if not self._under_way and (first_byte_at := self._counters.first_byte_at()):
            self._under_way = True
            self._until = first_byte_at + self._task.most_seconds
        sampled_seconds = self._task.sampled_seconds
        if sampled_seconds and elapsed_seconds >= len(self.samples) * sampled_seconds:
            self.samples.append((elapsed_seconds, self._counters.body_bytes()))


def run(task: Task) -> Outcome:
    """Carry a task out."""
    upload, counters = _Upload(task), Counters(Path(task.counters))
    alone = loop_for(_ALONE_SECONDS) if task.busy else None
    before, loop_before = usage(), time.thread_time()
    called_at = time.monotonic()
    watch = _Watch(counters, task)
    upload.begin()
    beside = None
    if task.busy:
        beside = loop_until(lambda: upload.finished or watch.over())
    else:
        while not upload.finished and not watch.over():
            time.sleep(_IDLE_SECONDS)
    taken_bytes, ended_at = counters.body_bytes(), time.monotonic()
    loop_seconds, after = time.thread_time() - loop_before, usage()
    first_byte_at = counters.first_byte_at() or ended_at
    return Outcome(
        taken_bytes=taken_bytes,
        parts=counters.parts(),
        seconds=max(ended_at - first_byte_at, 1e-9),
        first_byte_seconds=first_byte_at - called_at,
        finished=upload.finished,
        cpu_seconds=after.cpu_seconds - before.cpu_seconds - loop_seconds,
        own_cpu_seconds=after.own_cpu_seconds - before.own_cpu_seconds - loop_seconds,
        peak_bytes=after.peak_bytes,
        children_peak_bytes=after.children_peak_bytes,
        grown_bytes=after.peak_bytes - before.peak_bytes,
        alone=alone,
        beside=beside,
        error=upload.error,
        children=after.children,
        samples=tuple(watch.samples),
    )


def main() -> None:
    """Carry out the task on standard input."""
    given = json.load(sys.stdin)
    outcome = run(Task(**{**given, "job": Job(**given["job"])}))
    print(json.dumps(asdict(outcome)), flush=True)
    # Not by the ordinary way out: a client that is still uploading would be waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
