"""Where a run waits: whatever it waits for, a command of the user ends it, and no part that has ended is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from oss_jupyter.engine.event_queue import EventQueue

from .kit import LONG_SECONDS

LONG_WAIT_SECONDS = 60.0  # longer than any test may take


def goes_on(run: Future[Any]) -> bool:
    """Whether it still waits after a moment."""
    return not futures.wait([run], 0.05).done


class Waiting:
    """A queue, and a run that waits in it on a thread of its own."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self.queue = EventQueue()
        self._pool = pool
        self._ready = threading.Event()

    def wake(self) -> None:
        """What a command of the user does."""
        self.queue.wake()

    def notify(self) -> None:
        """What the end of a request does."""
        self.queue.notify()

    def next_event(self, timeout_seconds: float = 0.0) -> Any:
        """What the run takes out."""
        return self.queue.next_event(timeout_seconds)

    def begin(self, wait: Callable[[], Any]) -> Future[Any]:
        """Let the run wait."""
        future = self._pool.submit(wait)
        assert goes_on(future)
        return future


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    """A queue with nothing in it."""
    with ThreadPoolExecutor(1) as pool:
        yield Waiting(pool)


@contextmanager
def at_once() -> Iterator[None]:
    """Whatever happens within ends long before the longest wait of it."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < LONG_SECONDS


def test_events_come_out_in_their_order(waiting: Waiting) -> None:
    """A receipt that overtook another would be written down in the wrong place."""
    for number in range(3):
        waiting.queue.put(number)
    assert [waiting.next_event() for _ in range(4)] == [0, 1, 2, None]


def test_an_event_ends_the_wait(waiting: Waiting) -> None:
    """A part that has ended is seen to at once, not at the next tick."""
    run = waiting.begin(lambda: waiting.next_event(LONG_WAIT_SECONDS))
    with at_once():
        waiting.queue.put("part 3")
        assert run.result() == "part 3"


@pytest.mark.parametrize("how", ["next_event", "sleep", "wait_until"])
def test_a_command_ends_every_wait(waiting: Waiting, how: str) -> None:
    """Pause is obeyed within a moment, whether the run waits for parts, for an answer or for the next attempt."""
    waits: dict[str, Callable[[], Any]] = {
        "next_event": lambda: waiting.next_event(LONG_WAIT_SECONDS),
        "sleep": lambda: waiting.queue.sleep(LONG_WAIT_SECONDS),
        "wait_until": lambda: waiting.queue.wait_until(lambda: False),
    }
    run = waiting.begin(waits[how])
    with at_once():
        waiting.wake()
        assert run.result() is {"next_event": None, "sleep": True, "wait_until": None}[how]


def test_a_command_that_comes_before_the_wait_ends_it_too(waiting: Waiting) -> None:
    """Between looking at the command and waiting is a moment, and a pause in it would be noticed late."""
    waiting.wake()
    with at_once():
        assert waiting.queue.sleep(LONG_WAIT_SECONDS)
    assert not waiting.queue.sleep(0.01)  # it ends one wait, and not all that follow


@pytest.mark.parametrize("how", ["next_event", "sleep", "wait_until"])
def test_a_command_ends_one_wait(waiting: Waiting, how: str) -> None:
    """A run that went on being woken by a command it has seen would spin, and take the user's processor."""
    waits: dict[str, Callable[[], Any]] = {
        "next_event": waiting.next_event,
        "sleep": lambda: waiting.queue.sleep(LONG_WAIT_SECONDS),
        "wait_until": lambda: waiting.queue.wait_until(lambda: False),
    }
    waiting.wake()
    waits[how]()
    assert not waiting.queue.sleep(0.01)


def test_a_command_loses_no_event(waiting: Waiting) -> None:
    """The receipts of parts that end beside a pause are still written down."""
    waiting.queue.put("part 1")
    waiting.wake()
    waiting.queue.put("part 2")
    assert [waiting.next_event() for _ in range(3)] == ["part 1", "part 2", None]


def test_sleeping_leaves_events_where_they_are(waiting: Waiting) -> None:
    """A part that lands while the run waits for another request is taken afterwards, and does not end the wait."""
    waiting.queue.put("part 1")
    assert not waiting.queue.sleep(0.05)
    assert waiting.next_event() == "part 1"


def test_whoever_makes_it_done_ends_the_wait_for_it(waiting: Waiting) -> None:
    """An answer that has come is taken at once, and a notice without an answer is none."""
    done = threading.Event()
    run = waiting.begin(lambda: waiting.queue.wait_until(done.is_set))
    waiting.notify()
    assert goes_on(run)
    done.set()
    with at_once():
        waiting.notify()
        run.result()


def test_many_threads_put_in(waiting: Waiting) -> None:
    """Sixteen parts that end at once are sixteen events."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(waiting.queue.put, range(1_600)))
    assert sorted(iter(waiting.next_event, None)) == list(range(1_600))
