"""Executors that users bring: their limits hold, what cannot work is refused, what breaks is named."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.engine.executor_lane import ExecutorLane
from oss_jupyter.errors import ExecutorFailed, InputError
from oss_jupyter.model.states import State
from oss_jupyter.model.wire_values import PartRequest
from oss_jupyter.sandbox import Sandbox

from .kit import LONG_SECONDS, PART, Kernel, reach, stored, until

SPAWN = multiprocessing.get_context("spawn")


class Outside:
    """An executor that knows nothing of ours: it has a submit, and lets a pool of threads do the work.

    requests: what was to be sent. change: what to do to each future before it is returned.
    """

    def __init__(self, change: Callable[[Future[Any]], Any] = lambda future: future) -> None:
        self.requests: list[PartRequest] = []
        self._pool = ThreadPoolExecutor(4)
        self._change = change

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Take one job."""
        self.requests += [argument for argument in arguments if isinstance(argument, PartRequest)]
        return self._change(self._pool.submit(work, *arguments))


class Client(Outside):
    """The client of a cluster that may be closed, as those of Dask say it."""

    status = "running"

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Take one job, unless it is closed."""
        if self.status == "closed":
            raise OSError("Timed out trying to connect to tcp://127.0.0.1:8786?token=hunter2")
        return super().submit(work, *arguments)


@contextmanager
def processes() -> Iterator[Any]:
    with ProcessPoolExecutor(2, mp_context=SPAWN) as pool:
        yield pool


@contextmanager
def outside() -> Iterator[Any]:
    yield Outside()


@pytest.mark.parametrize("executor", [processes, outside])
def test_a_limit_holds_where_nothing_is_shared(
    sandbox: Sandbox, kernel: Kernel, source: Path, executor: Callable[[], Any]
) -> None:
    """Parts in other processes share the transfer's limit, so together they are no faster."""
    size = source.stat().st_size
    with executor() as given:
        transfer = kernel.upload(source, lane=ExecutorLane(given), limit=size // 2, parallel=4)
        receipt = transfer.result(LONG_SECONDS)
    assert receipt.seconds > 1.6, "at its limit it takes two seconds"
    assert stored(sandbox) == source.read_bytes()


def test_a_changed_limit_counts_from_the_next_part_on(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """Each part gets its share when it begins: of the own limit, of the common one, or none."""
    executor = Outside()
    sandbox.rate_bytes_per_second = 20 * PART
    transfer = kernel.upload(source, lane=ExecutorLane(executor), parallel=2, limit=1_000_000)
    until(lambda: len(executor.requests) > 2, "some parts have begun")
    kernel.manager.set_limit(400_000)
    begun = len(executor.requests)
    until(lambda: len(executor.requests) > begun + 2, "more parts have begun")
    kernel.manager.set_limit(None)
    transfer.set_limit(None)
    begun_unlimited = len(executor.requests)
    transfer.result(LONG_SECONDS)
    rates = [request.rate_bytes_per_second for request in executor.requests]
    assert rates[:2] == [500_000, 500_000]
    assert rates[begun + 1] == 200_000
    assert set(rates[begun_unlimited + 1 :]) == {0.0}


def test_fewer_workers_than_parts_share_all_of_the_limit(kernel: Kernel, sandbox: Sandbox, source: Path) -> None:
    """Where an executor says how many workers it has, those who wait for one take nothing of the line."""
    executor = Outside()
    executor._max_workers = 2  # type: ignore[attr-defined]  # as the standard library's have it
    kernel.upload(source, lane=ExecutorLane(executor), parallel=8, limit=8_000_000).result(LONG_SECONDS)
    assert {request.rate_bytes_per_second for request in executor.requests} == {4_000_000}


def shut_down(kind: type[Executor], **how: Any) -> Executor:
    executor = kind(1, **how)  # type: ignore[call-arg]
    executor.shutdown()
    return executor


def a_pool_of_another_kind() -> ThreadPool:
    with ThreadPool(1) as pool:
        pool.close()
        pool.join()
        return pool


def closed_client() -> Client:
    client = Client()
    client.status = "closed"
    return client


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (lambda: "threads", "executor is a str, which has no submit()."),
        (lambda: 4, "executor is an int, which has no submit()."),
        (a_pool_of_another_kind, "executor is a ThreadPool, which has no submit()."),
        (lambda: ThreadPoolExecutor, "executor is the class ThreadPoolExecutor, and not one of its objects."),
        (lambda: shut_down(ThreadPoolExecutor), "The ThreadPoolExecutor has been shut down."),
        (lambda: shut_down(ProcessPoolExecutor, mp_context=SPAWN), "The ProcessPoolExecutor has been shut down."),
        (closed_client, "The Client has been shut down."),
    ],
)
def test_what_can_carry_nothing_is_refused(kernel: Kernel, source: Path, given: Callable[[], Any], what: str) -> None:
    """An executor that is none, or is over, is refused when it is given, before anything is sent."""
    with pytest.raises(InputError) as refused:
        kernel.upload(source, executor=given())
    assert refused.value.four_lines()[:2] == (what, "Nothing was sent.")
    assert "Executor" in refused.value.advice or "executor=" in refused.value.advice


def shut_down_midway(sandbox: Sandbox) -> tuple[Any, Callable[[], object]]:
    pool = ThreadPoolExecutor(2)
    return pool, lambda: pool.shutdown(wait=False)


def close_midway(sandbox: Sandbox) -> tuple[Any, Callable[[], object]]:
    client = Client()
    return client, lambda: setattr(client, "status", "closed")


def kill_workers(sandbox: Sandbox) -> tuple[Any, Callable[[], object]]:
    pool = ProcessPoolExecutor(2, mp_context=SPAWN)

    def kill() -> None:
        for pid in list(pool._processes):
            os.kill(pid, signal.SIGKILL)

    return pool, kill


def raise_from_now_on(sandbox: Sandbox) -> tuple[Any, Callable[[], object]]:
    midway: list[bool] = []

    def change(future: Future[Any]) -> Any:
        failed: Future[Any] = Future()
        failed.set_exception(ValueError("https://bucket/?Signature=hunter2"))
        return failed if midway else future

    return Outside(change), lambda: midway.append(True)


def lose_the_package(sandbox: Sandbox) -> tuple[Any, Callable[[], object]]:
    midway: list[bool] = []

    def change(future: Future[Any]) -> Any:
        failed: Future[Any] = Future()
        failed.set_exception(ModuleNotFoundError("No module named 'oss_jupyter'"))
        return failed if midway else future

    return Outside(change), lambda: midway.append(True)


def return_no_future(sandbox: Sandbox) -> tuple[Any, Callable[[], object]]:
    midway: list[bool] = []
    return Outside(lambda future: None if midway else future), lambda: midway.append(True)


@pytest.mark.parametrize(
    ("begin", "what"),
    [
        (shut_down_midway, "The ThreadPoolExecutor has been shut down."),
        (close_midway, "The Client has been shut down."),
        (kill_workers, "A worker of the ProcessPoolExecutor died, and it takes no more work (BrokenProcessPool)."),
        (raise_from_now_on, "The Outside could not run a part (ValueError)."),
        (lose_the_package, "A worker of the Outside cannot load what sends a part (ModuleNotFoundError)."),
        (return_no_future, "The Outside could not run a part (AttributeError)."),
    ],
)
def test_what_breaks_midway_is_named(
    sandbox: Sandbox,
    new_kernel: Callable[[], Kernel],
    source: Path,
    begin: Callable[[Sandbox], tuple[Any, Callable[[], object]]],
    what: str,
) -> None:
    """The upload fails with what became of the executor, keeps its parts, and goes on with another one or none."""
    executor, go_wrong = begin(sandbox)
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = new_kernel().upload(source, lane=ExecutorLane(executor), parallel=2)
    until(lambda: transfer.snapshot().parts_done, "a part has arrived")
    go_wrong()
    with pytest.raises(ExecutorFailed) as failed:
        transfer.result(LONG_SECONDS)
    said, safe, advice, code = failed.value.four_lines()
    assert (said, code) == (what, "ExecutorFailed")
    assert "parts are kept" in safe
    assert advice
    assert "hunter2" not in str(failed.value)
    sandbox.rate_bytes_per_second = None
    assert new_kernel().upload(source).result(LONG_SECONDS).kept_bytes
    assert stored(sandbox) == source.read_bytes()


def never_ends(future: Future[Any]) -> Any:
    return Future()


def cannot_be_cancelled(future: Future[Any]) -> Any:
    lost: Future[Any] = Future()
    lost.set_running_or_notify_cancel()
    return lost


def raises_when_cancelled(future: Future[Any]) -> Any:
    class Raising(Future[Any]):
        def cancel(self) -> bool:
            raise OSError("the scheduler is gone")

    return Raising()


@pytest.mark.parametrize("change", [never_ends, cannot_be_cancelled, raises_when_cancelled])
def test_a_part_that_never_ends_holds_up_nobody(
    sandbox: Sandbox, kernel: Kernel, source: Path, change: Callable[[Future[Any]], Any]
) -> None:
    """A pause and an abort end although the executor never does; without it the upload goes on."""
    executor, later = Outside(change), Outside(change)
    transfer = kernel.upload(source, lane=ExecutorLane(executor))
    until(lambda: executor.requests, "parts have been given away")
    transfer.pause()
    assert transfer.wait(LONG_SECONDS)
    assert (transfer.state, transfer.error) == (State.PAUSED, None)
    kernel.upload(source).result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    again = kernel.upload(source, lane=ExecutorLane(later), force=True)
    until(lambda: later.requests, "parts have been given away once more")
    again.abort()
    reach(again, State.ABORTED)
