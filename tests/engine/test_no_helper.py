"""Where no helper can be had, the kernel sends the parts itself, and says why: at the start, and in mid-upload."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from oss_jupyter.engine.helper_lane import HelperLane
from oss_jupyter.engine.lanes import ThreadLane
from oss_jupyter.engine.shared_memory import SLOTS, SharedMemory
from oss_jupyter.errors import LaneLost
from oss_jupyter.model.gauge import Gauge, LocalGauge
from oss_jupyter.sandbox import Sandbox

from .kit import KEY, LONG_SECONDS, PART, URL, Kernel, children_named, make_file, sent_parts, stored, until

_SCRIPT = """
import json, os, resource, sys
import oss_jupyter as oj
import alibabacloud_oss_v2, requests  # what the kernel has loaded when its limits are reached
{before}
oj.settings().helper = "always"
transfer = oj.upload(sys.argv[1], {url!r}, **json.loads(sys.argv[2]))
{during}
receipt = transfer.result()
print(json.dumps([receipt.size, transfer.snapshot().notes]))
"""


# An upload that has to wait for room again and again takes a minute on a busy computer; only one that hangs fails.
_AT_MOST_SECONDS = 270.0
pytestmark = pytest.mark.timeout(300)


class _Program:
    """A script that uploads one file, in a process of its own with its own limits."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.source = make_file(folder / "f.bin", 12 * PART)
        self._given = {
            "credentials": KEY,
            "endpoint": sandbox.endpoint,
            "region": "cn-hangzhou",
            "part_size": PART,
            "parallel": 4,
            "checkpoint_dir": None,
        }

    @property
    def size(self) -> int:
        """The file's size in bytes."""
        return self.source.stat().st_size

    def start(
        self, before: str = "", during: str = "", prefix: tuple[str, ...] = (), **environment: str
    ) -> subprocess.Popen[str]:
        """Start it; `before` runs before the upload and `during` behind its back."""
        script = self.folder / "upload.py"
        script.write_text(_SCRIPT.format(before=before, during=during, url=URL))
        return subprocess.Popen(
            [*prefix, sys.executable, str(script), str(self.source), json.dumps(self._given)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env={**os.environ, "OSS_JUPYTER_STATE_DIR": str(self.folder / "state"), **environment},
        )

    def run(self, before: str = "", prefix: tuple[str, ...] = (), **environment: str) -> list[str]:
        """Run it to the end and return the notes of its transfer."""
        return notes_of(self.start(before, prefix=prefix, **environment), self.size)


def notes_of(process: subprocess.Popen[str], size: int) -> list[str]:
    """Wait for a program and return its notes."""
    try:
        printed, complaints = process.communicate(timeout=_AT_MOST_SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0, complaints
    assert complaints == ""
    sent, notes = json.loads(printed.splitlines()[-1])
    assert sent == size
    return list(notes)


@pytest.fixture
def program(tmp_path: Path, sandbox: Sandbox) -> _Program:
    """A program in a folder of its own."""
    return _Program(tmp_path, sandbox)


@pytest.mark.parametrize(
    ("before", "why"),
    [
        pytest.param("sys.executable = ''", "executable", id="empty"),
        pytest.param("sys.executable = None", "executable", id="none"),
        pytest.param("sys.executable = '/nowhere/python'", "FileNotFoundError", id="gone"),
        pytest.param("sys.executable = __file__", "PermissionError", id="not executable"),
        pytest.param("sys.executable = '/bin/true'", "ended with status 0", id="something else"),
        pytest.param("sys.executable = '/bin/false'", "ended with status 1", id="something that fails"),
    ],
)
def test_without_a_python_the_kernel_sends(program: _Program, sandbox: Sandbox, before: str, why: str) -> None:
    """Whatever sys.executable is, the upload completes, and one note says why it runs in the kernel."""
    notes = program.run(before)
    assert [why in note for note in notes if "kernel itself" in note] == [True]
    assert any(note.startswith("No helper process could be started (") for note in notes)
    assert stored(sandbox) == program.source.read_bytes()


# A user of its own, whose processes are counted apart, also from those of tests that run at the same time.
_USER = str(50_000 + os.getpid())
_WITHOUT_PRIVILEGES = ("setpriv", "--ruid", _USER, "--bounding-set", "-sys_admin,-sys_resource")


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0 or shutil.which("setpriv") is None,
    reason="another user is needed, because the system does not limit root's processes",
)
@pytest.mark.parametrize("most", [5, 6, 8])
def test_where_the_system_refuses_processes_and_threads(program: _Program, sandbox: Sandbox, most: int) -> None:
    """With RLIMIT_NPROC the upload completes with very few threads, in the helper or in the kernel."""
    notes = program.run(f"resource.setrlimit(resource.RLIMIT_NPROC, ({most}, {most}))", prefix=_WITHOUT_PRIVILEGES)
    assert sum("kernel itself" in note for note in notes) <= 1
    assert stored(sandbox) == program.source.read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much is used")
@pytest.mark.parametrize("mebibytes", [60, 100, 200])
def test_where_the_address_space_is_small(program: _Program, sandbox: Sandbox, mebibytes: int) -> None:
    """With RLIMIT_AS the upload completes: in the helper if it can live, else in the kernel."""
    used = "4096 * int(open('/proc/self/statm').read().split()[0])"
    program.run(f"most = {used} + {mebibytes} * 2**20; resource.setrlimit(resource.RLIMIT_AS, (most, most))")
    assert stored(sandbox) == program.source.read_bytes()


@pytest.mark.parametrize(
    ("before", "why"),
    [
        pytest.param("resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))", "No space left", id="small files"),
        pytest.param(
            "used = [os.dup(0) for _ in range(10)]; most = max(used) + 1\n"
            "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
            "resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard)); [os.close(fd) for fd in used[:7]]",
            "Too many open files",
            id="few descriptors",
        ),
    ],
)
def test_where_there_is_no_room_for_what_is_shared(program: _Program, sandbox: Sandbox, before: str, why: str) -> None:
    """Without room for the shared memory or the pipes, nothing is mapped that could end the kernel later."""
    process = program.start(
        before, "resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard)) if 'hard' in globals() else None"
    )
    assert [why in note for note in notes_of(process, program.size)] == [True]
    assert stored(sandbox) == program.source.read_bytes()


def test_no_folder_for_temporary_files_is_needed(program: _Program, sandbox: Sandbox, tmp_path: Path) -> None:
    """The shared memory is no file: the helper starts where TMPDIR leads nowhere and no folder can be written to."""
    notes = program.run("import tempfile; tempfile.tempdir = '/nowhere'", TMPDIR=str(tmp_path / "nowhere"))
    assert notes == []
    assert stored(sandbox) == program.source.read_bytes()


_FULL_MEMORY_FOLDER = ("unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=8k none /dev/shm && exec "$@"', "sh")


@pytest.mark.skipif(not hasattr(os, "memfd_create") or os.getuid() != 0, reason="only root may mount a small folder")
def test_where_what_is_shared_is_a_file_and_its_folder_is_full(program: _Program, sandbox: Sandbox) -> None:
    """A Python without memfd_create takes a file, finds no room for it, and the kernel sends the parts."""
    notes = program.run("del os.memfd_create", prefix=_FULL_MEMORY_FOLDER)
    assert ["No space left" in note for note in notes] == [True]
    assert stored(sandbox) == program.source.read_bytes()


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="nothing can be reserved here")
def test_all_of_the_shared_memory_is_there_from_the_beginning() -> None:
    """No page of it is a hole that a full disk, or full memory, could refuse later."""
    memory = SharedMemory.new()
    used = os.fstat(memory.descriptor)
    memory.close()
    assert used.st_blocks * 512 >= used.st_size > 0


def test_a_program_that_hangs_is_no_helper(kernel: Kernel, sandbox: Sandbox, tmp_path: Path, source: Path) -> None:
    """What sys.executable starts and never gets ready is ended after a while, twice, and the kernel goes on."""
    program = (
        "import sys; from pathlib import Path; from tests.engine.test_no_helper import upload_with_a_patience_of\n"
        "upload_with_a_patience_of(0.5, *sys.argv[1:])"
    )
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\necho I am no Python >&2; exec sleep 1000\n")
    hanging.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", program, sandbox.endpoint, str(tmp_path / "checkpoints"), str(source), str(hanging)],
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    assert "not ready" in done.stdout
    assert stored(sandbox) == source.read_bytes()


def upload_with_a_patience_of(seconds: float, endpoint: str, checkpoints: str, source: str, executable: str) -> None:
    """Upload through a lane whose helpers have to be ready within some seconds, and print the notes."""
    sys.executable = executable
    transfer = Kernel(endpoint, Path(checkpoints)).upload(Path(source), lane=HelperLane(start_seconds=seconds))
    transfer.result(LONG_SECONDS)
    print(transfer.snapshot().notes)


def test_a_helper_that_cannot_go_on_in_mid_upload(program: _Program, sandbox: Sandbox) -> None:
    """Once helpers can no longer be started, the death of the last one costs its parts on the wire and a note."""
    sandbox.rate_bytes_per_second = 4 * PART
    process = program.start(during="sys.executable = '/bin/false'")
    until(lambda: len(sent_parts(sandbox)) > 2, "parts arrive")
    (helper,) = children_named("oss_jupyter.engine.helper", process.pid)
    os.kill(helper, signal.SIGKILL)
    sandbox.rate_bytes_per_second = None
    notes = notes_of(process, program.size)
    assert [("SIGKILL" in note, "/bin/false" in note or "status 1" in note) for note in notes] == [
        (True, False),
        (False, True),
    ]
    assert stored(sandbox) == program.source.read_bytes()


def test_what_a_helper_says_when_it_dies_is_quoted(program: _Program, sandbox: Sandbox, tmp_path: Path) -> None:
    """The last line of a helper's standard error stands in the note, without what may be secret."""
    failing = tmp_path / "python"
    failing.write_text("#!/bin/sh\necho 'ImportError: broken LTAI5tAbCdEfGhIj'>&2; exit 3\n")
    failing.chmod(0o755)
    notes = program.run(f"sys.executable = {str(failing)!r}")
    assert len(notes) == 1, notes
    assert "it ended with status 3 and said: ImportError: broken …" in notes[0]


def test_helpers_that_end_before_they_have_done_anything() -> None:
    """That they could be started is not denied, where each was ended before it had sent anything."""
    lane = HelperLane()
    for _ in range(2):
        with pytest.raises(LaneLost):
            lane.submit(_end_by_sigkill, None, lane.gauge("t"), "t").result(LONG_SECONDS)
    until(lambda: lane.remark, "it goes on without")
    assert lane.remark.startswith(
        "Helper processes were started and ended before they had sent anything (it was ended by"
    )
    assert lane.submit(_whoami, None, lane.gauge("t"), "t").result(LONG_SECONDS)
    lane.close()


def _end_by_sigkill(request: object, gauge: Gauge) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_next_upload_tries_again(kernel: Kernel, sandbox: Sandbox, tmp_path: Path) -> None:
    """What stood in the way may have gone: each upload looks for a helper anew, while the others go on as they are."""
    program = "import sys; from tests.engine.test_no_helper import upload_twice\nupload_twice(*sys.argv[1:])"
    source = make_file(tmp_path / "f.bin", 8 * PART)
    done = subprocess.run(
        [sys.executable, "-c", program, sandbox.endpoint, str(tmp_path / "checkpoints"), str(source)],
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, False]


def upload_twice(endpoint: str, checkpoints: str, source: str) -> None:
    """Upload without a Python and with one, and print whether each went without a helper."""
    lane, remarks, python = HelperLane(), [], sys.executable
    for key, sys.executable in (("one", ""), ("two", python)):
        lane.start()
        kernel = Kernel(endpoint, Path(checkpoints))
        kernel.upload(Path(source), f"oss://test-bucket/{key}", lane=lane).result(LONG_SECONDS)
        remarks.append(bool(lane.remark))
    print(json.dumps(remarks))


def test_more_parts_than_the_helper_can_count(tmp_path: Path) -> None:
    """Beyond the slots of the shared memory a part runs in a thread of the kernel."""
    lane = HelperLane()
    try:
        gauges = [lane.gauge("transfer") for _ in range(SLOTS)]
        assert not any(isinstance(gauge, LocalGauge) for gauge in gauges)
        gauge = lane.gauge("transfer")
        assert isinstance(gauge, LocalGauge)
        assert lane.submit(_answer, 3, gauge, "transfer").result(LONG_SECONDS) == 3
    finally:
        lane.close()


def _answer(request: int, gauge: Gauge) -> int:
    return request


def test_idle_threads_end() -> None:
    """Thirty parts at once leave no thread behind, and the lane works as before."""
    lane, at_once = ThreadLane(idle_seconds=0.2), threading.Barrier(30, timeout=LONG_SECONDS)

    def wait(request: object, gauge: Gauge) -> None:
        at_once.wait()

    futures = [lane.submit(wait, None, lane.gauge("t"), "t") for _ in range(30)]
    for future in futures:
        future.result(LONG_SECONDS)
    until(lambda: not _part_threads(), "the threads have ended")
    assert lane.submit(_answer, 1, lane.gauge("t"), "t").result(LONG_SECONDS) == 1
    lane.close()


def test_a_thread_that_waits_is_used_again() -> None:
    """Parts that follow each other run on one thread, which keeps its connection."""
    lane = ThreadLane()
    seen = {lane.submit(_whoami, None, lane.gauge("t"), "t").result(LONG_SECONDS) for _ in range(50)}
    lane.close()
    assert len(seen) == 1


def test_a_thread_that_breaks_is_not_counted_on() -> None:
    """Where a thread ends between two parts, as for want of memory, the next part runs on another one."""
    lane, go = ThreadLane(), threading.Event()

    def wait(request: object, gauge: Gauge) -> None:
        go.wait(LONG_SECONDS)

    def break_off(done: Future[None]) -> None:
        raise SystemExit  # whatever is no Exception passes through a future

    lane.submit(wait, None, lane.gauge("t"), "t").add_done_callback(break_off)
    go.set()
    until(lambda: not _part_threads(), "the thread has ended")
    assert lane.submit(_answer, 1, lane.gauge("t"), "t").result(LONG_SECONDS) == 1
    lane.close()


def test_a_helper_whose_thread_breaks_is_given_up() -> None:
    """A part whose thread ended before it could answer is not waited for: its helper ends, and so it is sent again."""
    lane = HelperLane()
    lane.submit(_break_what_settles, None, lane.gauge("t"), "t").result(LONG_SECONDS)
    with pytest.raises(LaneLost):
        lane.submit(_answer, 1, lane.gauge("t"), "t").result(LONG_SECONDS)
    lane.close()


def _break_what_settles(request: object, gauge: Gauge) -> None:
    """Runs in the helper: from the next part on there is no memory left to answer with."""

    def no_memory(future: Future[None], result: object) -> None:
        raise MemoryError

    Future.set_result = no_memory  # type: ignore[assignment,method-assign]


def _whoami(request: object, gauge: Gauge) -> int:
    return threading.get_ident()


def _part_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("oss-part-")]
