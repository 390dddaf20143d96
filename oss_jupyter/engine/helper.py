"""The helper process, ``python -m oss_jupyter.engine.helper``: parts run here, beside the notebook and not in it.

It gets parts from the kernel through its standard input and returns their receipts through its standard output. It
ends as soon as the kernel does: then its input ends, or, where a forked child of the kernel holds the pipe open, its
parent changes.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from oss_jupyter.engine.board import Board, SlotGauge
from oss_jupyter.engine.bucket import Bucket
from oss_jupyter.engine.frames import read_frame, write_frame
from oss_jupyter.engine.lanes import ThreadLane

READY = "ready"
_ORPHAN_CHECK_SECONDS = 0.5
# The user's cells, their browser and their editor come first; where a core is idle, this costs the upload nothing.
_NICENESS = 5


@dataclass(frozen=True)
class _Job:
    number: int
    work: Callable[..., Any]
    request: object
    gauge: SlotGauge
    ledge: int


@dataclass
class _Queue:
    """Parts of one transfer that wait for a connection, and how many run."""

    waiting: deque[_Job] = field(default_factory=deque)
    running: int = 0


class Helper:
    """Reads jobs on the main thread; parts run on a lane of threads, as many of a transfer at once as its width says.

    What is more waits here and not in the kernel: when a part ends, the next one starts in a millisecond, while the
    kernel, beside a busy cell, would need fifteen. `_lock` guards _queues; `_writing` guards the writing of replies.
    """

    def __init__(self, jobs: IO[bytes], replies: IO[bytes], board: Board) -> None:
        self._jobs = jobs
        self._replies = replies
        self._board = board
        self._lane = ThreadLane()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._queues: defaultdict[int, _Queue] = defaultdict(_Queue)
        self._buckets: dict[int, Bucket] = {}

    def run(self) -> None:
        """Work until the kernel has gone."""
        self._reply(READY, None)
        while True:
            try:
                number, work, request, slot, ledge = read_frame(self._jobs)
            except EOFError:
                return
            gauge = SlotGauge(self._board, slot, self._bucket(ledge))
            with self._lock:
                self._queues[ledge].waiting.append(_Job(number, work, request, gauge, ledge))
            self._start_more(ledge)

    def _start_more(self, ledge: int) -> None:
        with self._lock:
            queue, jobs = self._queues[ledge], []
            width = self._board.widths[ledge] or len(queue.waiting) + queue.running
            while queue.waiting and queue.running < width:
                queue.running += 1
                jobs.append(queue.waiting.popleft())
        for job in jobs:
            future = self._lane.submit(job.work, job.request, job.gauge)
            future.add_done_callback(partial(self._done, job))

    def _bucket(self, ledge: int) -> Bucket:
        rates = self._board.rates
        return self._buckets.setdefault(ledge, Bucket(lambda: rates[ledge]))

    def _done(self, job: _Job, done: Future[Any]) -> None:
        with self._lock:
            self._queues[job.ledge].running -= 1
        self._start_more(job.ledge)
        error = done.exception()
        self._reply(job.number, error if error is not None else done.result())

    def _reply(self, job: int | str, outcome: Any) -> None:
        with self._writing:
            try:
                write_frame(self._replies, (job, outcome))
            except OSError:
                os._exit(0)  # the kernel has gone: nobody is left to tell


def _give_way() -> None:
    os.nice(_NICENESS)
    # A session of its own is a group of its own for Linux, within which niceness counts, and not beyond it (sched(7)).
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICENESS), encoding="ascii")


def _leave_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_ORPHAN_CHECK_SECONDS)
    os._exit(0)


def main(descriptor: int, parent: int) -> None:
    """Serve the kernel whose process id is `parent`; the board is in `descriptor`."""
    _give_way()
    threading.Thread(target=_leave_with, args=(parent,), name="oss-orphan", daemon=True).start()
    # Whatever a library prints must not get between the frames.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    Helper(sys.stdin.buffer, replies, Board(descriptor)).run()
    # Not sys.exit: parts may still be on the wire, and whoever waits for them has gone.
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
