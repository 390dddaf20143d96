"""The helper process, ``python -m oss_jupyter.engine.helper``: parts run here, beside the notebook and not in it.

It gets parts from the kernel through one pipe and returns their receipts through another. It ends as soon as the kernel
does: then its input ends, or, where a forked child of the kernel holds the pipe open, its parent changes.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
import traceback
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from queue import SimpleQueue
from typing import Any, NoReturn

from oss_jupyter.engine.courtesy import Courtesy
from oss_jupyter.engine.frames import Frames, Unreadable, send_frame, unreadable
from oss_jupyter.engine.helper_process import FEED, PRELOAD, READY, STREAM, TAKEN, Told
from oss_jupyter.engine.lanes import ThreadLane
from oss_jupyter.engine.rate_limiter import RateLimiter
from oss_jupyter.engine.shared_memory import SharedMemory, SlotGauge
from oss_jupyter.engine.stream import StreamWork
from oss_jupyter.errors import MessageUnreadable, NoMemory, NoThread
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.wire_values import PartReceipt
from oss_jupyter.texts import english

_LOOK_SECONDS = 0.25
_READ_BYTES = 64 * 1024
# Failures of this process and not of a part, the last where memory ends inside Python: the kernel finds another way.
_OUR_OWN = (NoThread, NoMemory, MemoryError, ImportError, SystemError)


@dataclass(frozen=True)
class _Job:
    number: int
    work: Callable[..., Any]
    request: object
    gauge: SlotGauge
    transfer_index: int


@dataclass
class _Stream:
    """A stream that has begun. failure: what it ends with, whatever becomes of it."""

    inbox: SimpleQueue[Any]
    gauge: SlotGauge
    failure: MessageUnreadable | None = None


@dataclass
class _Queue:
    """Parts of one transfer that wait for a connection, and the places that are taken.

    A part keeps its place until its receipt is written down: so what the kernel does not know of when it dies is no
    more than what it wanted on the wire at once.
    """

    waiting: deque[_Job] = field(default_factory=deque)
    places_taken: int = 0


class Helper:
    """Reads jobs on the main thread; parts run on a lane of threads, as many of a transfer at once as its width says.

    What is more waits here and not in the kernel: signing a part takes time beside a busy cell, and is done before its
    turn comes. `_lock` guards _queues; `_writing` guards the writing of replies. _limiters is the main thread's, and so
    are the entries of _streams, from which a stream that ends takes its own.
    """

    def __init__(self, jobs: int, replies: int, memory: SharedMemory) -> None:
        self._jobs = jobs
        self._replies = replies
        self._memory = memory
        self._lane = ThreadLane(on_broken=_end)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._queues: defaultdict[int, _Queue] = defaultdict(_Queue)
        self._limiters: dict[int, RateLimiter] = {}
        self._streams: dict[int, _Stream] = {}

    def run(self) -> None:
        """Work until the kernel has gone."""
        self._reply(READY, None)
        for message in self._messages():
            if isinstance(message, Unreadable):
                self._unread(message)
            elif message[0] == TAKEN:
                self._give_place(message[1])
            elif message[0] == FEED:
                self._feed(*message[1:])
            elif message[0] == STREAM:
                self._begin_stream(*message[1:])
            elif message[0] == PRELOAD:
                self._preload(message[1])
            else:
                self._take_job(*message)

    def _messages(self) -> Iterator[Any]:
        frames = Frames()
        while content := os.read(self._jobs, _READ_BYTES):
            yield from frames.feed(content)

    def _unread(self, message: Unreadable) -> None:
        """End the job that a message belonged to; where nobody knows which, this process."""
        error = unreadable(english("The helper process could not read what the kernel sent it ({why})."), message.why)
        stream = self._streams.get(message.address)
        if stream is not None:
            stream.failure = error
            stream.gauge.stop()
        elif message.address:
            self._reply(message.address, error)
        else:
            _end(error)

    def _preload(self, work: Callable[[], object]) -> None:
        """Do it beside the first parts; what cannot be done is done with them, and fails with them."""
        self._lane.submit(lambda _request, _gauge: work(), None, LocalGauge())

    def _take_job(self, number: int, work: Callable[..., Any], request: object, slot: int, transfer_index: int) -> None:
        gauge = SlotGauge(self._memory, slot, self._limiter(transfer_index))
        with self._lock:
            self._queues[transfer_index].waiting.append(_Job(number, work, request, gauge, transfer_index))
        self._start_more(transfer_index)

    def _begin_stream(self, number: int, work: StreamWork, request: object, slot: int, transfer_index: int) -> None:
        gauge = SlotGauge(self._memory, slot, self._limiter(transfer_index))
        stream = self._streams[number] = _Stream(SimpleQueue(), gauge)

        def run(request: object, gauge: SlotGauge) -> object:
            return work(request, gauge, stream.inbox, lambda value: self._reply(number, Told(value)))

        self._lane.submit(run, request, gauge).add_done_callback(partial(self._stream_ended, number))

    def _feed(self, number: int, value: Any) -> None:
        stream = self._streams.get(number)
        if stream is not None:
            stream.inbox.put(value)

    def _stream_ended(self, number: int, done: Future[Any]) -> None:
        self._answer(number, done, self._streams.pop(number).failure)

    def _give_place(self, transfer_index: int) -> None:
        with self._lock:
            self._queues[transfer_index].places_taken -= 1
        self._start_more(transfer_index)

    def _start_more(self, transfer_index: int) -> None:
        with self._lock:
            queue, jobs = self._queues[transfer_index], []
            width = self._memory.widths[transfer_index] or len(queue.waiting) + queue.places_taken
            # One that was stopped before its turn only has to say so.
            while queue.waiting and (queue.places_taken < width or queue.waiting[0].gauge.stopped):
                queue.places_taken += 1
                jobs.append(queue.waiting.popleft())
        for job in jobs:
            future = self._lane.submit(job.work, job.request, job.gauge)
            future.add_done_callback(partial(self._done, job))

    def _limiter(self, transfer_index: int) -> RateLimiter:
        rates = self._memory.rates
        return self._limiters.setdefault(transfer_index, RateLimiter(lambda: rates[transfer_index]))

    def _done(self, job: _Job, done: Future[Any]) -> None:
        if not isinstance(self._answer(job.number, done), PartReceipt):
            self._give_place(job.transfer_index)

    def _answer(self, number: int, done: Future[Any], failure: MessageUnreadable | None = None) -> Any:
        """Tell how a job ended and return it. failure: how, whatever it says itself."""
        # Whatever fails here has to end the process: a job that is never answered would be waited for for ever.
        try:
            error = done.exception()
            if isinstance(error, _OUR_OWN):
                _end(error)
            outcome = failure or (done.result() if error is None else _that_crosses(error))
            try:
                self._reply(number, outcome)
            except MessageUnreadable as untold:
                outcome = untold
                self._reply(number, outcome)
        except BaseException as ours:
            _end(ours)
        return outcome

    def _reply(self, job: int | str, outcome: Any) -> None:
        with self._writing:
            try:
                send_frame(self._replies, (job, outcome), job if isinstance(job, int) else 0)
            except OSError:
                os._exit(0)  # the kernel has gone: nobody is left to tell


def _that_crosses(error: BaseException) -> BaseException:
    """Return an error, or in its place that it cannot be told: an exception may pickle well and still not come back."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - what was pickled here
    except Exception:
        what = english("The helper process met an error that cannot be told to the kernel ({why}).")
        return unreadable(what, type(error).__name__)
    return error


def _end(why: BaseException) -> NoReturn:
    """End the process, and say why if that can be said: the kernel sends what it had by another way."""
    try:
        traceback.print_exception(why)
    finally:
        os._exit(1)


class _Leash:
    """Ends this process once its parent has gone, or once no thread of Python's has run for a while.

    Linux can tie a process to its parent, but means the thread that started it (PR_SET_PDEATHSIG), and the kernel's
    threads come and go. An alarm is the same on every system, and needs no interpreter lock: one thread can keep that
    for ever, in code that is not Python's. So the alarm is set, and put off for as long as the parent is seen.

    on_look: what else is looked at as often, on the same thread.
    """

    def __init__(self, parent: int, locked_seconds: float, on_look: Callable[[], object]) -> None:
        self._parent = parent
        self._on_look = on_look
        self._locked_seconds = locked_seconds
        # The kernel may ignore or block it, and a child inherits both.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
        self._put_off()
        threading.Thread(target=self._watch, name="oss-orphan", daemon=True).start()

    def _put_off(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, self._locked_seconds)

    def _watch(self) -> None:
        try:
            while os.getppid() == self._parent:
                self._put_off()
                self._on_look()
                time.sleep(_LOOK_SECONDS)
        finally:  # also where memory ends: nobody would be left to look
            os._exit(0)


def main(memory: int, jobs: int, replies: int, parent: int, locked_seconds: float) -> None:
    """Serve the kernel whose process id is `parent`; memory, jobs and replies are descriptors."""
    shared = SharedMemory(memory)
    courtesy = Courtesy(parent, shared.painted_at)

    def look() -> None:
        shared.beat()
        courtesy.look()

    _Leash(parent, locked_seconds, look)
    try:
        Helper(jobs, replies, shared).run()
    except BaseException as error:
        _end(error)
    # Not sys.exit: parts may still be on the wire, and whoever waits for them has gone.
    os._exit(0)


if __name__ == "__main__":
    _memory, _jobs, _replies, _parent = map(int, sys.argv[1:5])
    main(_memory, _jobs, _replies, _parent, float(sys.argv[5]))
