"""Parts in a helper process: it may die at any moment, and it never outlives the kernel."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from oss_jupyter.engine.executor_lane import ExecutorLane
from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.model.sizes import MIB
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox

from .kit import (
    KEY,
    LONG_SECONDS,
    PART,
    URL,
    Kernel,
    children_named,
    make_file,
    reach,
    repeated,
    sent_parts,
    stored,
    until,
)

# A second, and what a machine adds that has much else to do; what does not stop takes far longer.
SOON_SECONDS = 8.0
# After so much a helper that does not run is given up here.
STILL_SECONDS = 3.0


@pytest.fixture
def lane() -> Iterator[HelperLane]:
    """A lane to a helper process, which is gone after the test."""
    lane = HelperLane()
    yield lane
    pid = lane.pid
    lane.close()
    if pid is not None:
        until(lambda: not _alive(pid), "the helper has gone")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_parts_run_in_the_helper_and_the_object_is_the_file(
    kernel: Kernel, lane: HelperLane, sandbox: Sandbox, source: Path
) -> None:
    """The helper sends every part, under a process id that is not this one's."""
    transfer = kernel.upload(source, lane=lane)
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert lane.pid is not None
    assert lane.pid != os.getpid()


def test_a_helper_killed_five_times_costs_only_the_parts_on_the_wire(
    kernel: Kernel, lane: HelperLane, sandbox: Sandbox, tmp_path: Path
) -> None:
    """After five SIGKILLs the object is the file, and no more was sent twice than was on the wire each time."""
    source = make_file(tmp_path / "f.bin", 64 * PART)
    sandbox.rate_bytes_per_second = 4 * MIB
    transfer = kernel.upload(source, lane=lane, parallel=4)
    killed: set[int] = set()
    while len(killed) < 5:
        confirmed = transfer.snapshot().parts_done
        until(lambda confirmed=confirmed: transfer.snapshot().parts_done > confirmed + 2, "parts arrive")  # type: ignore[misc]
        pid = lane.pid
        if pid is not None and pid not in killed:
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
    sandbox.rate_bytes_per_second = None
    receipt = transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert len(repeated(sent_parts(sandbox))) <= 5 * 4
    assert receipt.retries == 0  # a lost helper is no fault of a part's


def test_a_dead_helper_is_noticed_within_a_second(
    kernel: Kernel, lane: HelperLane, sandbox: Sandbox, source: Path
) -> None:
    """Parts that were on the wire are on the wire again under another helper soon after the first one died."""
    sandbox.faults.add(Fault("UploadPart", kind="stall", times=4))
    transfer = kernel.upload(source, lane=lane)
    until(lambda: sandbox.faults.hits() == 4, "four parts stall")
    first = lane.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    died_at = time.monotonic()
    until(lambda: lane.pid not in (None, first), "there is another helper")
    assert time.monotonic() - died_at < SOON_SECONDS
    transfer.result(LONG_SECONDS)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_a_frozen_helper_is_taken_for_a_dead_one(kernel: Kernel, sandbox: Sandbox, tmp_path: Path) -> None:
    """One that the system does not let run sends and says nothing: it is ended, told of, and another one sends."""
    source, lane = make_file(tmp_path / "f.bin", 64 * PART), HelperLane(locked_seconds=STILL_SECONDS)
    sandbox.rate_bytes_per_second = 2 * MIB
    transfer = kernel.upload(source, lane=lane, parallel=4)
    until(lambda: transfer.snapshot().parts_done > 4, "parts arrive")
    frozen = lane.pid
    assert frozen is not None
    os.kill(frozen, signal.SIGSTOP)
    sandbox.rate_bytes_per_second = None
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert not _alive(frozen)
    assert len(repeated(sent_parts(sandbox))) <= 4
    (note,) = transfer.snapshot().notes
    assert "It did not run for 3 s." in note
    lane.close()


def test_a_kernel_that_gets_no_turn_keeps_its_helper(kernel: Kernel, sandbox: Sandbox, tmp_path: Path) -> None:
    """A cell in C code that lets no other thread run says nothing of the helper, which goes on all the while."""
    source, lane = make_file(tmp_path / "f.bin", 64 * PART), HelperLane(locked_seconds=STILL_SECONDS)
    sandbox.faults.add(Fault("UploadPart", part_number=9, kind="stall", times=1))
    transfer = kernel.upload(source, lane=lane, parallel=4)
    until(lambda: transfer.snapshot().parts_done > 4, "parts arrive")
    before = lane.pid
    for _ in range(2):
        ctypes.PyDLL(None).usleep(int(1.5e6 * STILL_SECONDS))  # it holds the interpreter lock
        time.sleep(0.5)
    assert lane.pid == before
    assert transfer.snapshot().notes == ()
    transfer.pause()
    transfer.wait(LONG_SECONDS)
    lane.close()


def test_a_stalled_line_does_not_hold_up_a_pause(
    kernel: Kernel, lane: HelperLane, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Pause acts within a second although the sockets take nothing, and nothing is on the wire afterwards."""
    source = make_file(tmp_path / "f.bin", 32 * MIB)
    sandbox.faults.add(Fault("UploadPart", kind="stall", after_bytes=64 * 1024, times=None))
    transfer = kernel.upload(source, lane=lane, part_size="8MiB")
    until(lambda: transfer.snapshot().in_flight_bytes > 64 * 1024, "bytes are on the wire")
    transfer.pause()
    assert transfer.wait(SOON_SECONDS)
    assert transfer.state is State.PAUSED
    assert not transfer.snapshot().flights
    sandbox.faults.clear()
    transfer.resume()
    transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()


def test_a_stalled_connection_is_cut_and_its_part_sent_on_a_new_one(
    kernel: Kernel, lane: HelperLane, sandbox: Sandbox, tmp_path: Path
) -> None:
    """After the configured silence the part is retried, and the upload finishes."""
    source = make_file(tmp_path / "f.bin", 16 * MIB)
    sandbox.faults.add(Fault("UploadPart", kind="stall", after_bytes=64 * 1024, times=1))
    kernel.wiring.settings.stall_seconds = 1.0
    receipt = kernel.upload(source, lane=lane, part_size="8MiB").result(LONG_SECONDS)
    assert receipt.retries == 1
    assert stored(sandbox) == source.read_bytes()


def test_the_helper_goes_with_a_kernel_that_is_killed(sandbox: Sandbox, tmp_path: Path) -> None:
    """After SIGKILL to the kernel no helper is left, and nothing in the temporary folders."""
    source = make_file(tmp_path / "f.bin", 64 * MIB)
    sandbox.rate_bytes_per_second = 8 * MIB
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    script = (
        "import sys, time, oss_jupyter as oj\n"
        f"oj.upload({str(source)!r}, {URL!r}, endpoint={sandbox.endpoint!r}, region='cn-hangzhou', "
        f"credentials={KEY!r}, checkpoint_dir={str(tmp_path / 'cp')!r}).result()\n"
    )
    kernel = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "TMPDIR": str(temporary)})
    until(lambda: sent_parts(sandbox), "a part has arrived")
    (helper,) = children_named("oss_jupyter.engine.helper", kernel.pid)
    kernel.kill()
    kernel.wait()
    gone_by = time.monotonic() + SOON_SECONDS
    while _alive(helper) and time.monotonic() < gone_by:
        time.sleep(0.01)
    assert not _alive(helper)
    assert not list(temporary.iterdir())


def test_interrupting_a_cell_does_not_reach_the_helper(lane: HelperLane) -> None:
    """The helper leads a session of its own, so a signal to the kernel's process group is not for it."""
    lane.start()
    assert lane.pid is not None
    assert os.getsid(lane.pid) == lane.pid
    assert os.getpgid(lane.pid) != os.getpgid(0)


@pytest.mark.skipif(sys.platform != "linux", reason="the environment of a process is shown in /proc")
def test_the_helper_holds_no_keys_of_the_user(
    kernel: Kernel, lane: HelperLane, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys, tokens and a proxy's password of the kernel's environment are not in the helper's, nor in its command."""
    names = (
        "OSS_ACCESS_KEY_ID",
        "OSS_ACCESS_KEY_SECRET",
        "OSS_SESSION_TOKEN",
        "ALIBABA_CLOUD_SECURITY_TOKEN",
        "MY_OWN",
    )
    for name in names:
        monkeypatch.setenv(name, f"hunter2-{name}")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hunter2-proxy@127.0.0.1:9")
    kernel.upload(source, lane=lane).result(LONG_SECONDS)
    process = Path(f"/proc/{lane.pid}")
    seen = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    assert b"PATH=" in seen
    assert b"hunter2" not in seen


def test_hundreds_of_transfers_have_a_limit_each(
    kernel: Kernel, lane: HelperLane, sandbox: Sandbox, source: Path
) -> None:
    """However many transfers a kernel has had, the limit of one is not another's."""
    lane.start()
    for number in range(600):
        lane.limit(f"other-{number}", 10_000.0)
    sandbox.faults.add(Fault("UploadPart", "delay", seconds=0.5, times=4))
    transfer = kernel.upload(source, lane=lane)
    until(lambda: transfer.snapshot().flights, "a part is on the wire")
    for number in range(600):
        lane.limit(f"other-{number}", 10_000.0)
    transfer.result(LONG_SECONDS)  # at their limit it would take two minutes
    assert stored(sandbox) == source.read_bytes()


def test_no_zombie_is_left(lane: HelperLane) -> None:
    """A helper that died is reaped without anybody asking."""
    lane.start()
    pid = lane.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: not _alive(pid), "it is reaped")  # a zombie would still take signals


def test_modules_beside_the_notebook_do_not_become_the_helpers(
    kernel: Kernel, lane: HelperLane, sandbox: Sandbox, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's own requests.py in the working directory is not loaded by the helper."""
    marker = tmp_path / "loaded"
    (tmp_path / "requests.py").write_text(f"open({str(marker)!r}, 'w')\nraise ImportError\n")
    monkeypatch.chdir(tmp_path)
    kernel.upload(source, lane=lane).result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()
    assert not marker.exists()


def test_an_executor_of_threads_carries_the_parts_and_obeys(kernel: Kernel, sandbox: Sandbox, source: Path) -> None:
    """A ThreadPoolExecutor shares memory, so pause works as with our own threads."""
    sandbox.faults.add(Fault("UploadPart", kind="stall", times=None))
    with ThreadPoolExecutor(3) as executor:
        transfer = kernel.upload(source, lane=ExecutorLane(executor))
        until(lambda: transfer.snapshot().flights, "a part is on the wire")
        transfer.pause()
        assert transfer.wait(SOON_SECONDS)
        sandbox.faults.clear()
        transfer.resume()
        transfer.result(LONG_SECONDS)
    assert stored(sandbox) == source.read_bytes()


def test_an_executor_of_processes_carries_the_parts(kernel: Kernel, sandbox: Sandbox, source: Path) -> None:
    """Parts and receipts are values, so any process may send them."""
    import multiprocessing

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        receipt = kernel.upload(source, lane=ExecutorLane(executor)).result(LONG_SECONDS)
    assert receipt.sent_bytes == source.stat().st_size
    assert stored(sandbox) == source.read_bytes()


def test_errors_cross_the_processes_whole(kernel: Kernel, lane: HelperLane, sandbox: Sandbox, source: Path) -> None:
    """What the service said arrives from the helper with its code, and names the object."""
    sandbox.faults.add(Fault("UploadPart", code="AccessDenied", times=None))
    transfer = kernel.upload(source, lane=lane)
    reach(transfer, State.FAILED)
    assert transfer.error is not None
    assert transfer.error.code == "AccessDenied"
    assert "test-bucket" in str(transfer.error)
    with suppress(Exception):
        transfer.abort()
