"""The helper gives way to a kernel that computes and to a page that is drawn, and takes its share where nobody does."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from oss_jupyter.engine.helper_lane import HelperLane

GROUP = Path("/proc/self/autogroup")
pytestmark = pytest.mark.skipif(not GROUP.exists(), reason="only Linux has groups whose niceness goes both ways")
SOON_SECONDS = 20.0


@pytest.fixture
def lane() -> Iterator[HelperLane]:
    """A lane whose helper runs."""
    made = HelperLane()
    made.start()
    yield made
    made.close()


def group_niceness(lane: HelperLane) -> int:
    """Return how nice the helper's group is."""
    assert lane.pid is not None
    return int(Path(f"/proc/{lane.pid}/autogroup").read_text("ascii").rpartition(" ")[2])


def comes_to(lane: HelperLane, wanted: Callable[[int], bool], meanwhile: Callable[[], object] = lambda: None) -> bool:
    """Wait until the niceness of the helper's group is as wanted; return whether it came to that."""
    until = time.monotonic() + SOON_SECONDS
    while not wanted(group_niceness(lane)) and time.monotonic() < until:
        meanwhile()
        time.sleep(0.05)
    return wanted(group_niceness(lane))


@contextmanager
def computing() -> Iterator[None]:
    """Keep a core busy in this process, which stands for the kernel."""
    ends = threading.Event()

    def compute() -> None:
        while not ends.is_set():
            sum(range(10_000))

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def is_nice(niceness: int) -> bool:
    return niceness > 0


def is_not_nice(niceness: int) -> bool:
    return niceness <= 0


def test_a_kernel_that_computes(lane: HelperLane) -> None:
    """While a cell computes the helper is nice, beyond its session and within its group, and afterwards no longer."""
    assert lane.pid is not None
    with computing():
        assert comes_to(lane, is_nice)
        assert os.getpriority(os.PRIO_PROCESS, lane.pid) > os.getpriority(os.PRIO_PROCESS, 0)
    assert comes_to(lane, is_not_nice)


def test_a_process_of_the_kernel_computes(lane: HelperLane) -> None:
    """What a cell has started counts as the kernel: a worker process that computes is given way to, too."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as worker:
        try:
            assert comes_to(lane, is_nice)
        finally:
            worker.kill()
    assert comes_to(lane, is_not_nice)


def test_a_page_is_drawn(lane: HelperLane) -> None:
    """While a card is drawn the helper is nice: the browser may be on the same cores, and is not the kernel's."""
    assert comes_to(lane, is_nice, meanwhile=lane.painted)
    assert comes_to(lane, is_not_nice)
