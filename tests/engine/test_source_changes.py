"""A file that changes under an upload never becomes a finished object by accident."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.errors import SourceChanged, SourceMissing
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.session import Session

from .fakes import Service
from .kit import BUCKET, LONG_SECONDS, PART, Kernel, operations, sent_parts, stored, until


def append(source: Path) -> None:
    with source.open("ab") as file:
        file.write(b"more")


def cut(source: Path) -> None:
    os.truncate(source, PART + 5)


@pytest.mark.parametrize("change", [append, cut])
def test_changed_while_sending(sandbox: Sandbox, kernel: Kernel, source: Path, change: Callable[[Path], None]) -> None:
    """The run ends as failed, tells both sizes, and completes nothing; the next run sends the new file."""
    sandbox.rate_bytes_per_second = 10 * PART
    before = source.stat().st_size
    transfer = kernel.upload(source)
    until(lambda: len(sent_parts(sandbox)) >= 2, "some parts have arrived")
    change(source)
    sandbox.rate_bytes_per_second = None
    with pytest.raises(SourceChanged) as changed:
        transfer.result(LONG_SECONDS)
    shown = transfer.snapshot()
    assert (shown.state, shown.flights) == (State.FAILED, ())
    assert f"{before:,} bytes" in changed.value.what
    assert f"{source.stat().st_size:,} bytes" in changed.value.what
    assert all(changed.value.four_lines())
    assert "CompleteMultipartUpload" not in operations(sandbox)
    kernel.upload(source).result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert not sandbox.uploads(BUCKET)


def test_removed_while_sending(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """The same when it is gone; what arrived is kept in case it comes back."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source)
    until(lambda: len(sent_parts(sandbox)) >= 2, "some parts have arrived")
    away = source.with_name("away")
    source.rename(away)
    with pytest.raises(SourceMissing) as missing:
        transfer.result(LONG_SECONDS)
    assert "parts are kept" in missing.value.safe
    assert transfer.snapshot().flights == ()
    sandbox.rate_bytes_per_second = None
    away.rename(source)
    transfer.resume()
    assert transfer.result(LONG_SECONDS).kept_bytes + transfer.snapshot().confirmed_bytes == source.stat().st_size
    assert stored(sandbox) == source.read_bytes()


@pytest.mark.parametrize("operation", ["head", "initiate"])
def test_grown_while_the_upload_begins(service: Service, kernel: Kernel, source: Path, operation: str) -> None:
    """A file that grows between planning and the first part is noticed, not cut off at its old size."""
    service.script[operation].append(lambda: append(source))
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    with pytest.raises(SourceChanged):
        transfer.result(LONG_SECONDS)
    assert not service.objects
    kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    assert list(service.objects.values()) == [source.read_bytes()]


def test_changed_before_complete(service: Service, kernel: Kernel, source: Path) -> None:
    """A change after the last part was read is noticed before anything is joined."""
    service.after["part 12"].append(lambda: append(source))
    transfer = kernel.upload(source, control=service, send_part=service.send_part, parallel=1)
    with pytest.raises(SourceChanged):
        transfer.result(LONG_SECONDS)
    assert service.calls_of("complete") == 0


def test_missing_when_resumed(sandbox: Sandbox, new_kernel: Callable[[], Kernel], source: Path) -> None:
    """An unfinished upload whose file is gone says how much is kept."""
    sandbox.faults.add(Fault("UploadPart", part_number=4, times=None, code="InternalError"))
    assert new_kernel().upload(source).wait(LONG_SECONDS)
    source.unlink()
    session = Session(new_kernel().wiring.settings)
    (found,) = session.transfers()
    found.resume()
    with pytest.raises(SourceMissing) as missing:
        found.result(LONG_SECONDS)
    assert "11 of 12 parts are kept" in missing.value.safe
