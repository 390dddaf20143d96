"""What earlier runs sent is compared with the file, beside the sending, before it counts."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from oss_jupyter.engine.executor_lane import ExecutorLane
from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.engine.ports import Lane
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import LaneLost, SourceUnreadable
from oss_jupyter.local.read_again import read_again
from oss_jupyter.local.source import FileSource
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.prove import Proven
from oss_jupyter.model.record import read_journal
from oss_jupyter.model.states import State
from oss_jupyter.model.wire_values import Fingerprint, RangeRequest
from oss_jupyter.sandbox import Fault, Sandbox

from .changes import HARMLESS, NewKernel, fail_at, flip, flip_unseen, only_object, upload
from .fakes import Service, refusal
from .kit import LONG_SECONDS, PART, journal_of, reach, sent_parts, stored, until


@pytest.mark.parametrize("change", HARMLESS)
def test_the_same_bytes_in_a_later_run(
    service: Service, new_kernel: NewKernel, source: Path, change: Callable[[Path], None]
) -> None:
    """The same between two runs: what was sent is compared beside the sending, and kept."""
    fail_at(new_kernel(), service, source, 9)
    change(source)
    receipt = upload(new_kernel(), service, source)
    assert service.sent == [9]
    assert receipt.proven == Proven.KEPT


class MadeUp(FileSource):
    """A file on a mount that makes inode numbers up, another one at each look."""

    def fingerprint(self) -> Fingerprint:
        return replace(super().fingerprint(), file_id=str(next(_NUMBERS)))


_NUMBERS = itertools.count()


def test_inodes_that_are_made_up(service: Service, new_kernel: NewKernel, source: Path) -> None:
    """An inode that is another one at every look costs a second reading, and neither parts nor the upload."""

    def run() -> Transfer:
        kernel = new_kernel()
        spec = kernel.spec(source, control=service, send_part=service.send_part, parallel=1)
        return kernel.manager.upload(replace(spec, source=MadeUp(source)))

    service.script["part 9"].extend([refusal("InternalError", 500)] * 3)
    assert run().wait(LONG_SECONDS)
    transfer = run()
    assert transfer.result(LONG_SECONDS).proven == Proven.ALL
    assert sorted(service.sent) == list(range(1, 13))
    assert "inode" in " ".join(transfer.snapshot().notes)


def test_changed_between_runs_with_its_old_time(service: Service, new_kernel: NewKernel, source: Path) -> None:
    """A file with the size and mtime of before is read again where it is kept, and what differs is sent again."""
    fail_at(new_kernel(), service, source, 9)
    flip_unseen(source, 0, 3 * PART, 8 * PART)
    receipt = upload(new_kernel(), service, source)
    assert sorted(service.sent) == [1, 4, 9]
    assert only_object(service) == source.read_bytes()
    assert receipt.proven == Proven.KEPT


def test_a_kill_after_a_difference_was_found(
    service: Service, new_kernel: NewKernel, source: Path, checkpoints: Path
) -> None:
    """A receipt that was taken back does not come back with the next run, not even where nothing is read again."""
    fail_at(new_kernel(), service, source, 9)
    flip_unseen(source, 0)
    service.script["part 1"].append(refusal("AccessDenied", 403))
    first = new_kernel().upload(source, control=service, send_part=service.send_part, parallel=1)
    assert first.wait(LONG_SECONDS)
    assert first.state is State.FAILED
    assert 1 not in journal_of(checkpoints).receipts
    upload(new_kernel(), service, source, prove="none")
    assert only_object(service) == source.read_bytes()


def test_a_kill_before_anything_was_compared(
    service: Service, new_kernel: NewKernel, source: Path, checkpoints: Path
) -> None:
    """A run that took over a changed file and died leaves word that its parts are to be compared, whatever is asked."""
    fail_at(new_kernel(), service, source, 9)
    flip(source, 0)
    gone = threading.Event()

    def never(request: RangeRequest, gauge: Gauge) -> int:
        gone.wait(LONG_SECONDS)
        raise LaneLost("The process ended.")

    kernel = new_kernel()
    transfer = kernel.upload(source, control=service, send_part=service.send_part, read_again=never)
    until(lambda: 9 in service.sent, "the missing part is sent")
    left = (next(checkpoints.glob("*.journal"))).read_bytes()
    transfer.pause()
    gone.set()
    assert transfer.wait(LONG_SECONDS)
    assert read_journal(left).header.unread
    upload(new_kernel(), service, source, prove="none")
    assert only_object(service) == source.read_bytes()


def test_none_reads_nothing(service: Service, new_kernel: NewKernel, source: Path) -> None:
    """With `none` what is kept is believed where size, mtime and inode are the same, and the receipt claims no more."""
    fail_at(new_kernel(), service, source, 9)

    def forbidden(request: RangeRequest, gauge: Gauge) -> int:
        raise SourceUnreadable("Nobody may read again.")

    assert upload(new_kernel(), service, source, prove="none", read_again=forbidden).proven == Proven.SENT


def test_none_still_compares_what_was_written(service: Service, new_kernel: NewKernel, source: Path) -> None:
    """With `none`, too, a file whose mtime moved is compared, between two runs and in the middle of one."""
    fail_at(new_kernel(), service, source, 9)
    flip(source, 0)
    service.after["part 9"].append(lambda: flip(source, PART))
    upload(new_kernel(), service, source, prove="none")
    assert only_object(service) == source.read_bytes()


def test_it_is_shown_and_can_be_stopped(service: Service, new_kernel: NewKernel, source: Path) -> None:
    """While kept parts are compared that is the phase, with how much; a pause ends it at once, and keeps the parts."""
    fail_at(new_kernel(), service, source, 9)
    reading, stopped = threading.Event(), threading.Event()

    def slow(request: RangeRequest, gauge: Gauge) -> int:
        reading.set()
        until(lambda: gauge.stopped, "it is stopped")
        stopped.set()
        return read_again(request, gauge)

    transfer = new_kernel().upload(source, control=service, send_part=service.send_part, read_again=slow)
    assert reading.wait(LONG_SECONDS)
    until(lambda: transfer.snapshot().phase is Phase.COMPARING, "it is shown")
    shown = transfer.snapshot()
    assert (shown.compared_bytes, shown.compare_bytes) == (0, source.stat().st_size - PART)
    transfer.pause()
    reach(transfer, State.PAUSED)
    assert stopped.wait(LONG_SECONDS)
    assert transfer.snapshot().parts_kept + transfer.snapshot().parts_done == 12
    assert transfer.snapshot().compare_bytes == 0


def test_a_process_that_dies_while_it_reads(service: Service, new_kernel: NewKernel, source: Path) -> None:
    """What was being read in it is read again elsewhere."""
    fail_at(new_kernel(), service, source, 9)
    deaths = [LaneLost("The process ended."), LaneLost("The process ended.")]

    def dying(request: RangeRequest, gauge: Gauge) -> int:
        if deaths:
            raise deaths.pop()
        return read_again(request, gauge)

    assert upload(new_kernel(), service, source, read_again=dying).proven == Proven.KEPT
    assert not deaths


def test_a_process_that_always_dies(service: Service, new_kernel: NewKernel, source: Path) -> None:
    """A lane in which nothing can live ends the upload, and does not try for ever."""
    fail_at(new_kernel(), service, source, 9)

    def dying(request: RangeRequest, gauge: Gauge) -> int:
        raise LaneLost("The process ended.")

    with pytest.raises(LaneLost):
        upload(new_kernel(), service, source, read_again=dying)


def test_a_disk_that_fails_while_it_is_read_again(service: Service, new_kernel: NewKernel, source: Path) -> None:
    """The upload fails for what it is, keeps its parts, and goes on when the disk is back."""
    fail_at(new_kernel(), service, source, 9)

    def failing(request: RangeRequest, gauge: Gauge) -> int:
        raise SourceUnreadable(f"{request.path} cannot be read: Input/output error.", "Check its disk.")

    with pytest.raises(SourceUnreadable) as unreadable:
        upload(new_kernel(), service, source, read_again=failing)
    assert "parts are kept" in unreadable.value.safe
    service.sent.clear()
    upload(new_kernel(), service, source)
    assert len(service.sent) <= 1
    assert only_object(service) == source.read_bytes()


@pytest.fixture(params=["helper", "threads of an executor", "processes of an executor"])
def lane(request: pytest.FixtureRequest) -> Iterator[Lane]:
    """Where parts run beside the threads of the kernel."""
    with ExitStack() as stack:
        if request.param == "helper":
            lane = HelperLane()
            stack.callback(lane.close)
            yield lane
        elif request.param == "threads of an executor":
            yield ExecutorLane(stack.enter_context(ThreadPoolExecutor(3)))
        else:
            spawn = multiprocessing.get_context("spawn")
            yield ExecutorLane(stack.enter_context(ProcessPoolExecutor(2, mp_context=spawn)))


def test_where_parts_run(sandbox: Sandbox, new_kernel: NewKernel, source: Path, lane: Lane) -> None:
    """Kept parts are read where parts are sent, and what differs is sent again from there."""
    sandbox.faults.add(Fault("UploadPart", part_number=9, times=None, code="InternalError"))
    assert new_kernel().upload(source, lane=lane).wait(LONG_SECONDS)
    sandbox.faults.clear()
    sandbox.clear_requests()
    flip_unseen(source, 0)
    assert new_kernel().upload(source, lane=lane).result(LONG_SECONDS).proven == Proven.KEPT
    assert sorted(sent_parts(sandbox)) == [1, 9]
    assert stored(sandbox) == source.read_bytes()
