"""A helper ends with its kernel, also where none of its threads can look: one of them keeps the interpreter's lock."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import repeat

import pytest

from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.errors import LaneLost
from oss_jupyter.model.gauge import Gauge

from .kit import LONG_SECONDS, until

_LOCKED_SECONDS = 1.0


def spin(request: object, gauge: Gauge) -> None:
    """Loop in C for ever."""
    gauge.sent_bytes = 1
    deque(repeat(0), 0)


def backtrack(request: object, gauge: Gauge) -> None:
    """Look for ever for what a text does not have."""
    gauge.sent_bytes = 1
    re.match("(x+x+)+y", "x" * 200)


def hang(request: object, gauge: Gauge) -> None:
    """Wait in C, as for a disk that does not answer."""
    gauge.sent_bytes = 1
    ctypes.PyDLL(None).sleep(10_000)


_HOLDERS: tuple[Callable[[object, Gauge], None], ...] = (spin, backtrack, hang)

_KERNEL = """
import signal, sys
from oss_jupyter.engine.helper_lane import HelperLane
from tests.engine import test_orphans
if sys.argv[2:]:
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
test_orphans.hold(getattr(test_orphans, sys.argv[1]))
"""


def hold(work: Callable[[object, Gauge], None]) -> None:
    """Be a kernel whose helper does that, print the helper's pid once it does, and wait to be killed."""
    lane = HelperLane(locked_seconds=_LOCKED_SECONDS)
    gauge = lane.gauge("t")
    lane.submit(work, None, gauge, "t")
    until(lambda: gauge.sent_bytes, "it has begun")
    print(lane.pid, flush=True)
    signal.pause()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def _kernel(*arguments: str) -> Iterator[int]:
    """Yield the pid of the helper of a kernel, which is gone afterwards."""
    with subprocess.Popen([sys.executable, "-c", _KERNEL, *arguments], stdout=subprocess.PIPE, text=True) as kernel:
        assert kernel.stdout is not None
        helper = int(kernel.stdout.readline())
        yield helper
        kernel.kill()


def test_it_ends_whatever_its_threads_do() -> None:
    """After SIGKILL to the kernel the helper has gone soon, in whatever piece of C one of its threads is."""
    with ExitStack() as kernels:
        helpers = [kernels.enter_context(_kernel(work.__name__)) for work in _HOLDERS]
        helpers.append(kernels.enter_context(_kernel(spin.__name__, "ignores alarms")))
    try:
        until(lambda: not any(map(_is_there, helpers)), "the helpers have gone")
    finally:
        for helper in filter(_is_there, helpers):
            os.kill(helper, signal.SIGKILL)


def test_a_living_kernel_gets_another_one() -> None:
    """A helper that can do nothing more is given up, and its parts are sent by the next one."""
    lane = HelperLane(locked_seconds=_LOCKED_SECONDS)
    try:
        with pytest.raises(LaneLost):
            lane.submit(spin, None, lane.gauge("t"), "t").result(LONG_SECONDS)
        assert lane.submit(_pid, None, lane.gauge("t"), "t").result(LONG_SECONDS) != os.getpid()
    finally:
        lane.close()


def test_a_helper_that_is_fine_is_left_alone() -> None:
    """A part that takes longer than one thread may keep the others from running is nobody's trouble."""
    lane = HelperLane(locked_seconds=_LOCKED_SECONDS)
    try:
        first = lane.submit(_pid, None, lane.gauge("t"), "t").result(LONG_SECONDS)
        assert lane.submit(_wait, 2 * _LOCKED_SECONDS, lane.gauge("t"), "t").result(LONG_SECONDS) == first
    finally:
        lane.close()


def _pid(request: object, gauge: Gauge) -> int:
    return os.getpid()


def _wait(seconds: float, gauge: Gauge) -> int:
    time.sleep(seconds)
    return os.getpid()
