"""What one process tells the other may be unreadable there: the job ends with a word, and nobody waits for ever."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.errors import LaneLost, MessageUnreadable
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Sandbox

from .kit import LONG_SECONDS, PART, Kernel, make_file, reach, sent_parts, stored, until


class OnlyIn:
    """Can be read in one process alone, as an object whose class another version of a package lacks."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def __reduce__(self) -> tuple[Any, ...]:
        return only_in, (self.pid,)


def only_in(pid: int) -> OnlyIn:
    """Read it, or fail as a class that is not there."""
    if os.getpid() != pid:
        raise AttributeError("module has no attribute 'OnlyIn'")
    return OnlyIn(pid)


class OddError(Exception):
    """Pickles well, and does not come back."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} {two}")


def echo(request: Any, gauge: Gauge) -> Any:
    """Return the request, or what it makes in the helper."""
    return request() if callable(request) else request


def only_here() -> OnlyIn:
    """Return what only the process that makes it can read."""
    return OnlyIn(os.getpid())


def fail_oddly() -> None:
    """Raise what cannot be told."""
    raise OddError(1, 2)


def garble() -> str:
    """Write what is no message to the kernel; where this is no helper, return something."""
    if not sys.argv[0].endswith("helper.py"):
        return "in the kernel"
    os.write(int(sys.argv[3]), b"Warning: this is no message" * 10)
    threading.Event().wait()
    return ""


def wait_until_stopped(request: object, gauge: Gauge) -> None:
    """Be on the wire."""
    while not gauge.stopped:
        threading.Event().wait(0.01)


def relay(request: Any, gauge: Gauge, inbox: SimpleQueue[Any], emit: Callable[[Any], object]) -> None:
    """Tell what is made of the request, then work until it is stopped."""
    emit(echo(request, gauge))
    wait_until_stopped(request, gauge)


@pytest.fixture(scope="module")
def shared() -> Iterator[HelperLane]:
    """One lane for all tests here; it starts its helpers anew by itself."""
    lane = HelperLane()
    yield lane
    lane.close()


@pytest.fixture
def lane(shared: HelperLane) -> HelperLane:
    """A lane with a helper that has done something."""
    shared.start()
    assert ask(shared, 7) == 7
    return shared


def ask(lane: HelperLane, request: Any) -> Any:
    return lane.submit(echo, request, lane.gauge("t"), "t").result(LONG_SECONDS)


def refusal(lane: HelperLane, request: Any) -> MessageUnreadable:
    with pytest.raises(MessageUnreadable) as refused:
        ask(lane, request)
    assert "Restart the kernel" in refused.value.advice
    return refused.value


def test_a_job_that_cannot_cross_ends_alone(lane: HelperLane) -> None:
    """Whichever way it cannot be told, its helper goes on with others, and no dial is lost."""
    pid = lane.pid
    for request, why in (
        (OnlyIn(os.getpid()), "The helper process could not read what the kernel sent it (AttributeError)."),
        (threading.Lock(), "Something cannot be told to another process (TypeError)."),
        (threading.Lock, "Something cannot be told to another process (TypeError)."),
        (fail_oddly, "The helper process met an error that cannot be told to the kernel (OddError)."),
    ):
        assert refusal(lane, request).what == why
        assert ask(lane, 8) == 8
        assert lane.pid == pid


def test_an_answer_that_the_kernel_cannot_read_ends_its_job(lane: HelperLane) -> None:
    """The helper goes with it, because nobody knows what the job holds there; the others are begun again elsewhere."""
    pid, gauge = lane.pid, lane.gauge("other")
    other = lane.submit(wait_until_stopped, None, gauge, "other")
    assert (
        refusal(lane, only_here).what == "The kernel could not read what its helper process told it (AttributeError)."
    )
    with pytest.raises(LaneLost) as lost:
        other.result(LONG_SECONDS)
    assert "could not be read" in lost.value.what
    assert ask(lane, 9) == 9
    assert lane.pid != pid


@pytest.mark.parametrize("request_", [OnlyIn(os.getpid()), threading.Lock(), only_here, threading.Lock, fail_oddly])
def test_a_stream_whose_words_cannot_be_read_ends(lane: HelperLane, request_: Any) -> None:
    """At its beginning and in what it tells, whichever process cannot read it."""
    stream = lane.stream(relay, request_, lambda value: None, "s")
    with pytest.raises(MessageUnreadable):
        stream.future.result(LONG_SECONDS)
    assert ask(lane, 10) == 10


def test_a_stream_that_is_told_something_unreadable_ends(lane: HelperLane) -> None:
    """It is stopped, and ends with that and not with its own word; others are untouched."""
    pid = lane.pid
    for value in (OnlyIn(os.getpid()), threading.Lock()):
        told = SimpleQueue[Any]()
        stream = lane.stream(relay, 1, told.put, "s")
        assert told.get(timeout=LONG_SECONDS) == 1
        stream.send(value)
        with pytest.raises(MessageUnreadable):
            stream.future.result(LONG_SECONDS)
        assert lane.pid == pid


def test_a_pipe_that_is_out_of_step_is_given_up() -> None:
    """Where no job can be told, each helper goes, and after two of them jobs run in the kernel."""
    lane = HelperLane()
    assert ask(lane, 1) == 1
    for _ in range(2):
        with pytest.raises(LaneLost):
            ask(lane, garble)
    until(lambda: bool(lane.remark), "it goes on without")
    assert ask(lane, garble) == "in the kernel"
    lane.close()


def test_an_upload_says_so_and_can_be_resumed(
    kernel: Kernel, lane: HelperLane, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Four lines instead of a bar that stands still; what had arrived is not sent again."""
    source = make_file(tmp_path / "f.bin", 8 * PART)
    transfer = kernel.upload(source, lane=lane, send_part=send_oddly)
    reach(transfer, State.FAILED)
    assert isinstance(transfer.error, MessageUnreadable)
    assert all(transfer.error.four_lines())
    kernel.upload(source, lane=lane).result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert len(sent_parts(sandbox)) <= 8 + 4


def send_oddly(request: Any, gauge: Gauge) -> Any:
    """Send a part, and give for the fifth what nobody can read."""
    from oss_jupyter.oss.send_part import send_part

    receipt = send_part(request, gauge)
    return OnlyIn(os.getpid()) if request.part_number == 5 else receipt
