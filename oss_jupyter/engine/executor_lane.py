"""Parts on an executor of the user's: a `concurrent.futures.Executor`, or anything with its `submit`.

What it does wrong is told in words of its own: whatever it raises, at once or later, becomes ExecutorFailed.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from oss_jupyter.engine.lanes import LocalLane
from oss_jupyter.errors import ExecutorFailed, InputError, OssJupyterError, SourceMissing, SourceUnreadable
from oss_jupyter.model.ending import ending_of
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.model.small_files import SignedFiles
from oss_jupyter.model.wire_values import PartRequest
from oss_jupyter.texts import english, tr

T = TypeVar("T")

_AGAIN = english("Run the upload again with a new executor, or without one: it carries on.")
# Where the standard library's executors, and those of Dask, say that they are over.
_OVER = ("_shutdown", "_shutdown_thread", "_broken")


class ExecutorLane(LocalLane):
    """Only threads of this process share memory with it. Elsewhere a part runs to its end once it has started.

    So its progress shows when it is there, pause waits for nothing, and its speed is decided when it begins: an equal
    share of the transfer's limit among those that can run at once.
    """

    def __init__(self, executor: Any) -> None:
        from concurrent.futures import ThreadPoolExecutor  # which Python lets nobody load any more when it ends

        super().__init__()
        self._executor = executor
        self._shares_memory = isinstance(executor, ThreadPoolExecutor)
        self._widths: dict[str, int] = {}  # parts of each transfer at once

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExecutorLane) and other._executor is self._executor

    def __hash__(self) -> int:
        return id(self._executor)

    def set_width(self, transfer_id: str, count: int) -> int:
        """Nothing is queued here, so no more than shall run may be submitted."""
        self._widths[transfer_id] = count
        return count

    def submit(self, work: Callable[..., T], request: object, gauge: Gauge, transfer_id: str = "") -> Future[T]:
        """Start one job; the future ends with what it returns, or with an OssJupyterError."""
        future: Future[T] = Future()
        try:
            theirs = self._submitted(work, request, gauge, transfer_id)
            if not self._shares_memory:
                gauge.on_stop = partial(_cancel, theirs)
            theirs.add_done_callback(partial(self._settle, future))
        except BaseException as error:  # foreign code, which may raise SystemExit
            future.set_exception(self._failure(error))
        return future

    def close(self) -> None:
        """It belongs to the user."""

    def _submitted(self, work: Callable[..., T], request: object, gauge: Gauge, transfer_id: str) -> Future[T]:
        theirs: Future[T] = self._executor.submit(*self._job(work, request, gauge, transfer_id))
        return theirs

    def _job(self, work: Callable[..., T], request: object, gauge: Gauge, transfer_id: str) -> tuple[Any, ...]:
        if self._shares_memory:
            return work, request, gauge
        # Dask takes two calls that are alike for one, and would answer the second try with what came of the first.
        return at_worker, work, self._slowed(request, transfer_id), uuid4().hex

    def _slowed(self, request: object, transfer_id: str) -> object:
        rate = self.rate(transfer_id)
        if not rate or not isinstance(request, (PartRequest, SignedFiles)):
            return request
        workers = getattr(self._executor, "_max_workers", None)
        width = max(1, self._widths.get(transfer_id, 1))
        among = min(width, workers) if isinstance(workers, int) and workers > 0 else width
        return replace(request, rate_bytes_per_second=rate / among)

    def _settle(self, future: Future[T], theirs: Future[T]) -> None:
        try:
            error = CancelledError() if theirs.cancelled() else theirs.exception()
            if error is None:
                future.set_result(theirs.result())
                return
        except BaseException as failure:
            error = failure
        if isinstance(error, CancelledError):
            future.cancel()
        elif isinstance(error, OssJupyterError) or (self._shares_memory and not isinstance(error, BrokenExecutor)):
            future.set_exception(error)  # the part's own
        else:
            future.set_exception(self._failure(error))

    def _failure(self, error: BaseException) -> OssJupyterError:
        # Only the type: the text of a foreign exception may hold a URL.
        name, kind = type(self._executor).__name__, type(error).__name__
        known = ending_of(error) or shortage_of(error)
        if known is not None:
            return known
        if isinstance(error, BrokenExecutor):
            died = tr("A worker of the {executor} died, and it takes no more work ({kind}).", executor=name, kind=kind)
            return ExecutorFailed(died, tr(_AGAIN))
        if is_over(self._executor):
            return ExecutorFailed(_shut_down(name), tr(_AGAIN))
        return _could_not_load(name, kind) if isinstance(error, ImportError) else _could_not_run(name, kind)


def at_worker(work: Callable[..., T], request: object, _submitted: str) -> T:
    """Do a job where an executor runs it. A source that cannot be read there is told with the worker's name."""
    try:
        return work(request)
    except (SourceMissing, SourceUnreadable) as error:
        raise type(error)(
            tr(
                "{what} That is what a worker of the executor sees: process {pid} on {host}.",
                what=error.what,
                pid=os.getpid(),
                host=socket.gethostname(),
            ),
            tr("Mount the file there under the same path, or upload without executor=; then resume."),
        ) from None


def check_executor(executor: Any) -> None:
    """Raise InputError where an executor can carry nothing, so far as that can be told from outside."""
    if isinstance(executor, type):
        name = executor.__name__
        raise InputError(
            tr("executor is the class {name}, and not one of its objects.", name=name),
            tr("Make one: executor={name}(4)", name=name),
        )
    name = type(executor).__name__
    if not callable(getattr(executor, "submit", None)):
        raise InputError(
            _no_submit(name),
            tr(
                "Give a concurrent.futures.Executor, such as ProcessPoolExecutor(4), or leave it out: then parts run "
                "in a helper process."
            ),
        )
    if is_over(executor):
        raise InputError(
            _shut_down(name),
            tr("Give one that runs. Inside of a with block, wait before it ends: oj.upload(…, executor=pool).result()"),
        )


def is_over(executor: Any) -> bool:
    """Whether an executor, or the client of a cluster behind it, says that it takes no more work."""
    said = [getattr(executor, name, False) for name in _OVER]
    client = getattr(executor, "_client", executor)
    return any(word is True or isinstance(word, str) for word in said) or getattr(client, "status", "") == "closed"


def _cancel(theirs: Future[Any]) -> None:
    with suppress(Exception):  # a cluster that is gone; nobody waits for the part for longer than a moment
        theirs.cancel()


def _no_submit(name: str) -> str:
    return tr(
        "executor is an {name}, which has no submit()."
        if name[:1].lower() in "aeiou"
        else "executor is a {name}, which has no submit().",
        name=name,
    )


def _shut_down(name: str) -> str:
    return tr("The {executor} has been shut down.", executor=name)


def _could_not_load(name: str, kind: str) -> ExecutorFailed:
    return ExecutorFailed(
        tr("A worker of the {executor} cannot load what sends a part ({kind}).", executor=name, kind=kind),
        tr("Install oss_jupyter where its workers run, in the same version as here; then resume."),
    )


def _could_not_run(name: str, kind: str) -> ExecutorFailed:
    return ExecutorFailed(
        tr("The {executor} could not run a part ({kind}).", executor=name, kind=kind),
        tr("See what it says itself. {again}", again=tr(_AGAIN)),
    )
