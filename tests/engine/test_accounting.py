"""What a receipt counts: kept and sent make the file, whatever happened, and what was sent twice has a name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.progress import Receipt
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox

from .fakes import Service, refusal
from .kit import LONG_SECONDS, PART, Kernel, make_file, reach, until


def check(receipt: Receipt, source: Path) -> None:
    """The sum that is always right."""
    assert receipt.kept_bytes + receipt.sent_bytes == receipt.size == source.stat().st_size


@pytest.mark.parametrize("size", [0, 1, PART - 1, 3 * PART + 5])
def test_nothing_happens(kernel: Kernel, tmp_path: Path, size: int) -> None:
    """An upload without trouble sends its file, once; the second time it is there already, and nothing is sent."""
    source = make_file(tmp_path / "file", size)
    first = kernel.upload(source).result(LONG_SECONDS)
    check(first, source)
    assert (first.kept_bytes, first.sent_bytes, first.resent_bytes) == (0, size, 0)
    again = kernel.upload(source).result(LONG_SECONDS)
    check(again, source)
    assert again.already_there
    assert (again.kept_bytes, again.sent_bytes, again.resent_bytes) == (size, 0, 0)


def test_parts_that_break_off(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """Bytes of a part that is tried again are bytes that were sent once more, in the snapshot too."""
    sandbox.faults.add(Fault("UploadPart", part_number=3, times=2, code="InternalError"))
    transfer = kernel.upload(source)
    receipt = transfer.result(LONG_SECONDS)
    check(receipt, source)
    assert receipt.kept_bytes == 0
    assert receipt.resent_bytes == 2 * PART
    now = transfer.snapshot()
    assert (now.sent_bytes, now.resent_bytes) == (receipt.sent_bytes, receipt.resent_bytes)


def test_a_pause_and_another_kernel(sandbox: Sandbox, new_kernel: Callable[[], Kernel], source: Path) -> None:
    """What a pause cut off is sent once more; in the next kernel the parts of the first are kept."""
    sandbox.rate_bytes_per_second = 10 * PART
    first = new_kernel()
    transfer = first.upload(source)
    for _ in range(2):
        until(lambda: transfer.snapshot().in_flight_bytes > 0, "something is on the wire")
        transfer.pause()
        reach(transfer, State.PAUSED)
        transfer.resume()
    until(lambda: transfer.snapshot().parts_done >= 2, "some parts have arrived")
    first.close()
    sandbox.rate_bytes_per_second = None
    receipt = new_kernel().upload(source).result(LONG_SECONDS)
    check(receipt, source)
    assert receipt.kept_bytes >= 2 * PART


def test_a_pause_in_one_kernel(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """No more than the file counts as sent, whatever a pause cut off; a part whose receipt it cut off may be found."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source)
    until(lambda: transfer.snapshot().parts_done >= 2, "some parts have arrived")
    transfer.pause()
    reach(transfer, State.PAUSED)
    sandbox.rate_bytes_per_second = None
    transfer.resume()
    receipt = transfer.result(LONG_SECONDS)
    check(receipt, source)
    assert receipt.kept_bytes <= 4 * PART


def test_parts_that_are_gone(service: Service, kernel: Kernel, source: Path) -> None:
    """Parts that the service no longer has when they are to be joined are sent once more."""

    def forget() -> None:
        (parts,) = service.uploads.values()
        del parts[2], parts[5]

    service.script["complete"].append(forget)
    receipt = kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    check(receipt, source)
    assert receipt.resent_bytes == 2 * PART


def test_an_upload_id_that_is_gone(service: Service, kernel: Kernel, source: Path) -> None:
    """When OSS has forgotten the whole upload, all of it is sent once more."""
    service.script["complete"].append(service.uploads.clear)
    receipt = kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    check(receipt, source)
    assert receipt.resent_bytes == receipt.size


def test_a_reply_that_was_lost(service: Service, kernel: Kernel, source: Path) -> None:
    """An object that is found to be complete after an unclear answer was sent by this run."""
    service.after["complete"].append(refusal("InternalError", 500))
    receipt = kernel.upload(source, control=service, send_part=service.send_part).result(LONG_SECONDS)
    check(receipt, source)
    assert (receipt.kept_bytes, receipt.resent_bytes) == (0, 0)


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize(("code", "status"), [("AccessDenied", 403), ("InvalidAccessKeyId", 403), ("InvalidTag", 400)])
def test_what_is_refused_at_once(
    sandbox: Sandbox, kernel: Kernel, tmp_path: Path, code: str, status: int, parts: int
) -> None:
    """Bytes that a refusal threw away went once: nothing was tried again, and nothing was sent once more."""
    operation = "PutObject" if parts == 1 else "UploadPart"
    sandbox.faults.add(Fault(operation, code=code, status=status, times=99))
    transfer = kernel.upload(make_file(tmp_path / "file", parts * PART))
    with pytest.raises(OssJupyterError, match=code):
        transfer.result(LONG_SECONDS)
    now = transfer.snapshot()
    assert (now.retries, now.resent_bytes, now.sent_bytes) == (0, 0, 0)


def test_a_part_that_is_given_up(sandbox: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """Three tries are two more than one, and count as such; a resume that gets through adds what it repeats."""
    sandbox.faults.add(Fault("PutObject", code="InternalError", times=3))
    transfer = kernel.upload(make_file(tmp_path / "file", PART))
    with pytest.raises(OssJupyterError, match="InternalError"):
        transfer.result(LONG_SECONDS)
    now = transfer.snapshot()
    assert (now.retries, now.resent_bytes) == (2, 2 * PART)
    transfer.resume()
    assert transfer.result(LONG_SECONDS).resent_bytes == 3 * PART


@pytest.mark.parametrize("size", [PART, 3 * PART + 5])
def test_what_this_handle_sent_itself(service: Service, kernel: Kernel, tmp_path: Path, size: int) -> None:
    """Found there after a pause met its last request: everything was sent by this handle, and nothing twice."""
    arrived, let_go = threading.Event(), threading.Event()

    def linger() -> None:
        arrived.set()
        let_go.wait(LONG_SECONDS)

    service.after["part 1" if size == PART else "complete"].append(linger)
    source = make_file(tmp_path / "file", size)
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    assert arrived.wait(LONG_SECONDS)
    transfer.pause()
    reach(transfer, State.PAUSED)
    let_go.set()
    transfer.resume()
    receipt = transfer.result(LONG_SECONDS)
    check(receipt, source)
    assert receipt.already_there
    assert not receipt.sent_nothing
    assert (receipt.kept_bytes, receipt.sent_bytes, receipt.resent_bytes) == (0, size, 0)
