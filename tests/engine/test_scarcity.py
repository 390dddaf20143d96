"""No descriptor or no thread left: a run waits for them, and fails only where they never come."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.engine.reporter import Reporter
from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.errors import NoThread, Shortage, TooManyFiles
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.states import State

from ..shortage import no_new_descriptors
from .fakes import HastyClock, Service
from .kit import BUCKET, LONG_SECONDS, Kernel, make_file, reach, until
from .test_verbs import Gate

_WORDS = "Too many files are open in this process."


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A file that is sent in one piece."""
    return make_file(tmp_path / "small.bin", 1000)


@pytest.fixture(autouse=True)
def loaded(kernel: Kernel, service: Service, tmp_path: Path) -> None:
    """What a run needs to load is loaded: no test is about modules."""
    for size in (1000, 300_000):
        file = make_file(tmp_path / f"loaded-{size}.bin", size)
        kernel.upload(file, f"oss://{BUCKET}/", control=service, send_part=service.send_part).result(LONG_SECONDS)


@pytest.mark.parametrize("which", ["small", "source"])
def test_it_waits_at_the_beginning(
    kernel: Kernel, service: Service, which: str, request: pytest.FixtureRequest
) -> None:
    """A run that cannot open its lock or its file says what it waits for, and ends well when there is room again."""
    file: Path = request.getfixturevalue(which)
    spec = kernel.spec(file, control=service, send_part=service.send_part)
    with no_new_descriptors():
        transfer = kernel.manager.upload(spec)
        until(lambda: transfer.snapshot().phase is Phase.WAITING_FOR_SYSTEM, "it waits")
        shown = transfer.snapshot()
        assert shown.state is State.RUNNING
        assert shown.notes == (f"{_WORDS} It goes on as soon as there is room again.",)
    transfer.result(LONG_SECONDS)
    assert service.objects[str(spec.target)] == file.read_bytes()


def test_it_waits_midway(kernel: Kernel, service: Service, source: Path) -> None:
    """One that runs out of descriptors in the middle keeps what has arrived, and can be paused while it waits."""
    gate = Gate(service)
    transfer = kernel.upload(source, control=gate, send_part=gate.send_part)
    gate.let(4)
    until(lambda: transfer.snapshot().parts_done >= 2, "parts have arrived")
    with no_new_descriptors():
        gate.open()
        until(lambda: transfer.snapshot().phase is Phase.WAITING_FOR_SYSTEM, "it waits")
        transfer.pause()
        reach(transfer, State.PAUSED)
        transfer.resume()
        until(lambda: transfer.snapshot().phase is Phase.WAITING_FOR_SYSTEM, "it waits once more")
    transfer.result(LONG_SECONDS)
    assert service.objects[str(coordinator_of(transfer).spec.target)] == source.read_bytes()
    assert len(service.sent) < 12 + 4 + 12, "what had arrived was not sent again"


def test_an_abort_while_it_waits(kernel: Kernel, service: Service, source: Path) -> None:
    """Giving it up is carried out when there is room for that."""
    spec = kernel.spec(source, control=service, send_part=service.send_part)
    with no_new_descriptors():
        transfer = kernel.manager.upload(spec)
        until(lambda: transfer.snapshot().phase is Phase.WAITING_FOR_SYSTEM, "it waits")
        transfer.abort()
    reach(transfer, State.ABORTED)
    assert not service.uploads


def test_giving_up_without_its_parts_needs_no_room(kernel: Kernel, service: Service, source: Path) -> None:
    """An abort that leaves the parts where they are has nothing to open, so it ends while there is no room."""
    spec = kernel.spec(source, control=service, send_part=service.send_part)
    with no_new_descriptors():
        transfer = kernel.manager.upload(spec)
        until(lambda: transfer.snapshot().phase is Phase.WAITING_FOR_SYSTEM, "it waits")
        transfer.abort(keep_parts=True)
        reach(transfer, State.ABORTED)


_NO_ROOM = [MemoryError(), RuntimeError("can't start new thread"), OSError(errno.ENOMEM, "Cannot allocate memory")]
_NO_ROOM_SAID = {MemoryError: "No memory was left", RuntimeError: "no more threads", OSError: "No memory was left"}


@pytest.mark.parametrize("where", ["initiate", "part 2", "complete", "head"])
@pytest.mark.parametrize("raised", _NO_ROOM, ids=repr)
def test_it_waits_for_memory_and_threads(
    kernel: Kernel, service: Service, source: Path, where: str, raised: Exception
) -> None:
    """Wherever there is no room for a moment, that is said as it is, and the upload goes on when there is again."""
    service.script[where].extend([raised, raised])
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    transfer.result(LONG_SECONDS)
    assert service.objects[str(coordinator_of(transfer).spec.target)] == source.read_bytes()
    notes = [note for note in transfer.snapshot().notes if _NO_ROOM_SAID[type(raised)] in note]
    assert notes == [note for note in transfer.snapshot().notes if "Something" not in note]
    assert len(notes) == 1


@pytest.mark.parametrize("raised", _NO_ROOM, ids=repr)
def test_it_fails_where_there_is_never_room(kernel: Kernel, service: Service, source: Path, raised: Exception) -> None:
    """In the end it says what is missing, what is kept and what to do."""
    service.script["part 2"].extend([raised] * 100)
    transfer = kernel.upload(source, control=service, send_part=service.send_part, clock=HastyClock(30.0))
    reach(transfer, State.FAILED)
    with pytest.raises(Shortage) as failed:
        transfer.result()
    what, safe, advice, code = failed.value.four_lines()
    assert _NO_ROOM_SAID[type(raised)] in what
    assert "kept" in safe
    assert "resume" in advice.lower()
    assert code in ("NoMemory", "NoThread")


@pytest.mark.parametrize("patience", [{"clock": HastyClock(30.0)}, {"retries": 0}], ids=["time flies", "none"])
def test_it_fails_where_that_never_ends(
    kernel: Kernel, service: Service, source: Path, patience: dict[str, Any]
) -> None:
    """In the end it says what is missing, what is safe and what to do; and can be resumed."""
    spec = kernel.spec(source, control=service, send_part=service.send_part, **patience)
    with no_new_descriptors():
        transfer = kernel.manager.upload(spec)
        reach(transfer, State.FAILED)
    with pytest.raises(TooManyFiles) as failed:
        transfer.result()
    what, safe, advice, code = failed.value.four_lines()
    assert (what, code) == (_WORDS, "TooManyFiles")
    assert safe.startswith("Nothing was sent")
    assert "ulimit -n" in advice
    transfer.resume()
    transfer.result()


@contextmanager
def no_threads() -> Iterator[None]:
    """Let the system refuse every new thread: none has room for such a stack."""
    before = threading.stack_size(2**47)
    try:
        yield
    finally:
        threading.stack_size(before)


def test_without_a_thread_it_waits_for_another_to_end(
    kernel: Kernel, service: Service, source: Path, small: Path
) -> None:
    """A run for which there is no thread goes back into the queue, first in it, while another one runs."""
    gate = Gate(service)
    first = kernel.upload(source, control=gate, send_part=gate.send_part)
    until(lambda: service.uploads, "it has begun")
    with no_threads():
        second = kernel.upload(small, f"oss://{BUCKET}/2", control=service, send_part=service.send_part)
        third = kernel.upload(small, f"oss://{BUCKET}/3", control=service, send_part=service.send_part)
        assert [one.snapshot().queue_place for one in (second, third)] == [1, 2]
    gate.open()
    for transfer in (first, second, third):
        transfer.result(LONG_SECONDS)


def test_without_a_thread_and_without_another_it_fails(kernel: Kernel, service: Service, small: Path) -> None:
    """Where nobody is left whose end could be waited for, it fails in four lines, and can be resumed."""
    with no_threads():
        transfers = [
            kernel.upload(small, f"oss://{BUCKET}/{number}", control=service, send_part=service.send_part)
            for number in range(3)
        ]
    for transfer in transfers:
        with pytest.raises(NoThread) as failed:
            transfer.result(LONG_SECONDS)
        assert all(failed.value.four_lines())
        transfer.resume()
        transfer.result(LONG_SECONDS)


def test_a_callback_without_a_thread(kernel: Kernel, service: Service, small: Path) -> None:
    """The upload goes on where only its callback finds no thread, and says so."""
    gate = Gate(service)
    transfer = kernel.upload(small, control=gate, send_part=gate.send_part)
    with no_threads():
        Reporter().add(transfer, print)
    gate.open()
    transfer.result(LONG_SECONDS)
    assert [note for note in transfer.snapshot().notes if "on_progress is not called" in note]
