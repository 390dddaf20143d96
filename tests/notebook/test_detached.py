"""Uploads that outlive their kernel, with real processes: who is killed is killed, and the next one looks."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import oss_jupyter as oj
from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.errors import InputError
from oss_jupyter.model.progress import PartState
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.detached.job import HostedJob
from oss_jupyter.session.detached.link import HostGone, ask
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter

from .conftest import MIB, Shell

WAIT_SECONDS = 60
SLOW = 1024 * 1024
UPLOAD = "oj.upload('trips.bin', 'oss://test-bucket/k', part_size='1MiB', parallel=1, detach=True)"
BEGIN = f"""
import time, oss_jupyter as oj
t = {UPLOAD}
while t.snapshot().parts_done < 2: time.sleep(0.05)
print(t.id, flush=True)
time.sleep({WAIT_SECONDS})
"""


@pytest.fixture
def next_kernel(service: Sandbox) -> Iterator[Session]:
    """What a kernel that starts later has; hosts end with the test."""
    service.rate_bytes_per_second = SLOW
    yield Session(OssJupyter())
    with suppress(HostGone):
        os.kill(ask("hello"), signal.SIGKILL)


def until(is_true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def killed_in_the_middle() -> str:
    """Let a process begin a detached upload, kill it, and return the upload's id."""
    with subprocess.Popen([sys.executable, "-c", BEGIN], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        known = first.stdout.readline().strip()
        first.kill()
    assert known
    return known


def is_there(service: Sandbox, data: Path) -> bool:
    """Whether the object is the file."""
    return service.object_path("test-bucket", "k").read_bytes() == data.read_bytes()


def alive(pid: int) -> bool:
    """Whether a process runs."""
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_it_outlives_a_killed_kernel_and_obeys_the_next(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """It is shown live, pauses, takes a limit, resumes and ends as the file; then its process ends, too."""
    known = killed_in_the_middle()
    pid = ask("hello")
    (transfer,) = next_kernel.transfers()
    assert (transfer.id, transfer.state) == (known, oj.State.RUNNING)
    transfer.pause()
    assert transfer.wait(WAIT_SECONDS)
    assert transfer.state is oj.State.PAUSED
    assert transfer.snapshot().parts_done < 8
    transfer.limit = "20MiB/s"
    assert transfer.limit == 20 * 1024 * 1024
    service.rate_bytes_per_second = None
    transfer.resume()
    assert transfer.result(WAIT_SECONDS).parts == 8
    assert is_there(service, data)
    until(lambda: not alive(pid))


def test_its_parts_can_be_looked_at(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """A kernel that sends nothing of it itself knows which parts are in OSS, and how far one on the wire is."""
    killed_in_the_middle()
    (transfer,) = next_kernel.transfers()
    until(lambda: bool(transfer.snapshot().flights))
    flight = transfer.snapshot().flights[0]
    first, last = transfer.part(1), transfer.part(8)
    assert (first.state, first.sent_bytes, first.length) == (PartState.DONE, MIB, MIB)
    assert (last.state, last.offset, last.sent_bytes) == (PartState.WAITING, 7 * MIB, 0)
    assert transfer.part(flight.part_number).attempts == 1
    for number in (0, 9):
        with pytest.raises(IndexError):
            transfer.part(number)


def test_it_is_told_that_it_goes_on(service: Sandbox, data: Path, next_kernel: Session, shell: Shell) -> None:
    """Cells say so while it moves, and no longer when it is paused."""
    killed_in_the_middle()
    words = "It goes on without this kernel."
    assert words in shell.ok("%oss_uploads").text
    (transfer,) = next_kernel.transfers()
    assert words in shell.ok(f"%oss_uploads show {transfer.id}").text
    transfer.pause()
    assert transfer.wait(WAIT_SECONDS)
    assert words not in shell.ok("%oss_uploads").text


def test_nobody_else_can_look_into_it(service: Sandbox, data: Path, next_kernel: Session, place: Path) -> None:
    """Directory, socket and key are the user's; keys are in no file, and in neither arguments nor environment."""
    killed_in_the_middle()
    host, pid = place.parent / "state" / "host", ask("hello")
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (host, *host.iterdir())}
    assert modes == {"host": 0o700, "socket": 0o600, "key": 0o600, "lock": 0o600}
    seen = [path for path in host.parent.rglob("*") if path.is_file()]
    seen += [Path(f"/proc/{pid}/{name}") for name in ("environ", "cmdline") if Path("/proc/self").exists()]
    assert not [path for path in seen if b"test-key-secret" in path.read_bytes()]


def test_a_host_that_dies_leaves_it_to_a_kernel(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """Its upload is interrupted, and a kernel resumes it with the parts that are in OSS."""
    known = killed_in_the_middle()
    (hosted,) = next_kernel.transfers()
    os.kill(ask("hello"), signal.SIGKILL)
    until(lambda: hosted.state is oj.State.INTERRUPTED)
    service.rate_bytes_per_second = None
    until(lambda: next_kernel.find(known).state is oj.State.INTERRUPTED)
    (transfer,) = next_kernel.resume(known)
    receipt = transfer.result(WAIT_SECONDS)
    assert receipt.kept_bytes > 0
    assert is_there(service, data)
    assert not isinstance(coordinator_of(transfer), HostedJob)


def test_it_waits_for_credentials_that_the_next_kernel_hands_it(
    service: Sandbox, data: Path, next_kernel: Session
) -> None:
    """A token that has expired stops it where it stands; with other credentials it goes on in the same process."""
    known = killed_in_the_middle()
    pid = ask("hello")
    service.faults.add(Fault("UploadPart", code="SecurityTokenExpired", status=403, ec="0002-00000007", times=None))
    (transfer,) = next_kernel.transfers()
    until(lambda: transfer.state is oj.State.WAITING_FOR_CREDENTIALS)
    service.faults.clear()
    service.rate_bytes_per_second = None
    next_kernel.resume(known, credentials=("test-key-id", "test-key-secret"))
    assert transfer.result(WAIT_SECONDS).parts == 8
    assert is_there(service, data)
    assert ask("hello") == pid


def test_the_next_kernel_hands_on_what_its_environment_holds(
    service: Sandbox, data: Path, next_kernel: Session
) -> None:
    """An upload that was signed by the environment goes on by itself as soon as a kernel with good keys lists it."""
    killed_in_the_middle()
    expired = Fault("UploadPart", code="SecurityTokenExpired", status=403, ec="0002-00000007", times=None)
    service.faults.add(expired)
    until(lambda: [view.snapshot.state for view in ask("views")] == [oj.State.WAITING_FOR_CREDENTIALS])
    service.faults.clear()
    service.rate_bytes_per_second = None
    (transfer,) = next_kernel.transfers()
    assert transfer.result(WAIT_SECONDS).parts == 8
    assert is_there(service, data)


def test_two_kernels_share_one_host(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """Whoever begins at the same moment finds the same process, and each upload ends."""
    service.rate_bytes_per_second = None
    code = "import sys, oss_jupyter as oj; print(oj.upload('trips.bin', sys.argv[1], detach=True).result(60).crc64)"
    both = [
        subprocess.Popen([sys.executable, "-c", code, f"oss://test-bucket/{key}"], stdout=subprocess.PIPE, text=True)
        for key in "kl"
    ]
    said = [one.communicate(timeout=WAIT_SECONDS)[0] for one in both]
    assert said[0] == said[1] != ""
    assert len(ask("views")) == 2
    assert is_there(service, data)


def test_what_ends_with_its_kernel_is_refused(service: Sandbox, data: Path, next_kernel: Session) -> None:
    """A folder, bytes and a stream are told so before anything is sent, and start no process."""
    for source in (str(data.parent), b"bytes", iter([b"a"])):
        with pytest.raises(InputError) as caught:
            next_kernel.upload(source, "oss://test-bucket/x/k.bin", UploadArguments.of(detach=True))
        assert caught.value.code == "CannotDetach"
    assert not [request for request in service.requests if request.operation != "GetService"]
    with pytest.raises(HostGone):
        ask("hello")
