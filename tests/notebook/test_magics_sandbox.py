"""`%oss_sandbox`: a server behind the kernel, and settings that lead to it and back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from oss_jupyter import api
from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.session.sandbox_process import sandbox_command

from .conftest import Shell


@pytest.fixture
def no_sandbox_left(place: Path) -> Iterator[None]:
    """Whatever a test starts ends with it."""
    yield
    sandbox_command("--stop")


def test_start_upload_stop(shell: Shell, data: Path, no_sandbox_left: None) -> None:
    """After `start` the line it proposes uploads without any other setting; `stop` brings the settings back."""
    shell.ok("%config OssJupyter.region = 'cn-shanghai'\n%config OssJupyter.accelerate = True")
    assert "No sandbox is running. Start one with: %oss_sandbox start" in shell.ok("%oss_sandbox").text
    lines = shell.ok("%oss_sandbox start --rate 50MiB/s --bucket my-bucket").text.strip().splitlines()
    assert len(lines) == 2
    example = lines[1].partition("Try: ")[2]
    assert example == "%oss_upload trips.bin oss://my-bucket/"
    assert "completed · 8 MiB" in shell.ok(f"{example} --wait").text
    assert "This kernel uploads to it." in shell.ok("%oss_sandbox status").text
    faster = shell.ok("%oss_sandbox start --rate 60MiB/s --bucket other-bucket").text
    assert "bucket other-bucket) is running and takes 60 MiB/s" in faster
    shell.ok("%oss_upload trips.bin oss://other-bucket/ --wait")
    assert "bucket my-bucket) is running; it ends" in shell.ok("%oss_sandbox start").text
    assert "The settings are as they were before" in shell.ok("%oss_sandbox stop").text
    settings = api.settings()
    assert (settings.endpoint, settings.region, settings.accelerate) == (None, "cn-shanghai", True)
    assert shell.ok("%oss_sandbox stop").text.strip() == "No sandbox is running."


def test_where_there_is_no_file_a_word_stands_for_one(shell: Shell, no_sandbox_left: None) -> None:
    """Nobody is told to upload what is none of theirs."""
    assert "Try: %oss_upload FILE oss://demo-bucket/\n" in shell.ok("%oss_sandbox start").text


def test_what_the_sandbox_says_is_passed_on(shell: Shell, no_sandbox_left: None) -> None:
    """A sandbox that cannot start and a rate that is none are explained, and the settings stay."""
    fast = shell.run("%oss_sandbox start --rate fast").error
    assert isinstance(fast, InputError)
    assert fast.advice == "Write it like --rate=20MiB/s."
    refused = shell.run("%oss_sandbox start --bucket Not_A_Bucket")
    assert isinstance(refused.error, OssJupyterError)
    assert api.settings().endpoint is None
    assert "Usage: %oss_sandbox" in shell.run("%oss_sandbox explode").text


def test_a_sandbox_that_can_store_nothing_says_so(shell: Shell, data: Path, no_sandbox_left: None) -> None:
    """That its directory was removed is in the status and at the next start, and beginning anew mends it."""
    shell.ok("%oss_sandbox start")
    shutil.rmtree(sandbox_command("--status")["data_dir"])
    for line in ("%oss_sandbox", "%oss_sandbox start"):
        said = shell.ok(line).text
        assert "The sandbox's directory was removed while it runs" in said
        assert "%oss_sandbox stop, then start" in said
    refused = shell.run("%oss_upload trips.bin oss://demo-bucket/ --wait").error
    assert isinstance(refused, OssJupyterError)
    assert "directory was removed" in refused.what
    assert "Stop the sandbox" in refused.advice
    shell.ok("%oss_sandbox stop")
    assert "removed" not in shell.ok("%oss_sandbox start").text
    assert "completed" in shell.ok("%oss_upload trips.bin oss://demo-bucket/ --wait").text
