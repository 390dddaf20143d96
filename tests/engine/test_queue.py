"""More uploads than may run at once: they wait in a queue, in their order, and cost nothing while they do."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import TransferAborted, TransferStateError
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.text import status_line

from .fakes import Service, refusal
from .kit import BUCKET, LONG_SECONDS, PART, Kernel, make_file, operations, reach, stored, until
from .test_verbs import Gate

SLOW = 3 * PART


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Five files of four parts each, and two that are sent in one piece."""
    large = [make_file(tmp_path / f"large-{number}.bin", 3 * PART + number, seed=number) for number in range(5)]
    return [*large, *(make_file(tmp_path / f"small-{number}.bin", 1000 + number, seed=number) for number in range(2))]


def begin(kernel: Kernel, files: list[Path], **arguments: object) -> list[Transfer]:
    """Upload files, each under its name."""
    return [kernel.upload(file, f"oss://{BUCKET}/", **arguments) for file in files]


def places(transfers: list[Transfer]) -> list[int]:
    """Return the place of each in the queue."""
    return [transfer.snapshot().queue_place for transfer in transfers]


def drivers() -> set[str]:
    """Return the ids of the transfers that have a thread."""
    return {
        thread.name.removeprefix("oss-transfer-")
        for thread in threading.enumerate()
        if thread.name.startswith("oss-transfer-")
    }


def finish(sandbox: Sandbox, transfers: list[Transfer], files: list[Path]) -> None:
    """Let everything end, and compare the objects with the files."""
    sandbox.faults.clear()
    sandbox.rate_bytes_per_second = None
    for transfer, file in zip(transfers, files, strict=True):
        assert transfer.result(LONG_SECONDS).size == file.stat().st_size
        assert stored(sandbox, file.name) == file.read_bytes()
    assert not sandbox.uploads(BUCKET)


def test_they_wait_in_their_order(sandbox: Sandbox, kernel: Kernel, files: list[Path], checkpoints: Path) -> None:
    """Two large ones run, three wait with their places shown; small ones go beside them; waiting costs nothing."""
    kernel.manager.set_uploads_at_once(2)
    sandbox.rate_bytes_per_second = SLOW
    transfers = begin(kernel, files)
    large, small = transfers[:5], transfers[5:]
    assert [transfer.state for transfer in large] == [State.RUNNING] * 2 + [State.QUEUED] * 3
    assert places(large) == [0, 0, 1, 2, 3]
    assert status_line(large[4].snapshot()).startswith("queued, 3rd · ")
    assert not coordinator_of(large[4]).resting
    for transfer in small:
        transfer.result(LONG_SECONDS)
    until(lambda: drivers() == {transfer.id for transfer in large[:2]}, "only those that run have a thread")
    locks = {path.stem for path in checkpoints.glob("*.lock")}
    assert not locks & {transfer.id for transfer in large[2:]}
    finish(sandbox, transfers, files)
    began = [transfer.snapshot().started_at for transfer in large]
    assert began == sorted(began)
    assert places(large) == [0] * 5


def pause(sandbox: Sandbox, transfer: Transfer) -> None:
    transfer.pause()
    assert transfer.wait(LONG_SECONDS)


def abort(sandbox: Sandbox, transfer: Transfer) -> None:
    transfer.abort()
    reach(transfer, State.ABORTED)


def fail(sandbox: Sandbox, transfer: Transfer) -> None:
    sandbox.faults.add(Fault("UploadPart", code="AccessDenied", times=1))
    reach(transfer, State.FAILED)


def end(sandbox: Sandbox, transfer: Transfer) -> None:
    sandbox.rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)
    sandbox.rate_bytes_per_second = SLOW


@pytest.mark.parametrize("leave", [pause, abort, fail, end])
def test_whoever_leaves_lets_the_next_one_in(
    sandbox: Sandbox, kernel: Kernel, files: list[Path], leave: Callable[[Sandbox, Transfer], None]
) -> None:
    """A pause, an abort, a failure and an end make room, and the places of the others move up."""
    kernel.manager.set_uploads_at_once(1)
    sandbox.rate_bytes_per_second = SLOW
    first, second, third = transfers = begin(kernel, files[:3])
    assert places(transfers) == [0, 1, 2]
    leave(sandbox, first)
    until(lambda: not second.snapshot().queue_place, "the second has its turn")
    assert third.snapshot().queue_place <= 1
    if first.state in (State.PAUSED, State.FAILED):
        first.resume()
        finish(sandbox, [first], files[:1])
    finish(sandbox, [second, third], files[1:3])


def test_what_can_be_asked_of_one_that_waits(sandbox: Sandbox, kernel: Kernel, files: list[Path]) -> None:
    """It can be paused, resumed, given up, limited and awaited; what was set counts when its turn has come."""
    kernel.manager.set_uploads_at_once(1)
    sandbox.rate_bytes_per_second = SLOW
    first, second, third, fourth, _ = transfers = begin(kernel, files[:5])
    second.pause()
    assert (second.state, second.wait(0)) == (State.PAUSED, True)
    with pytest.raises(TransferStateError, match="paused"):
        second.result()
    assert places(transfers) == [0, 0, 1, 2, 3]
    second.resume()
    assert places(transfers) == [0, 4, 1, 2, 3], "who comes back comes last"
    second.resume()
    assert second.snapshot().queue_place == 4
    third.set_limit("2MiB/s")
    third.set_parallel(2)
    fourth.abort()
    with pytest.raises(TransferAborted):
        fourth.result(LONG_SECONDS)
    assert first.state is State.RUNNING
    assert "UploadPart" not in {request.operation for request in sandbox.requests if request.key == files[3].name}
    third.pause()
    kernel.upload(files[2], f"oss://{BUCKET}/")
    shown = third.snapshot()
    assert (shown.state, shown.limit_bytes_per_second, shown.parallel_auto) == (State.QUEUED, 2 * 1024 * 1024, False)

    async def wait_for(transfer: Transfer) -> int:
        return (await transfer).size

    sandbox.rate_bytes_per_second = None
    assert asyncio.run(wait_for(third)) == files[2].stat().st_size
    assert third.snapshot().limit_bytes_per_second == 2 * 1024 * 1024
    finish(sandbox, [first, second, third], files[:3])


def test_a_paused_one_queues_again(sandbox: Sandbox, kernel: Kernel, files: list[Path]) -> None:
    """Resuming one that has parts in OSS waits for its turn, keeps them, and can be given up with them there."""
    kernel.manager.set_uploads_at_once(1)
    sandbox.rate_bytes_per_second = 20 * PART
    (first,) = begin(kernel, files[:1])
    until(lambda: first.snapshot().parts_done, "a part has arrived")
    pause(sandbox, first)
    sandbox.rate_bytes_per_second = SLOW
    (second,) = begin(kernel, files[1:2])
    first.resume()
    assert (first.state, first.snapshot().queue_place) == (State.QUEUED, 1)
    assert first.snapshot().checkpoint
    first.abort()
    reach(first, State.ABORTED)
    assert not [upload for upload in sandbox.uploads(BUCKET) if upload.key == files[0].name]
    assert second.state is State.RUNNING
    finish(sandbox, [second], files[1:2])


def test_more_and_fewer_at_once(sandbox: Sandbox, kernel: Kernel, files: list[Path]) -> None:
    """A larger number lets more in at once; a smaller one stops nobody."""
    kernel.manager.set_uploads_at_once(1)
    sandbox.rate_bytes_per_second = SLOW
    transfers = begin(kernel, files[:4])
    kernel.manager.set_uploads_at_once(3)
    assert [transfer.state for transfer in transfers] == [State.RUNNING] * 3 + [State.QUEUED]
    kernel.manager.set_uploads_at_once(1)
    transfers[0].pause()
    assert transfers[0].wait(LONG_SECONDS)
    assert [transfer.state for transfer in transfers[1:]] == [State.RUNNING] * 2 + [State.QUEUED]
    transfers[0].resume()
    finish(sandbox, transfers, files[:4])


def test_one_without_credentials_holds_nobody_up(service: Service, kernel: Kernel, files: list[Path]) -> None:
    """While one waits for new credentials, the next one runs; when they are there it goes on without queuing again."""
    kernel.manager.set_uploads_at_once(1)
    others = Service()
    service.script["initiate"].append(refusal("SecurityTokenExpired", 403))
    stuck = kernel.upload(files[0], f"oss://{BUCKET}/", control=service, send_part=service.send_part)
    reach(stuck, State.WAITING_FOR_CREDENTIALS)
    gate = Gate(others)
    second, third = begin(kernel, files[1:3], control=gate, send_part=gate.send_part)
    reach(second, State.RUNNING)
    assert third.snapshot().queue_place == 1
    service.version = "second"
    stuck.resume()
    stuck.result(LONG_SECONDS)
    assert third.state is State.QUEUED, "its turn was lent once"
    gate.open()
    for transfer in (second, third):
        transfer.result(LONG_SECONDS)


def test_the_common_limit_is_shared_by_those_that_run(sandbox: Sandbox, kernel: Kernel, files: list[Path]) -> None:
    """Those that wait take no share of the line."""
    kernel.manager.set_uploads_at_once(1)
    kernel.manager.set_limit(PART)
    first, *_ = transfers = begin(kernel, files[:5], parallel=1)
    # Three seconds by itself; a fifth of the limit would make fifteen of them.
    assert first.result(LONG_SECONDS).seconds < 10
    kernel.manager.set_limit(None)
    finish(sandbox, transfers, files[:5])


def test_at_the_end_of_the_kernel_nothing_new_begins(sandbox: Sandbox, kernel: Kernel, files: list[Path]) -> None:
    """What waits is brought to rest before what runs, so that no turn that becomes free lets another in."""
    kernel.manager.set_uploads_at_once(2)
    sandbox.rate_bytes_per_second = SLOW
    transfers = begin(kernel, files[:5])
    until(lambda: operations(sandbox).count("InitiateMultipartUpload") == 2, "two have begun")
    kernel.manager.pause_all(LONG_SECONDS)
    assert {transfer.state for transfer in transfers} == {State.PAUSED}
    assert operations(sandbox).count("InitiateMultipartUpload") == 2
    for transfer in transfers:
        transfer.resume()
    finish(sandbox, transfers, files[:5])
