"""Jobs that go on for long and speak both ways, in the helper and in threads."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as Late
from queue import SimpleQueue
from typing import Any

import pytest

from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.engine.lanes import ThreadLane
from oss_jupyter.errors import LaneLost
from oss_jupyter.model.gauge import Gauge


def double(request: int, gauge: Gauge, inbox: SimpleQueue[Any], emit: Callable[[Any], object]) -> int:
    """Tell the double of whatever comes, until nothing is sent; return how many there were."""
    emit(os.getpid())
    count = request
    while (value := inbox.get()) is not None:
        emit(2 * value)
        count += 1
    gauge.sent_bytes = count
    return count


@pytest.fixture(params=["helper", "threads"])
def lane(request: pytest.FixtureRequest) -> Iterator[HelperLane | ThreadLane]:
    """A lane of each kind."""
    made = HelperLane() if request.param == "helper" else ThreadLane()
    made.start()
    yield made
    made.close()


def test_values_go_both_ways_in_their_order(lane: HelperLane | ThreadLane) -> None:
    """What is sent arrives in its order, what is told too, and the end comes after all of it."""
    told: SimpleQueue[Any] = SimpleQueue()
    stream = lane.stream(double, 100, told.put, "one")
    pid = told.get(timeout=30)
    assert (pid == os.getpid()) is isinstance(lane, ThreadLane)
    for number in range(1000):
        stream.send(number)
    stream.send(None)
    assert stream.future.result(30) == 1100
    assert [told.get_nowait() for _ in range(1000)] == [2 * number for number in range(1000)]
    assert stream.gauge.sent_bytes == 1100
    stream.send("too late")  # harmless


def test_two_streams_do_not_mix(lane: HelperLane | ThreadLane) -> None:
    """Each stream has its own values."""
    first, second = SimpleQueue[Any](), SimpleQueue[Any]()
    streams = [lane.stream(double, 0, told.put, name) for told, name in ((first, "one"), (second, "two"))]
    for told in (first, second):
        told.get(timeout=30)
    streams[0].send(1)
    streams[1].send(2)
    assert (first.get(timeout=30), second.get(timeout=30)) == (2, 4)
    for stream in streams:
        stream.send(None)
        assert stream.future.result(30) == 1


def test_a_stream_whose_process_dies_says_so() -> None:
    """A helper that is killed ends the stream with LaneLost, and the next one runs in another helper."""
    lane = HelperLane()
    told: SimpleQueue[Any] = SimpleQueue()
    stream = lane.stream(double, 0, told.put)
    pid = told.get(timeout=30)
    with pytest.raises(Late):
        stream.future.result(0.05)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(LaneLost):
        stream.future.result(30)
    stream.send(1)  # nobody takes it
    again = lane.stream(double, 0, told.put)
    assert told.get(timeout=30) != pid
    again.send(None)
    assert again.future.result(30) == 0
    lane.close()
