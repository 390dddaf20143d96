"""`on_progress`: a few calls a second, one at the end, never under a lock, and never fatal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from oss_jupyter.engine.reporter import Reporter
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Sandbox

from .kit import LONG_SECONDS, PART, Kernel, reach, sent_parts, until


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
    assert [now.state for now in seen].count(State.PAUSED) <= 1
