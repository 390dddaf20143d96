"""An upload that has failed adds what a check can tell for free, where it fits the failure and is not said already."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.errors import CheckpointError, NetworkError, OssJupyterError, ServiceError
from oss_jupyter.sandbox import Fault, Key, Sandbox

from .conftest import KEY

pytestmark = pytest.mark.usefixtures("look")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """What is to be sent."""
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 300_000)
    return path


def noted(transfer: oj.Transfer, error: type[OssJupyterError], *, anything: bool = True) -> str:
    """Wait for the failure and return its notes; anything: whether one is to come."""
    with pytest.raises(error):
        transfer.result(60)
    until = time.monotonic() + (20 if anything else 3)
    while not any("Looked afterwards" in one for one in transfer.snapshot().notes) and time.monotonic() < until:
        time.sleep(0.05)
    return " ".join(transfer.snapshot().notes)


def test_which_credentials_were_refused(sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a refusal the place is named from which the key came that may not do it; and never the key."""
    sandbox.keys.put(Key("reader", "hush-secret", permissions=frozenset({"oss:GetObject"})))
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", "reader")
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "hush-secret")
    transfer = oj.upload(file, "oss://test-bucket/a.bin", endpoint=sandbox.endpoint, region=sandbox.region)
    said = noted(transfer, ServiceError)
    assert "Looked afterwards: the environment variables OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET" in said
    assert "an access key, which does not end by itself" in said
    assert "hush-secret" not in said


def test_a_clock_that_is_off_is_told_after_a_refusal(file: Path, tmp_path: Path) -> None:
    """It may be the reason, and is told beside the credentials."""
    with Sandbox(
        tmp_path / "later", keys=[Key(*KEY, permissions=frozenset())], clock=lambda: time.time() + 1200
    ) as late:
        late.create_bucket("test-bucket")
        place: dict[str, Any] = {"endpoint": late.endpoint, "region": late.region, "credentials": KEY}
        said = noted(oj.upload(file, "oss://test-bucket/a.bin", **place), ServiceError)
    assert "given in Python: an access key" in said
    assert "20 minutes behind" in said


def test_a_place_that_cannot_be_written(sandbox: Sandbox, file: Path, tmp_path: Path) -> None:
    """Where the checkpoint fails, the disk is looked at."""
    (tmp_path / "in the way").touch()
    folder = tmp_path / "in the way" / "below"
    place: dict[str, Any] = {"endpoint": sandbox.endpoint, "region": sandbox.region, "credentials": KEY}
    transfer = oj.upload(file, "oss://test-bucket/a.bin", part_size="100KiB", checkpoint_dir=folder, **place)
    assert f"Looked afterwards: {folder} cannot be written: Not a directory." in noted(transfer, CheckpointError)


def test_a_service_that_answers_again(sandbox: Sandbox, file: Path) -> None:
    """A line that broke and is back is told to be back."""
    sandbox.faults.add(Fault("PutObject", "drop_body", times=None))
    place: dict[str, Any] = {"endpoint": sandbox.endpoint, "region": sandbox.region, "credentials": KEY}
    transfer = oj.upload(file, "oss://test-bucket/a.bin", retries=0, **place)
    assert "Looked afterwards: 127.0.0.1" in noted(transfer, NetworkError)


def test_nothing_is_said_twice(sandbox: Sandbox, file: Path) -> None:
    """A bucket that is not there says everything itself."""
    place: dict[str, Any] = {"endpoint": sandbox.endpoint, "region": sandbox.region, "credentials": KEY}
    transfer = oj.upload(file, "oss://other-bucket/a.bin", **place)
    assert "Looked" not in noted(transfer, ServiceError, anything=False)
