"""The speed of a line is told as the service takes the bytes, in bounded time, and leaves nothing in the bucket."""

from __future__ import annotations

import time

import pytest

from oss_jupyter.checks.throughput import Answered, speed_of
from oss_jupyter.model.finding import Standing
from oss_jupyter.model.sizes import parse_size
from oss_jupyter.sandbox import Fault, Sandbox

from .conftest import Look


def told(look: Look) -> float:
    """Return the bytes a second that a check tells."""
    return parse_size(look(fast=False)["speed"].text.partition("/s")[0].replace(" ", ""))


def gone(sandbox: Sandbox) -> bool:
    """Wait until the bucket has no unfinished upload."""
    until = time.monotonic() + 60
    while sandbox.uploads("test-bucket") and time.monotonic() < until:
        time.sleep(0.1)
    return sandbox.uploads("test-bucket") == ()


@pytest.mark.parametrize("rate", [100_000, 500_000, 2_000_000, 10_000_000])
def test_bytes_in_buffers_are_not_counted(look: Look, sandbox: Sandbox, rate: int) -> None:
    """On a slow line the systems on both sides take megabytes at once; what is told is what the service answered."""
    sandbox.rate_bytes_per_second = rate
    assert 0.5 * rate < told(look) < 1.5 * rate


def test_the_way_of_an_answer_hides_no_line(look: Look, sandbox: Sandbox) -> None:
    """Where an answer takes long, parts become larger until it does not matter."""
    sandbox.rate_bytes_per_second = 2_000_000
    sandbox.faults.add(Fault("UploadPart", "delay", seconds=0.2, times=None))
    assert 900_000 < told(look) < 3_000_000


def test_parts_count_with_the_share_that_fell_into_the_time() -> None:
    """Two connections at 100 bytes/s each, out of step, and a third one that hangs since long ago."""
    answered = [
        *(Answered(0, 100, at, at + 1) for at in range(10)),
        *(Answered(1, 200, at + 0.5, at + 2.5) for at in range(0, 10, 2)),
        Answered(2, 16, 0, 0.5),
    ]
    assert speed_of(answered) == pytest.approx(200)
    assert speed_of([]) == 0


def test_a_line_that_does_not_move(look: Look, sandbox: Sandbox) -> None:
    """A check comes back within ten seconds with all that it has, and nothing stays."""
    sandbox.faults.add(Fault("UploadPart", "stall", times=None))
    check = look(fast=False)
    assert check.seconds < 10
    assert check["speed"].standing is Standing.WARNING
    assert "not one was answered within" in check["speed"].text
    assert check["ListObjects"].standing is Standing.FINE
    assert gone(sandbox)


def test_every_answer_is_late(look: Look, sandbox: Sandbox) -> None:
    """What is known is told within ten seconds where each request takes longer than people wait."""
    sandbox.faults.add(Fault(kind="delay", seconds=3.0, times=None))
    check = look(fast=False)
    assert check.seconds < 10
    assert check["PutObject"].standing is Standing.FINE
    assert check["speed"].standing is Standing.UNKNOWN
    assert gone(sandbox)


@pytest.mark.parametrize(
    ("fault", "id_is_known"),
    [
        (Fault("AbortMultipartUpload", skip=1, code="AccessDenied", status=403), True),
        (Fault("AbortMultipartUpload", "delay", skip=1, seconds=20), True),
        (Fault("InitiateMultipartUpload", "drop_reply"), False),
    ],
    ids=["abort fails", "abort is late", "id is lost"],
)
def test_parts_are_removed_later(look: Look, sandbox: Sandbox, fault: Fault, *, id_is_known: bool) -> None:
    """What is not removed at once is named with its id, where there is one, and removed in the background."""
    sandbox.faults.add(fault)
    check = look(fast=False)
    if id_is_known:
        assert check["leftover"].standing is Standing.WARNING
        upload_id = next(entry.upload_id for entry in sandbox.requests if entry.operation == "UploadPart")
        assert f'oj.leftovers("oss://test-bucket").remove("{upload_id}", force=True)' in check["leftover"].advice
    else:
        assert check["speed"].standing is Standing.UNKNOWN
    assert gone(sandbox)


def test_no_room_for_what_is_sent(look: Look, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A temporary directory that cannot be written is a line, and no upload is begun."""
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    check = look(fast=False)
    assert check["speed"].standing is Standing.UNKNOWN
    assert "the file to send cannot be written: No such file or directory" in check["speed"].text
    assert not [entry for entry in sandbox.requests if entry.operation == "InitiateMultipartUpload"]
