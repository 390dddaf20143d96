"""An abort that meets Complete on its way: whichever comes first wins, and the user is told which one that was."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import NetworkError, TransferAborted
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox

from .fakes import Service, refusal
from .kit import BUCKET, LONG_SECONDS, URL, Kernel, operations, reach, stored, until

# A second is promised; the rest is for a busy machine.
SOON_SECONDS = 4.0


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """Lets go of what the service holds back, at the end of the test at the latest."""
    event = threading.Event()
    yield event
    event.set()


def start(service: Service, kernel: Kernel, source: Path) -> Transfer:
    """Start an upload and return it once Complete has been asked."""
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    until(lambda: service.calls_of("complete"), "Complete is asked")
    return transfer


def test_abort_that_comes_too_late(
    service: Service, kernel: Kernel, source: Path, checkpoints: Path, hold: threading.Event
) -> None:
    """Where the object was put together before, the upload is completed, with a receipt and a note that says why."""
    service.after["complete"].append(lambda: hold.wait(LONG_SECONDS))
    transfer = start(service, kernel, source)
    until(lambda: service.objects, "the object is there, and its reply is not")
    transfer.abort()
    receipt = transfer.result(SOON_SECONDS)
    assert transfer.state is State.COMPLETED
    assert receipt.size == source.stat().st_size
    assert "came too late" in transfer.snapshot().notes[-1]
    assert service.objects[URL] == source.read_bytes()
    assert not list(checkpoints.glob("*.journal"))


def test_abort_that_comes_first(service: Service, kernel: Kernel, source: Path, hold: threading.Event) -> None:
    """Where the parts were still there, they are removed, and the Complete that is on its way finds nothing."""
    service.script["complete"].append(lambda: hold.wait(LONG_SECONDS))
    transfer = start(service, kernel, source)
    transfer.abort()
    assert transfer.wait(SOON_SECONDS)
    with pytest.raises(TransferAborted):
        transfer.result()
    hold.set()
    assert not service.objects
    assert not service.uploads


def test_another_object_of_that_name_is_not_taken_for_ours(
    service: Service, kernel: Kernel, source: Path, hold: threading.Event
) -> None:
    """An upload that somebody else removed under a pending Complete has not finished, whatever lies at its key."""
    service.objects[URL] = bytes(source.stat().st_size)
    service.script["complete"].append(lambda: hold.wait(LONG_SECONDS))
    transfer = start(service, kernel, source)
    service.uploads.clear()
    transfer.abort()
    assert transfer.wait(SOON_SECONDS)
    assert transfer.state is State.ABORTED


def test_abort_where_nobody_may_ask(
    service: Service, kernel: Kernel, source: Path, checkpoints: Path, hold: threading.Event
) -> None:
    """With oss:PutObject alone the outcome stays open: the note says so, and nothing is left that cannot be removed."""
    service.script["head"].extend([refusal("AccessDenied", 403)] * 9)
    service.after["complete"].append(lambda: hold.wait(LONG_SECONDS))
    transfer = start(service, kernel, source)
    until(lambda: service.objects, "the object is there, and its reply is not")
    transfer.abort()
    assert transfer.wait(SOON_SECONDS)
    assert transfer.state is State.ABORTED
    assert "could not be found out" in transfer.snapshot().notes[-1]
    assert not list(checkpoints.glob("*.journal"))


def test_abort_whose_outcome_cannot_be_asked_for_now(
    service: Service, kernel: Kernel, source: Path, checkpoints: Path, hold: threading.Event
) -> None:
    """A network that dies in between keeps the checkpoint, and the same abort finds out later."""
    service.script["head"].extend([None, NetworkError("The network is down.")])
    service.after["complete"].append(lambda: hold.wait(LONG_SECONDS))
    transfer = start(service, kernel, source)
    until(lambda: service.objects, "the object is there, and its reply is not")
    transfer.abort()
    reach(transfer, State.FAILED)
    assert transfer.error is not None
    assert "may be finished" in transfer.error.safe
    assert list(checkpoints.glob("*.journal"))
    transfer.abort()
    transfer.result(SOON_SECONDS)
    assert transfer.state is State.COMPLETED


@pytest.mark.parametrize("command", ["pause", "keep the parts"])
def test_stopping_while_complete_hangs(sandbox: Sandbox, kernel: Kernel, source: Path, command: str) -> None:
    """Pause and abort that keeps the parts are obeyed at once, and say that only another run can tell."""
    sandbox.faults.add(Fault("CompleteMultipartUpload", "delay", seconds=60))
    transfer = kernel.upload(source)
    reach(transfer, State.COMPLETING)
    until(lambda: sandbox.active_requests, "Complete is on its way")
    asked_at = time.monotonic()
    if command == "pause":
        transfer.pause()
    else:
        transfer.abort(keep_parts=True)
    assert transfer.wait(SOON_SECONDS)
    assert time.monotonic() - asked_at < SOON_SECONDS
    assert "had been asked to finish" in transfer.snapshot().notes[-1]
    kernel.upload(source).result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert not sandbox.uploads(BUCKET)


def test_keeping_the_parts_ends_an_abort_that_hangs(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """While the service does not answer the abort, it says what it waits for, and need not be waited for."""
    sandbox.faults.add(
        Fault("UploadPart", "delay", seconds=60, skip=5, times=None), Fault("AbortMultipartUpload", "delay", seconds=60)
    )
    transfer = kernel.upload(source)
    until(lambda: operations(sandbox).count("UploadPart") >= 5, "some parts have arrived")
    transfer.abort()
    until(lambda: transfer.snapshot().phase is Phase.REMOVING_PARTS, "it says so")
    transfer.abort(keep_parts=True)
    assert transfer.wait(SOON_SECONDS)
    assert transfer.state is State.ABORTED
    sandbox.faults.clear()
    kernel.upload(source).result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()


def test_what_was_uncertain_is_told_until_it_is_found_out(
    service: Service, kernel: Kernel, source: Path, hold: threading.Event
) -> None:
    """That OSS may have finished the upload is told while it is paused, and not after the next run knows."""
    service.after["complete"].append(lambda: hold.wait(LONG_SECONDS))
    transfer = start(service, kernel, source)
    until(lambda: service.objects, "the object is there, and its reply is not")
    transfer.pause()
    assert transfer.wait(SOON_SECONDS)
    assert "may have" in transfer.snapshot().notes[-1]
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert not transfer.snapshot().notes
