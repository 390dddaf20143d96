"""Pause, resume and abort: at any moment, within a second, whatever is on the wire."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.errors import TransferAborted, TransferStateError
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.states import State
from oss_jupyter.model.wire_values import PartReceipt, PartRequest
from oss_jupyter.sandbox import Fault, Sandbox

from .fakes import Service
from .kit import (
    BUCKET,
    LONG_SECONDS,
    PART,
    Kernel,
    Process,
    alone,
    journal_of,
    make_file,
    reach,
    repeated,
    sent_parts,
    stored,
    until,
)

# A second, and what a machine adds that has much else to do; what does not stop takes far longer.
SOON_SECONDS = 8.0


def crawl(sandbox: Sandbox) -> None:
    sandbox.connection_rate_bytes_per_second = PART / 20


def stall(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("UploadPart", "stall", after_bytes=1000, times=None, skip=3))


def never_reply(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("UploadPart", "delay", seconds=60, times=None, skip=3))


@pytest.mark.parametrize("slow", [crawl, stall, never_reply])
def test_pause_within_a_second(
    sandbox: Sandbox, kernel: Kernel, tmp_path: Path, slow: Callable[[Sandbox], None]
) -> None:
    """Pause answers within a second beside a slow, a stalled and a silent service, and resume finishes the file."""
    source = make_file(tmp_path / "big.bin", 40 * PART)
    slow(sandbox)
    transfer = kernel.upload(source, part_size=10 * PART)
    until(lambda: len(transfer.snapshot().flights) >= 1 and sandbox.active_requests, "parts are on the wire")
    asked_at = time.monotonic()
    transfer.pause()
    assert transfer.wait(SOON_SECONDS)
    assert time.monotonic() - asked_at < SOON_SECONDS
    shown = transfer.snapshot()
    assert (shown.state, shown.flights, shown.error) == (State.PAUSED, (), None)
    with pytest.raises(TransferStateError, match="paused"):
        transfer.result()
    sandbox.faults.clear()
    sandbox.connection_rate_bytes_per_second = None
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert transfer.snapshot().retries == 0


@pytest.mark.parametrize("operation", ["HeadObject", "InitiateMultipartUpload"])
def test_pause_while_a_small_request_hangs(sandbox: Sandbox, kernel: Kernel, source: Path, operation: str) -> None:
    """The same while it is the control plane that does not answer."""
    sandbox.faults.add(Fault(operation, "delay", seconds=4))
    transfer = kernel.upload(source)
    until(sandbox.faults.hits, "the request is on its way")
    transfer.pause()
    assert transfer.wait(SOON_SECONDS)
    assert transfer.state is State.PAUSED
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    until(lambda: not sandbox.uploads(BUCKET), "the upload id that came too late is given back")


def test_pause_keeps_every_finished_part(sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path) -> None:
    """What was confirmed before a pause is in the journal, which is free for other kernels, and is not sent again."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    transfer.pause()
    reach(transfer, State.PAUSED)
    kept = set(journal_of(checkpoints).receipts)
    assert len(kept) == transfer.snapshot().parts_done >= 3
    assert not CheckpointDirectory(checkpoints).busy(transfer.id)
    sandbox.rate_bytes_per_second = None
    sandbox.clear_requests()
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert kept.isdisjoint(sent_parts(sandbox))


def test_a_change_of_mind(service: Service, kernel: Kernel, source: Path) -> None:
    """Pause and resume in one breath, again and again: the upload goes on."""
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    for _ in range(200):
        if not transfer.state.active:
            break
        try:
            transfer.pause()
        except TransferStateError:
            break  # it is completing
        transfer.resume()
    transfer.result(LONG_SECONDS)
    assert list(service.objects.values()) == [source.read_bytes()]


def test_a_change_of_mind_while_parts_come_down(service: Service, kernel: Kernel, source: Path) -> None:
    """Resume counts even while the pause is being obeyed."""
    on_the_wire, released = threading.Event(), threading.Event()

    def hold() -> None:
        on_the_wire.set()
        released.wait()

    def send_part(request: PartRequest, gauge: Gauge) -> PartReceipt:
        gauge.sent_bytes = 1  # from its first byte on, a part is shown on the wire
        return service.send_part(request, gauge)

    service.script["part 1"].append(hold)
    transfer = kernel.upload(source, control=service, send_part=send_part)
    on_the_wire.wait()
    transfer.pause()
    until(lambda: len(transfer.snapshot().flights) == 1, "the other parts came down")
    transfer.resume()
    released.set()
    transfer.result(LONG_SECONDS)
    assert list(service.objects.values()) == [source.read_bytes()]


def test_abort_removes_the_parts(sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path) -> None:
    """Abort leaves neither parts in OSS nor a checkpoint; a later upload is a new one."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    transfer.abort()
    with pytest.raises(TransferAborted):
        transfer.result(LONG_SECONDS)
    assert not sandbox.uploads(BUCKET)
    assert not list(checkpoints.glob("*.journal"))
    sandbox.rate_bytes_per_second = None
    again = kernel.upload(source)
    assert again is not transfer
    assert again.result(LONG_SECONDS).kept_bytes == 0


def test_abort_that_keeps_the_parts(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """With keep_parts they stay, and the same cell carries on from them."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    transfer.abort(keep_parts=True)
    reach(transfer, State.ABORTED)
    assert len(sandbox.uploads(BUCKET)) == 1
    sandbox.rate_bytes_per_second = None
    assert kernel.upload(source).result(LONG_SECONDS).kept_bytes >= 3 * PART
    assert not sandbox.uploads(BUCKET)


@pytest.mark.parametrize("state", [State.PAUSED, State.FAILED, State.INTERRUPTED])
def test_abort_what_is_idle(
    sandbox: Sandbox, new_kernel: Callable[[], Kernel], source: Path, checkpoints: Path, state: State
) -> None:
    """What is paused, failed or found on the disk is aborted just as well."""
    sandbox.faults.add(Fault("UploadPart", part_number=4, times=None, code="InternalError"))
    kernel = new_kernel()
    transfer = kernel.upload(source, base_seconds=60 if state is State.PAUSED else 0)
    if state is State.PAUSED:
        until(lambda: len(sent_parts(sandbox)) >= 11, "the others have arrived")
        transfer.pause()
    transfer.wait(LONG_SECONDS)
    if state is State.INTERRUPTED:
        transfer = alone(new_kernel().spec(source), State.INTERRUPTED)
    assert transfer.state is state
    transfer.abort()
    reach(transfer, State.ABORTED)
    assert not sandbox.uploads(BUCKET)
    assert not list(checkpoints.glob("*.journal"))


def test_abort_that_the_service_refuses(sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path) -> None:
    """When the parts cannot be removed, the checkpoint stays, the user is told, and abort can be asked again."""
    sandbox.rate_bytes_per_second = 10 * PART
    sandbox.faults.add(Fault("AbortMultipartUpload", code="AccessDenied"))
    transfer = kernel.upload(source)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    transfer.abort()
    reach(transfer, State.FAILED)
    assert transfer.error is not None
    assert "still in OSS" in transfer.error.safe
    assert list(checkpoints.glob("*.journal"))
    transfer.abort()
    reach(transfer, State.ABORTED)
    assert not sandbox.uploads(BUCKET)


def test_commands_that_make_no_sense(kernel: Kernel, source: Path) -> None:
    """A finished upload can be neither paused, resumed nor aborted, and says so in one sentence."""
    transfer = kernel.upload(source)
    transfer.result(LONG_SECONDS)
    for command in (transfer.pause, transfer.resume, transfer.abort):
        with pytest.raises(TransferStateError, match="A transfer that is completed cannot be"):
            command()


def test_the_same_cell_twice(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """The same upload asked for again attaches to the live one; nothing is sent twice."""
    sandbox.rate_bytes_per_second = 20 * PART
    first = kernel.upload(source)
    assert kernel.upload(source) is first
    sandbox.rate_bytes_per_second = None
    first.result(LONG_SECONDS)
    assert sorted(sent_parts(sandbox)) == list(range(1, 13))


def test_several_at_once(sandbox: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """Eight files travel side by side."""
    files = [make_file(tmp_path / f"file-{n}", 3 * PART + n, seed=n) for n in range(8)]
    transfers = [kernel.upload(file, f"oss://{BUCKET}/many/") for file in files]
    for file, transfer in zip(files, transfers, strict=True):
        transfer.result(LONG_SECONDS)
        assert stored(sandbox, f"many/{file.name}") == file.read_bytes()


def test_await(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """`await transfer` gives the receipt, more than once, and a cancelled wait leaves the upload running."""

    async def main() -> tuple[int, int]:
        sandbox.rate_bytes_per_second = 20 * PART
        transfer = kernel.upload(source)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(transfer, 0.05)
        assert transfer.state.active
        sandbox.rate_bytes_per_second = None
        return (await transfer).size, (await transfer).size

    assert asyncio.run(main()) == (source.stat().st_size,) * 2


def test_await_what_fails(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """`await` raises what made it fail."""
    sandbox.rate_bytes_per_second = 20 * PART

    async def main() -> None:
        transfer = kernel.upload(source)
        threading.Timer(0.05, transfer.abort).start()
        await transfer

    with pytest.raises(TransferAborted):
        asyncio.run(main())


def test_fewer_and_more_at_once(sandbox: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """`set_parallel` counts from the next part on."""
    sandbox.connection_rate_bytes_per_second = 4 * PART
    source = make_file(tmp_path / "big.bin", 40 * PART)
    transfer = kernel.upload(source, parallel=1)
    until(lambda: sent_parts(sandbox), "the first part has arrived")
    assert len(transfer.snapshot().flights) <= 1
    transfer.set_parallel(6)
    until(lambda: len(transfer.snapshot().flights) == 6, "six are on the wire")
    sandbox.connection_rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)


def test_without_a_checkpoint(sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path) -> None:
    """With checkpoint_dir=None a failure removes the parts, writes nothing to disk, and says that nothing is kept."""
    sandbox.faults.add(Fault("UploadPart", part_number=4, times=None, code="InternalError"))
    transfer = kernel.upload(source, checkpoint_dir=None)
    assert transfer.wait(LONG_SECONDS)
    assert transfer.error is not None
    assert "Nothing is kept" in transfer.error.safe
    assert not sandbox.uploads(BUCKET)
    assert not checkpoints.exists()
    sandbox.faults.clear()
    assert kernel.upload(source, checkpoint_dir=None).result(LONG_SECONDS).kept_bytes == 0
    assert stored(sandbox) == source.read_bytes()


def test_pause_without_a_checkpoint(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """Within one kernel a pause keeps the parts even so."""
    sandbox.rate_bytes_per_second = 10 * PART
    transfer = kernel.upload(source, checkpoint_dir=None)
    until(lambda: len(sent_parts(sandbox)) >= 3, "some parts have arrived")
    transfer.pause()
    reach(transfer, State.PAUSED)
    sandbox.rate_bytes_per_second = None
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert not repeated(sent_parts(sandbox))
    assert stored(sandbox) == source.read_bytes()


_EXIT = """
import sys, time
import oss_jupyter as oj

transfer = oj.upload(sys.argv[1], "oss://test-bucket/data/big.bin", endpoint=sys.argv[2], region="cn-hangzhou",
    part_size=102400, parallel=4, wait_at_exit=False, checkpoint_dir=None if sys.argv[3] == "None" else sys.argv[3],
    credentials=("test-key-id", "test-key-secret"))
while transfer.snapshot().parts_done < 3:
    time.sleep(0.01)
print(transfer.snapshot().parts_done)
"""


@pytest.mark.parametrize("resumable", [True, False], ids=["with a checkpoint", "without"])
def test_the_kernel_goes(sandbox: Sandbox, tmp_path: Path, source: Path, checkpoints: Path, resumable: bool) -> None:
    """A process that ends in the middle ends soon, and leaves a clean journal, or without a checkpoint no parts."""
    sandbox.rate_bytes_per_second = 5 * PART
    place = str(checkpoints) if resumable else "None"
    command = [sys.executable, "-c", _EXIT, str(source), sandbox.endpoint, place]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    if resumable:
        record = journal_of(checkpoints)
        assert (record.torn, record.damaged_lines) == (False, 0)
        assert len(record.receipts) >= int(done.stdout)
        sandbox.rate_bytes_per_second = None
        Process(tmp_path / "next.py", sandbox, source, checkpoints).result()
        assert stored(sandbox) == source.read_bytes()
    else:
        assert not sandbox.uploads(BUCKET)
