"""`on_progress`: a few calls a second, one at the end, never under a lock, and never fatal."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path

import pytest

from oss_jupyter.engine.reporter import Reporter
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import TransferStateError
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Sandbox

from .kit import BUCKET, LONG_SECONDS, PART, Kernel, reach, sent_parts, until


@pytest.fixture
def reporter() -> Iterator[Reporter]:
    """A reporter in a hurry."""
    quick = Reporter(0.01)
    yield quick
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "oss-reporter"], "it has ended")


def watch(reporter: Reporter, transfer: Transfer) -> list[Snapshot]:
    seen: list[Snapshot] = []
    reporter.add(transfer, seen.append)
    return seen


def test_calls_on_the_way_and_one_at_the_end(
    sandbox: Sandbox, kernel: Kernel, source: Path, reporter: Reporter
) -> None:
    """The bar never goes back, and the last call tells the end."""
    sandbox.rate_bytes_per_second = 20 * PART
    transfer = kernel.upload(source)
    seen = watch(reporter, transfer)
    transfer.result(LONG_SECONDS)
    until(lambda: seen[-1].state.ended, "the last call")
    assert len(seen) > 2
    assert [now.state for now in seen].count(State.COMPLETED) == 1
    shown = [now.shown_bytes for now in seen]
    assert shown == sorted(shown)
    assert shown[-1] == source.stat().st_size
    assert seen[-1].fraction == 1.0
    assert all(now.fraction <= 0.99 for now in seen[:-1])
    assert seen[-1].receipt is not None


def test_an_exception_is_noted_and_not_fatal(
    sandbox: Sandbox, kernel: Kernel, source: Path, reporter: Reporter, caplog: pytest.LogCaptureFixture
) -> None:
    """A listener that raises is told about and not called again; the upload and the other listeners go on."""
    sandbox.rate_bytes_per_second = 20 * PART
    calls = []

    def bad(now: Snapshot) -> None:
        calls.append(now)
        raise ValueError("oops")

    transfer = kernel.upload(source)
    reporter.add(transfer, bad)
    seen = watch(reporter, transfer)
    transfer.result(LONG_SECONDS)
    until(lambda: seen and seen[-1].state.ended, "the last call")
    assert len(calls) == 1
    assert any("on_progress raised ValueError: oops" in note for note in transfer.snapshot().notes)
    assert "on_progress raised" in caplog.text


def test_a_listener_may_do_anything(sandbox: Sandbox, kernel: Kernel, source: Path, reporter: Reporter) -> None:
    """It is called under no lock: snapshot, pause and even waiting work from inside."""
    sandbox.rate_bytes_per_second = 10 * PART
    seen: list[State] = []
    transfer = kernel.upload(source)

    def meddle(now: Snapshot) -> None:
        assert transfer.snapshot().total_bytes == now.total_bytes
        if transfer.state is State.RUNNING and not seen:
            transfer.pause()
            assert transfer.wait(LONG_SECONDS)
            seen.append(transfer.state)
            sandbox.rate_bytes_per_second = None
            transfer.resume()

    reporter.add(transfer, meddle)
    until(lambda: transfer.state is State.COMPLETED, "it is completed")
    assert seen == [State.PAUSED]


def test_events_go_on_after_a_pause(sandbox: Sandbox, kernel: Kernel, source: Path, reporter: Reporter) -> None:
    """A pause is told once; after it the calls go on to the end."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source)
    seen = watch(reporter, transfer)
    until(lambda: sent_parts(sandbox), "a part has arrived")
    transfer.pause()
    reach(transfer, State.PAUSED)
    until(lambda: seen[-1].state is State.PAUSED, "the pause was told")
    sandbox.rate_bytes_per_second = None
    transfer.resume()
    transfer.result(LONG_SECONDS)
    until(lambda: seen[-1].state is State.COMPLETED, "the end was told")
    assert [now.state for now in seen].count(State.PAUSED) == 1


def test_the_last_call_comes_before_the_result(kernel: Kernel, source: Path) -> None:
    """`result`, `wait` and `await` return when every listener has seen the end, not a moment before."""

    async def awaited(transfer: Transfer) -> None:
        await transfer

    waits: list[Callable[[Transfer], object]] = [
        lambda transfer: transfer.result(LONG_SECONDS),
        lambda transfer: transfer.wait(LONG_SECONDS),
        lambda transfer: asyncio.run(awaited(transfer)),
    ]
    for wait in waits:
        transfer = kernel.upload(source, force=True)
        listeners = [watch(Reporter(), transfer) for _ in range(3)]  # they look every quarter of a second
        wait(transfer)
        assert [seen[-1].state for seen in listeners] == [State.COMPLETED] * 3
        assert [[now.state for now in seen].count(State.COMPLETED) for seen in listeners] == [1, 1, 1]


def test_a_listener_of_an_upload_that_has_ended(kernel: Kernel, source: Path, reporter: Reporter) -> None:
    """Who begins to listen after the end is told it once, before `result` returns."""
    transfer = kernel.upload(source)
    transfer.result(LONG_SECONDS)
    seen = watch(reporter, transfer)
    transfer.result(LONG_SECONDS)
    assert [now.state for now in seen] == [State.COMPLETED]


def test_a_pause_is_told_before_the_wait_is_over(
    sandbox: Sandbox, kernel: Kernel, source: Path, reporter: Reporter
) -> None:
    """`wait` after a pause returns when the listener knows of it."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source)
    seen = watch(reporter, transfer)
    until(lambda: sent_parts(sandbox), "a part has arrived")
    transfer.pause()
    assert transfer.wait(LONG_SECONDS)
    assert seen[-1].state is State.PAUSED
    sandbox.rate_bytes_per_second = None
    transfer.resume()
    transfer.result(LONG_SECONDS)


@pytest.mark.parametrize("command", ["result", "wait", "pause", "raise"])
def test_a_listener_that_does_not_let_go(kernel: Kernel, source: Path, reporter: Reporter, command: str) -> None:
    """A listener that waits for its own transfer, stops it, or raises at the last call holds up nobody."""
    seen: list[State] = []
    transfer = kernel.upload(source)
    commands: dict[str, Callable[[], object]] = {
        "result": transfer.result,
        "wait": transfer.wait,
        "pause": transfer.pause,
        "raise": _oops,
    }

    def meddle(now: Snapshot) -> None:
        seen.append(now.state)
        if now.state is State.COMPLETED:
            with suppress(TransferStateError):
                commands[command]()

    reporter.add(transfer, meddle)
    transfer.result(LONG_SECONDS)
    assert seen[-1] is State.COMPLETED


def test_a_slow_listener(kernel: Kernel, source: Path, reporter: Reporter) -> None:
    """One that hangs holds up the result for two seconds at most, another listener not at all."""
    released = threading.Event()
    transfer = kernel.upload(source)
    reporter.add(transfer, lambda now: assert_true(released.wait(LONG_SECONDS)))
    seen = watch(reporter, transfer)

    async def awaited() -> None:
        await transfer

    for wait in (lambda: transfer.result(LONG_SECONDS), lambda: asyncio.run(awaited())):
        wait()
        assert seen[-1].state is State.COMPLETED
    released.set()


def test_where_a_listener_is_called(kernel: Kernel, source: Path, reporter: Reporter) -> None:
    """Each is called within the context in which it was added: that is how a kernel knows its cell."""
    cell: ContextVar[str] = ContextVar("cell")
    seen: dict[str, set[str]] = {"first": set(), "second": set(), "third": set()}
    for name, cells in seen.items():
        cell.set(name)
        transfer = kernel.upload(source, f"oss://{BUCKET}/{name}")
        reporter.add(transfer, partial(_note, cells, cell))
        transfer.result(LONG_SECONDS)
    assert seen == {name: {name} for name in seen}


def _note(cells: set[str], cell: ContextVar[str], now: Snapshot) -> None:
    cells.add(cell.get())


def _oops() -> None:
    raise ValueError("oops")


def assert_true(value: bool) -> None:
    """Fail in a listener, where an expression is wanted."""
    assert value
