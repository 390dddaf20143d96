"""Foreign code in an upload, providers of credentials above all: it may raise anything, or never return."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import CredentialsError, OssJupyterError
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.states import State
from oss_jupyter.model.wire_values import PartReceipt
from oss_jupyter.sandbox import Sandbox

from .fakes import Service
from .kit import KEY, LONG_SECONDS, PART, Kernel, alone, make_file, reach, sent_parts, stored, until

SECRET = "0secret0of0a0provider0"
# A second is promised; the rest is for a busy machine.
SOON_SECONDS = 4.0


class Unspeakable(Exception):
    """Not even its text can be had."""

    def __str__(self) -> str:
        raise SystemExit(SECRET)


class FromNowhere(BaseException):
    """No child of Exception, like those of debuggers and test runners."""


RAISED = [SystemExit, KeyboardInterrupt, asyncio.CancelledError, GeneratorExit, FromNowhere, Unspeakable, StopIteration]


@pytest.mark.parametrize("kind", RAISED)
def test_a_provider_may_raise_anything(kernel: Kernel, source: Path, kind: type[BaseException]) -> None:
    """The upload ends as failed, in four lines without a secret, whatever a provider raises."""

    def provide() -> tuple[str, str]:
        raise kind(SECRET)

    transfer = kernel.upload(source, credentials=provide)
    with pytest.raises(OssJupyterError) as error:
        transfer.result(LONG_SECONDS)
    assert all(error.value.four_lines())
    assert transfer.state is State.FAILED
    assert SECRET not in f"{error.value}{error.value!r}{transfer.snapshot()}"


@pytest.mark.parametrize("kind", [SystemExit, asyncio.CancelledError])
def test_a_provider_may_raise_anything_midway(
    sandbox: Sandbox, kernel: Kernel, source: Path, kind: type[BaseException]
) -> None:
    """Once it has worked, whatever it raises is waited for like any failure of a provider, and the upload goes on."""
    broken: list[bool] = []

    def provide() -> tuple[str, str]:
        if broken:
            raise kind(SECRET)
        return KEY

    sandbox.rate_bytes_per_second = 4 * PART
    transfer = kernel.upload(source, credentials=provide)
    until(lambda: sent_parts(sandbox), "a part has arrived")
    broken.append(True)
    sandbox.rate_bytes_per_second = 40 * PART
    reach(transfer, State.WAITING_FOR_CREDENTIALS)
    broken.clear()
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()


def exit_now() -> None:
    raise SystemExit(SECRET)


@pytest.mark.parametrize("operation", ["head", "initiate", "part 3", "complete", "abort"])
def test_anything_may_be_raised_anywhere(service: Service, kernel: Kernel, source: Path, operation: str) -> None:
    """SystemExit out of any request or part ends the transfer as failed; nobody waits for ever."""
    service.script[operation].append(exit_now)
    pause = threading.Event()
    if operation == "abort":
        service.script["part 3"].append(pause.wait)
    transfer = kernel.upload(source, control=service, send_part=service.send_part)
    if operation == "abort":
        until(lambda: "part 3" in service.calls, "parts are sent")
        transfer.abort()
        pause.set()
    with pytest.raises(OssJupyterError) as error:
        transfer.result(LONG_SECONDS)
    assert transfer.state is State.FAILED
    assert all(error.value.four_lines())
    assert SECRET not in str(error.value)


def test_a_listener_that_raises(service: Service, kernel: Kernel, source: Path) -> None:
    """A listener that exits at every change ends the transfer in four lines, not in one that runs for ever."""

    def exit_elsewhere() -> None:
        if threading.current_thread() is not threading.main_thread():
            exit_now()

    transfer = alone(kernel.spec(source, control=service, send_part=service.send_part))
    coordinator_of(transfer).on_change(exit_elsewhere)
    transfer.resume()
    assert transfer.wait(LONG_SECONDS)
    assert transfer.state is State.FAILED
    assert transfer.error is not None
    assert "SystemExit" in transfer.error.what


class Blocking:
    """A provider that blocks from its call number `after` on, until it is let go."""

    def __init__(self, after: int) -> None:
        self.calls = 0
        self.blocks = threading.Event()
        self.let_go = threading.Event()
        self._after = after

    def __call__(self) -> tuple[str, str]:
        self.calls += 1
        if self.calls > self._after:
            self.blocks.set()
            self.let_go.wait(LONG_SECONDS)
        return KEY


@pytest.fixture
def new_blocking() -> Iterator[Callable[[int], Blocking]]:
    """Makes providers that are let go with the test."""
    made: list[Blocking] = []

    def make(after: int) -> Blocking:
        made.append(Blocking(after))
        return made[-1]

    yield make
    for provider in made:
        provider.let_go.set()


@pytest.mark.parametrize("command", [Transfer.pause, Transfer.abort], ids=["pause", "abort"])
@pytest.mark.parametrize("after", [0, 1, 2, 4, 6, 7], ids=lambda after: f"after {after} calls")
def test_no_command_waits_for_a_provider(
    sandbox: Sandbox,
    kernel: Kernel,
    source: Path,
    new_blocking: Callable[[int], Blocking],
    after: int,
    command: Callable[[Transfer], None],
) -> None:
    """Wherever a provider blocks, in a request, at its repetition or at signing, a command is obeyed in a moment."""
    sandbox.rate_bytes_per_second = 4 * PART
    provider = new_blocking(after)
    transfer = kernel.upload(source, credentials=provider)
    assert provider.blocks.wait(LONG_SECONDS)
    command(transfer)
    asked_at = time.monotonic()
    if command is Transfer.abort and after >= 6:
        # To remove the parts takes credentials too: there is an upload id by now. A second command ends that wait.
        until(
            lambda: transfer.snapshot().phase is Phase.REMOVING_PARTS or transfer.wait(0), "the parts are to be removed"
        )
        transfer.abort(keep_parts=True)
    assert transfer.wait(SOON_SECONDS)
    assert time.monotonic() - asked_at < SOON_SECONDS
    assert transfer.state is (State.PAUSED if command is Transfer.pause else State.ABORTED)


def test_signing_asks_the_provider_once_a_second(kernel: Kernel, sandbox: Sandbox, tmp_path: Path) -> None:
    """Sixty quick parts cost a few looks at the provider, and no thread each."""
    provider = Blocking(after=10_000)
    kernel.upload(make_file(tmp_path / "file", 60 * PART), credentials=provider).result(LONG_SECONDS)
    assert len(sent_parts(sandbox)) == 60
    assert provider.calls < 40


def test_a_provider_that_is_slow_but_works(sandbox: Sandbox, kernel: Kernel, source: Path) -> None:
    """Each look at a provider may take a while; the parts on the wire go on meanwhile."""

    def provide() -> tuple[str, str]:
        time.sleep(0.3)
        return KEY

    kernel.upload(source, credentials=provide).result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()


def test_new_credentials_after_a_failure_name_no_secret(kernel: Kernel, source: Path) -> None:
    """The words of a provider that exits name what it raised and where the credentials came from."""

    def provide() -> PartReceipt:
        raise SystemExit(f"token={SECRET}")

    with pytest.raises(CredentialsError) as error:
        kernel.upload(source, credentials=provide).result(LONG_SECONDS)
    assert "SystemExit" in error.value.what
    assert SECRET not in str(error.value)
