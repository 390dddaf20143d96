"""Every verb in every order, by one user or by several at once: each transfer ends, and in a state of the table."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import OssJupyterError, TransferAborted, TransferStateError
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.states import State
from oss_jupyter.model.wire_values import PartReceipt, PartRequest
from oss_jupyter.sandbox import Fault, Sandbox

from .fakes import Service, refusal
from .kit import BUCKET, LONG_SECONDS, PART, Kernel, journal_of, make_file, reach, sent_parts, stored, until

_VERBS: dict[str, Callable[[Transfer], object]] = {
    "pause": Transfer.pause,
    "resume": Transfer.resume,
    "abort": Transfer.abort,
    "abort, keep parts": lambda transfer: transfer.abort(keep_parts=True),
    "more": lambda transfer: transfer.set_parallel(8),
    "fewer": lambda transfer: transfer.set_parallel(1),
    "limit": lambda transfer: transfer.set_limit(100_000_000),
    "no limit": lambda transfer: transfer.set_limit(None),
    "wait": lambda transfer: transfer.wait(0),
    "snapshot": Transfer.snapshot,
}


class ManualClock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def time(self) -> float:
        """Return seconds since the epoch."""
        return 1_700_000_000.0 + self.now

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self.now


class Gate:
    """A service that lets so many calls through as the test says, so that a verb may meet any moment of a run."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._passes = threading.Semaphore(0)
        self._open = False

    def open(self) -> None:
        """Let everything through from now on."""
        self._open = True
        self._passes.release(1000)

    def let(self, count: int) -> None:
        """Let so many more calls through."""
        self._passes.release(count)

    def send_part(self, request: PartRequest, gauge: Gauge) -> PartReceipt:
        """Send a part, unless it is stopped first."""
        while not self._passes.acquire(timeout=0.001):
            if gauge.stopped:
                break
        return self._service.send_part(request, gauge)

    def __getattr__(self, name: str) -> object:
        call = getattr(self._service, name)
        if name not in ("initiate", "list_parts", "complete", "abort", "head"):
            return call

        def gated(*arguments: object) -> object:
            if not self._open:
                self._passes.acquire(timeout=0.05)
            return call(*arguments)

        return gated


class Verbs(RuleBasedStateMachine):
    """A user who presses everything, a service that fails now and then, and a clock that jumps."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.source = make_file(self.folder / "big.bin", 5 * PART + 7)
        self.service, self.clock = Service(), ManualClock()
        self.gate = Gate(self.service)
        self.kernel = Kernel("http://127.0.0.1:9", self.folder / "checkpoints")
        self.kernel.manager.set_uploads_at_once(1)
        self.all: list[Transfer] = []
        self.others: list[Transfer] = []
        self.upload_again()

    @rule()
    def upload_again(self) -> None:
        """Run the cell again; nothing that went before may be in the way."""
        transfer = self.kernel.upload(
            self.source, control=self.gate, send_part=self.gate.send_part, clock=self.clock, force=True
        )
        if transfer not in self.all:
            self.all.append(transfer)

    @rule(number=st.integers(0, 2))
    def upload_another(self, number: int) -> None:
        """Upload the same file to another place, for which there may be no turn."""
        self._another(number)

    @rule(verb=st.sampled_from(("pause", "resume", "abort", "abort, keep parts")), which=st.integers(0, 5))
    def ask_another(self, verb: str, which: int) -> None:
        """Ask something of one of the others."""
        if self.others:
            _refused(lambda: _VERBS[verb](self.others[which % len(self.others)]))

    @rule(count=st.integers(1, 3))
    def change_the_number(self, count: int) -> None:
        """Let more or fewer run at once."""
        self.kernel.manager.set_uploads_at_once(count)

    @rule(verb=st.sampled_from(sorted(_VERBS)), which=st.integers(0, 2))
    def ask(self, verb: str, which: int) -> None:
        """Ask something of the newest handle, or of an older one."""
        transfer = self.all[-1 - min(which, len(self.all) - 1)]
        refused = _refused(lambda: _VERBS[verb](transfer))
        if refused is not None:
            assert all(refused.four_lines())
            assert not any(step in refused.what for step in ("all parts done", "confirmed", "credentials expired"))

    @rule()
    def ask_for_the_result(self) -> None:
        """Look whether it is over, without waiting."""
        with suppress(OssJupyterError, TimeoutError):
            assert self.all[-1].result(0).size == self.source.stat().st_size

    @rule(count=st.integers(1, 8))
    def let_go_on(self, count: int) -> None:
        """Let some requests through."""
        self.gate.let(count)

    @rule(operation=st.sampled_from(("initiate", "complete", "abort", "list_parts", "part 2")), lasting=st.booleans())
    def fail(self, operation: str, lasting: bool) -> None:
        """Let the service refuse, or stumble."""
        error = refusal("AccessDenied", 403) if lasting else refusal("InternalError", 500)
        self.service.script[operation].append(error)

    @rule(seconds=st.floats(0.0, 1000.0))
    def let_time_pass(self, seconds: float) -> None:
        """Move the clock."""
        self.clock.now += seconds

    @rule()
    def settle(self) -> None:
        """Wait until what was asked of the newest has come about."""
        self.gate.let(50)
        until(lambda: coordinator_of(self.all[-1]).resting or self.all[-1].state.active, "it has settled")

    def teardown(self) -> None:
        """Let everything end: nobody waits for ever, and what is said of the object is true."""
        self.gate.open()
        self.service.script.clear()
        try:
            for transfer in (*self.all, *self.others):
                _rests(transfer)
                self._check(transfer)
            self._finish()
        finally:
            self.kernel.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _check(self, transfer: Transfer) -> None:
        try:
            receipt = transfer.result(0)
        except TransferAborted:
            assert transfer.state is State.ABORTED
        except OssJupyterError:
            assert transfer.state in (State.FAILED, State.PAUSED)
        else:
            assert transfer.state is State.COMPLETED
            assert receipt.size == self.source.stat().st_size

    def _finish(self) -> None:
        """Whatever happened before, running the cell once more gives the object, and leaves nothing else."""
        self.upload_again()
        for transfer in (*map(self._another, range(3)), self.all[-1]):
            transfer.result(LONG_SECONDS)
        assert list(self.service.objects.values()) == [self.source.read_bytes()] * 4
        assert not list((self.folder / "checkpoints").glob("*.journal"))

    def _another(self, number: int) -> Transfer:
        transfer = self.kernel.upload(
            self.source,
            f"oss://{BUCKET}/other-{number}",
            control=self.gate,
            send_part=self.gate.send_part,
            clock=self.clock,
            force=True,
        )
        if transfer not in self.others:
            self.others.append(transfer)
        return transfer


Verbs.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestVerbs = Verbs.TestCase


@pytest.mark.parametrize("keep_parts", [False, True], ids=["abort", "keep parts"])
@pytest.mark.parametrize("paused", [True, False], ids=["paused", "running"])
def test_abort_and_upload_at_once(
    sandbox: Sandbox, kernel: Kernel, source: Path, paused: bool, keep_parts: bool
) -> None:
    """The same file uploaded again while its abort is carried out: a new transfer, which sends what is not there."""
    for _ in range(5):
        sandbox.rate_bytes_per_second = 30 * PART
        first = kernel.upload(source, force=True)
        _some_parts(first)
        if paused:
            first.pause()
            assert first.wait(LONG_SECONDS)
        first.abort(keep_parts=keep_parts)
        sandbox.rate_bytes_per_second = None
        second = kernel.upload(source, force=True)
        receipt = second.result(LONG_SECONDS)
        assert second is not first
        assert (receipt.kept_bytes > 0) is keep_parts
        assert first.state is State.ABORTED
        assert stored(sandbox) == source.read_bytes()
        assert not sandbox.uploads(BUCKET)


def test_resume_after_abort(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """Who resumes what is being aborted is told to run the upload again, and the abort is carried out."""
    for paused in (True, False):
        sandbox.rate_bytes_per_second = 30 * PART
        transfer = kernel.upload(source)
        _some_parts(transfer)
        if paused:
            transfer.pause()
            assert transfer.wait(LONG_SECONDS)
        transfer.abort()
        with pytest.raises(TransferStateError, match="aborted") as refused:
            transfer.resume()
        assert "run the upload again" in refused.value.advice.lower()
        with pytest.raises(TransferAborted):
            transfer.result(LONG_SECONDS)
        assert not sandbox.uploads(BUCKET)
        sandbox.rate_bytes_per_second = None


def test_an_older_handle_starts_nothing(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """When the abort failed and the file was uploaded again since, the first handle cannot run beside the second."""
    sandbox.rate_bytes_per_second = 30 * PART
    sandbox.faults.add(Fault("AbortMultipartUpload", code="AccessDenied"))
    first = kernel.upload(source)
    _some_parts(first)
    first.abort()
    second = kernel.upload(source)
    reach(first, State.FAILED)
    with pytest.raises(TransferStateError, match="uploaded again"):
        first.resume()
    sandbox.rate_bytes_per_second = None
    assert second.result(LONG_SECONDS).kept_bytes > 0
    assert not sandbox.uploads(BUCKET)


def test_the_newer_upload_waits_and_can_be_given_up(service: Service, kernel: Kernel, source: Path) -> None:
    """While the first is still being removed, the second says so, and can be paused, resumed and aborted."""
    removing, released = threading.Event(), threading.Event()

    def hold() -> None:
        removing.set()
        assert released.wait(LONG_SECONDS)

    def send_part(request: PartRequest, gauge: Gauge) -> PartReceipt:
        until(lambda: gauge.stopped or released.is_set(), "it may go on")
        return service.send_part(request, gauge)

    service.script["abort"].append(hold)
    first = kernel.upload(source, control=service, send_part=send_part)
    until(lambda: service.uploads, "it has begun")
    first.abort()
    assert removing.wait(LONG_SECONDS)
    second = kernel.upload(source, control=service, send_part=send_part)
    until(lambda: second.snapshot().phase is Phase.WAITING_FOR_EARLIER, "it says what it waits for")
    second.pause()
    reach(second, State.PAUSED)
    second.resume()
    second.abort(keep_parts=True)
    reach(second, State.ABORTED)
    third = kernel.upload(source, control=service, send_part=send_part)
    until(
        lambda: third.snapshot().phase is Phase.WAITING_FOR_EARLIER,
        "it waits for the first, not the second",
    )
    third.abort()
    released.set()
    reach(third, State.ABORTED)
    assert first.state is State.ABORTED
    assert not service.uploads
    kernel.upload(source, control=service, send_part=send_part).result(LONG_SECONDS)


def test_a_storm(sandbox: Sandbox, kernel: Kernel, tmp_path: Path) -> None:
    """Six threads press everything at once on three files: all ends, and every object is its file."""
    files = [make_file(tmp_path / f"file-{n}", 6 * PART + n, seed=n) for n in range(3)]
    sandbox.rate_bytes_per_second = 300 * PART
    handles: list[Transfer] = []

    def press(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(15):
            handles.append(kernel.upload(dice.choice(files), f"oss://{BUCKET}/storm/", force=True))
            for name in dice.choices(sorted(_VERBS), k=dice.randrange(4)):
                with suppress(TransferStateError):
                    _VERBS[name](dice.choice(handles))

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(press, range(6), timeout=60))
    sandbox.rate_bytes_per_second = None
    for transfer in handles:
        _rests(transfer)
        assert transfer.error is None, str(transfer.error)
    for file in files:
        kernel.upload(file, f"oss://{BUCKET}/storm/", force=True).result(LONG_SECONDS)
        assert stored(sandbox, f"storm/{file.name}") == file.read_bytes()
    assert not sandbox.uploads(BUCKET)


def test_in_a_forked_child(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """A forked child has the handle but not its threads: whatever it asks is answered at once, with where to ask."""
    sandbox.rate_bytes_per_second = 5 * PART
    transfer = kernel.upload(source)
    until(lambda: sent_parts(sandbox), "a part has arrived")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # no assertion here: pytest must not go on in the child
        os.write(write, "|".join([repr(transfer), *_answers(transfer)]).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        shown, *answers = pipe.read().decode().split("|")
    os.waitpid(child, 0)
    here = os.getpid()
    assert answers == [f"The upload {transfer.id} runs in the process {here}, of which this one is a forked child."]
    assert str(here) in shown
    sandbox.rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)


def test_one_that_went_is_not_found_again(sandbox: Sandbox, kernel: Kernel, source: Path, checkpoints: Path) -> None:
    """An upload that went while its checkpoint was being read is not found again as an interrupted one."""
    sandbox.rate_bytes_per_second = 20 * PART
    transfer = kernel.upload(source)
    until(lambda: sent_parts(sandbox), "a part has arrived")
    record = journal_of(checkpoints)
    sandbox.rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)
    assert kernel.manager.adopt(coordinator_of(transfer).spec, record) is transfer
    assert coordinator_of(transfer).command() is Command.GO


def _answers(transfer: Transfer) -> set[str]:
    """Ask everything; return the different answers."""
    answers = set()
    more: list[Callable[[Transfer], object]] = [
        Transfer.result,
        Transfer.wait,
        Transfer.__await__,
        lambda one: one.state,
    ]
    for ask in (*_VERBS.values(), *more):
        try:
            answers.add(f"answered {ask(transfer)}")
        except TransferStateError as error:
            answers.add(error.what)
        except BaseException as error:
            answers.add(repr(error))
    return answers


def _refused(ask: Callable[[], object]) -> TransferStateError | None:
    try:
        ask()
    except TransferStateError as refused:
        return refused
    return None


def _some_parts(transfer: Transfer) -> None:
    until(lambda: transfer.snapshot().parts_done >= 2, "some parts have arrived")


def _rests(transfer: Transfer) -> None:
    until(lambda: coordinator_of(transfer).resting, f"{transfer} has ended")
