"""An answer that asks for a long wait: it is bounded, told, and over as soon as the user wants something else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox

from .kit import LONG_SECONDS, Kernel, make_file, reach, stored, until

# What is promised is a second; the rest is for a busy machine.
SOON_SECONDS = 8.0
HOURS = {"Retry-After": "7200"}


@pytest.mark.parametrize("operation", ["HeadObject", "InitiateMultipartUpload", "UploadPart", "ListParts"])
def test_hours_are_told_and_end_with_a_pause(sandbox: Sandbox, kernel: Kernel, source: Path, operation: str) -> None:
    """Whichever request is asked to wait two hours, the user reads it, and a pause does not wait."""
    if operation == "ListParts":
        sandbox.faults.add(Fault("UploadPart", times=None, skip=4, code="AccessDenied"))
        kernel.upload(source).wait(LONG_SECONDS)
        sandbox.faults.clear()
    sandbox.faults.add(Fault(operation, times=None, headers=HOURS))
    transfer = kernel.upload(source)
    until(lambda: transfer.snapshot().notes, "the wait is told")
    assert "7,200 s" in transfer.snapshot().notes[-1]
    assert "60 s" in transfer.snapshot().notes[-1]
    asked_at = time.monotonic()
    transfer.pause()
    reach(transfer, State.PAUSED)
    assert time.monotonic() - asked_at < SOON_SECONDS


@pytest.mark.parametrize("asked", ["7200", "9" * 400, "-1", "Fri, 01 Jan 2100 00:00:00 GMT", "tomorrow"])
@pytest.mark.parametrize("operation", ["HeadObject", "UploadPart", "CompleteMultipartUpload"])
def test_no_word_of_a_server_makes_a_part_wait_for_ever(
    sandbox: Sandbox, kernel: Kernel, source: Path, operation: str, asked: str
) -> None:
    """Whatever is asked for, the wait has a bound, and then it goes on."""
    sandbox.faults.add(Fault(operation, headers={"Retry-After": asked}))
    spec = kernel.spec(source)
    policy = replace(spec.policy, retry_after_most_seconds=0.1)
    kernel.upload(source, policy=policy).result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()


def test_a_single_request_waits_no_longer(sandbox: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """A file that goes as one PutObject is told of and bounded in the same way."""
    source = make_file(tmp_path / "small", 1000)
    sandbox.faults.add(Fault("PutObject", headers=HOURS))
    policy = replace(kernel.spec(source).policy, retry_after_most_seconds=0.1)
    transfer = kernel.upload(source, policy=policy)
    transfer.result(LONG_SECONDS)
    assert "7,200 s" in transfer.snapshot().notes[0]


@pytest.mark.parametrize("code", ["InternalError", "ServiceUnavailable", "QpsLimitExceeded"])
def test_parts_that_cannot_be_listed(
    sandbox: Sandbox, new_kernel: Callable[[], Kernel], source: Path, code: str
) -> None:
    """Where ListParts stays broken, the checkpoint's own word is enough to go on, and a note says so."""
    sandbox.faults.add(Fault("UploadPart", part_number=5, code="AccessDenied", times=None))
    new_kernel().upload(source, parallel=1).wait(LONG_SECONDS)
    sandbox.faults.clear()
    sandbox.faults.add(Fault("ListParts", code=code, times=None))
    transfer = new_kernel().upload(source)
    receipt = transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert receipt.kept_bytes > 0
    assert any(code in note for note in transfer.snapshot().notes)
