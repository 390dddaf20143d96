"""What the engine logs at DEBUG, for whoever asks why an upload did what it did."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Fault, Sandbox

from .kit import KEY, LONG_SECONDS, Kernel, until


def test_each_change_attempt_and_decision_has_a_line(
    sandbox: Sandbox, kernel: Kernel, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log tells an upload with a failing part and an unclear Complete from its beginning to its end."""
    sandbox.faults.add(Fault("UploadPart", part_number=3, code="InternalError"))
    sandbox.faults.add(Fault("CompleteMultipartUpload", code="ServiceUnavailable"))
    with caplog.at_level(logging.DEBUG, logger="oss_jupyter"):
        transfer = kernel.upload(source)
        transfer.result(LONG_SECONDS)
        until(lambda: "completing -> completed" in caplog.text, "the last line, which comes after the result")
    said = [record.getMessage().partition(": ") for record in caplog.records if record.name == "oss_jupyter"]
    lines = [line for name, _, line in said if name == transfer.id]
    assert [line for line in lines if " -> " in line] == [
        "queued -> running",
        "running -> completing",
        "completing -> completed",
    ]
    assert "begins with 0 of 12 parts" in lines
    assert sum(line.startswith("part 3, attempt") for line in lines) == 3  # two attempts, and what became of the first
    (decided,) = (line for line in lines if line.startswith("part 3, attempt 1 failed"))
    assert "InternalError: retry" in decided
    assert lines.count("asks for CompleteMultipartUpload") == 2
    assert lines.count("asks for HeadObject") == 2  # before the upload, and to clear up


def test_nothing_secret_is_logged(
    sandbox: Sandbox, kernel: Kernel, source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A log may be pasted into a public report: neither key, nor signature, nor URL is in it."""
    sandbox.faults.add(Fault("UploadPart", part_number=2, times=2, code="AccessDenied", status=403))
    with caplog.at_level(logging.DEBUG):
        kernel.upload(source).wait(LONG_SECONDS)
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("oss_jupyter"))
    assert "AccessDenied" in ours
    assert not any(secret in ours for secret in (*KEY, "://", "x-oss-", "Signature", sandbox.endpoint))
    assert not any(secret in caplog.text for secret in (KEY[1], "x-oss-signature=", "Signature="))
