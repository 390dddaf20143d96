"""Scripts that do not wait: what is still on its way when the interpreter ends is not lost without a word."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.sandbox import Fault, Sandbox

WAIT_SECONDS = 60
BEGIN = "import oss_jupyter as oj; t = oj.upload('trips.bin', 'oss://test-bucket/k', part_size='1MiB', parallel=2"
UPLOAD = f"{BEGIN})"
SLOW = 2 * 1024 * 1024
WAITING = "oss_jupyter: waiting for 1 upload before this program ends; Ctrl-C keeps its place and ends it now.\n"


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run an interpreter to its end."""
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=WAIT_SECONDS, stdin=subprocess.DEVNULL
    )


def is_there(service: Sandbox, data: Path, key: str = "k") -> bool:
    """Whether the object is the file."""
    return service.object_path("test-bucket", key).read_bytes() == data.read_bytes()


def test_a_script_loads_nothing_of_a_notebook(service: Sandbox, data: Path) -> None:
    """After a whole upload, and all that can be asked about it, neither IPython nor widgets nor our own are there."""
    asks = "t.result(); oj.transfers(); oj.resume('all'); oj.settings().limit; repr(t); t.snapshot()"
    heavy = "('oss_jupyter.notebook', 'IPython', 'ipykernel', 'ipywidgets', 'anywidget', 'comm', 'rich', 'tornado')"
    done = python("-c", f"{UPLOAD}; {asks}; import sys; print(*(m for m in sys.modules if m.startswith({heavy})))")
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
    assert is_there(service, data)


@pytest.mark.parametrize(
    ("tail", "code"),
    [
        ("", 0),
        ("import sys; sys.exit(3)", 3),
        ("raise SystemExit(4)", 4),
        ("1 / 0", 1),
        ("import threading; threading.Thread(target=t.wait).start()", 0),
    ],
)
@pytest.mark.parametrize("how", ["-c", "file", "-m"])
def test_a_script_ends_when_its_uploads_have(
    service: Sandbox, data: Path, place: Path, how: str, tail: str, code: int
) -> None:
    """However it was started and however it ends, the object is there afterwards, and the exit code is the script's."""
    (place / "job.py").write_text(f"{UPLOAD}\n{tail}\n")
    done = python(*{"-c": ["-c", f"{UPLOAD}\n{tail}"], "file": ["job.py"], "-m": ["-m", "job"]}[how])
    assert done.returncode == code
    assert is_there(service, data)
    assert ("ZeroDivisionError" in done.stderr) == ("1 / 0" in tail)
    assert not done.stdout


def test_nothing_falls_asleep_while_the_interpreter_ends(service: Sandbox, data: Path) -> None:
    """A thread that waits to close connections has gone by then: Python 3.13 may crash over one that is awake."""
    look = "import atexit, threading; atexit.register(lambda: print([t.name for t in threading.enumerate()]))"
    during = "t.result(); print([t.name for t in threading.enumerate() if t.name == 'oss-idle'])"
    done = python("-c", f"{UPLOAD}; {look}; {during}")
    during_names, end_names = done.stdout.splitlines()
    assert (done.returncode, during_names) == (0, "['oss-idle']")
    assert "oss-idle" not in end_names


def test_a_long_wait_is_told(service: Sandbox, data: Path) -> None:
    """Whoever looks at the terminal sees what it waits for and how far it is, and at last how it ended."""
    service.rate_bytes_per_second = SLOW
    done = python("-c", UPLOAD)
    assert done.returncode == 0
    assert done.stderr.startswith(WAITING)
    first, *_, last = done.stderr.removeprefix(WAITING).splitlines()
    assert first.startswith("trips.bin -> oss://test-bucket/k (")
    assert " of 8 MiB" in first
    assert "completed · 8 MiB" in last
    assert is_there(service, data)


@pytest.mark.parametrize("how", ["argument", "setting"])
def test_a_script_may_leave_its_uploads_behind(service: Sandbox, data: Path, how: str) -> None:
    """With wait_at_exit=False it ends at once, and the next run carries on."""
    service.faults.add(Fault("UploadPart", part_number=8, kind="stall", times=None))
    begin = f"{BEGIN}, wait_at_exit=False)" if how == "argument" else UPLOAD
    first = "import oss_jupyter as oj; oj.settings().wait_at_exit = False; " if how == "setting" else ""
    until = "\nimport time\nwhile t.snapshot().parts_done < 3: time.sleep(0.01)"
    left = python("-c", first + begin + until)
    assert (left.returncode, left.stderr) == (0, "")
    assert len(service.uploads("test-bucket")) == 1
    service.faults.clear()
    assert int(python("-c", f"{UPLOAD}; print(t.result().kept_bytes)").stdout) >= 3 * 1024 * 1024


@pytest.mark.parametrize("fault", ["NoSuchBucket", "AccessDenied"])
def test_a_failure_that_nobody_looked_at_is_told_once(service: Sandbox, data: Path, fault: str) -> None:
    """Its four lines are on standard error, once, and nothing of them where the script has asked."""
    service.faults.add(Fault("InitiateMultipartUpload", code=fault, status=403, times=None))
    service.faults.add(Fault("HeadObject", code=fault, status=403, times=None))
    done = python("-c", UPLOAD)
    assert done.returncode == 0
    head, *_, code = done.stderr.splitlines()[-5:]
    assert head.startswith("trips.bin -> oss://test-bucket/k (")
    assert code.startswith(fault)
    assert done.stderr.count(fault) == 1
    assert "Traceback" not in done.stderr
    for looked in ("print(t.wait(), t.error.code)", "try: t.result()\nexcept oj.OssJupyterError as e: print(e.code)"):
        asked = python("-c", f"{UPLOAD}\n{looked}")
        assert fault in asked.stdout
        assert not asked.stderr


def test_a_failure_during_the_wait_is_told_once(service: Sandbox, data: Path) -> None:
    """The last line of the wait does not say again what the four lines say."""
    service.rate_bytes_per_second = SLOW
    service.faults.add(Fault("UploadPart", part_number=7, code="AccessDenied", status=403, times=None))
    done = python("-c", UPLOAD)
    assert done.stderr.count("AccessDenied") == 1
    assert done.stderr.startswith(WAITING)


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start interpreters that may be interrupted."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, **options: Any) -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, *arguments], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options
            )
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT for one process")
@pytest.mark.parametrize("directory", ["", "elsewhere"])
def test_an_interrupt_of_the_wait_leaves_the_place(service: Sandbox, data: Path, start: Start, directory: str) -> None:
    """Ctrl-C ends it as Ctrl-C does, without a traceback, and the command that it names carries on."""
    service.rate_bytes_per_second = SLOW
    options = f", checkpoint_dir={directory!r}" if directory else ""
    code = f"import atexit; atexit.register(print, 'tidied up'); {BEGIN}{options})"
    script = start("-c", code)
    assert script.stderr is not None
    assert script.stderr.readline() == WAITING
    while "UploadPart" not in [request.operation for request in service.requests]:
        assert script.poll() is None
    script.send_signal(signal.SIGINT)
    out, err = script.communicate(timeout=WAIT_SECONDS)
    assert script.returncode == -signal.SIGINT
    assert out == "tidied up\n"
    assert "Traceback" not in err
    assert "paused · " in err
    *_, carry_on, again = err.splitlines()
    assert shlex.split(again.removeprefix("Running the same again does so too: ")) == [sys.executable, "-c", code]
    command = carry_on.removeprefix("Carry on with: ")
    service.rate_bytes_per_second = None
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=WAIT_SECONDS, check=True)
    assert "Traceback" not in done.stderr
    assert is_there(service, data)
    sent = [request.operation for request in service.requests].count("InitiateMultipartUpload")
    assert sent == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT for one process")
def test_without_a_checkpoint_the_interrupt_says_that_it_starts_over(
    service: Sandbox, data: Path, start: Start
) -> None:
    """Nothing that could not be used stays in OSS."""
    service.rate_bytes_per_second = SLOW
    script = start("-c", f"{BEGIN}, checkpoint_dir=None)")
    assert script.stderr is not None
    assert script.stderr.readline() == WAITING
    script.send_signal(signal.SIGINT)
    err = script.communicate(timeout=WAIT_SECONDS)[1]
    assert "Running the same again starts over: " in err
    assert "Carry on" not in err
    assert not service.uploads("test-bucket")


@pytest.mark.parametrize("pool", ["ThreadPoolExecutor(2)", "ProcessPoolExecutor(2)"])
def test_an_executor_takes_parts_until_the_uploads_have_ended(
    service: Sandbox, data: Path, place: Path, pool: str
) -> None:
    """Pools refuse work once the interpreter ends, so the wait comes before them."""
    (place / "job.py").write_text(
        "import oss_jupyter as oj\nif __name__ == '__main__':\n    oj.settings()\n"
        "    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n"
        f"    {BEGIN}, executor={pool})\n"
    )
    service.rate_bytes_per_second = 4 * SLOW
    done = python("job.py")
    assert (done.returncode, done.stderr.replace(WAITING, "").count("Traceback")) == (0, 0)
    assert is_there(service, data)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    "child",
    [
        "import multiprocessing as m; p = m.get_context('fork').Process(target=int); p.start(); p.join(20)\n"
        "assert p.exitcode == 0, p.exitcode",
        "import os, sys\nif (p := os.fork()) == 0: sys.exit(0)\nassert os.waitpid(p, 0)[1] == 0",
    ],
)
def test_a_forked_child_waits_for_nothing(service: Sandbox, data: Path, child: str) -> None:
    """The uploads are its parent's, which waits for them itself."""
    service.rate_bytes_per_second = SLOW
    done = python("-W", "ignore", "-c", f"{UPLOAD}\n{child}")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(WAITING) == 1
    assert is_there(service, data)


def test_ipython_leaves_at_once(service: Sandbox, data: Path) -> None:
    """At a prompt somebody has seen that it runs: ending it pauses the upload, as ever."""
    service.faults.add(Fault("UploadPart", part_number=8, kind="stall", times=None))
    done = python("-m", "IPython", "-c", f"{UPLOAD};\nimport time\nwhile t.snapshot().parts_done < 3: time.sleep(0.01)")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(service.uploads("test-bucket")) == 1


def test_the_queue_is_worked_off(service: Sandbox, data: Path, place: Path) -> None:
    """A script that begins many ends when all have ended, the queued ones, too, and names some that it waits for."""
    for number in range(20):
        (place / f"{number}.bin").write_bytes(data.read_bytes()[:200_000])
    service.faults.add(Fault("UploadPart", "delay", seconds=1.5, times=8))
    done = python(
        "-c",
        "import oss_jupyter as oj\nfor n in range(20): "
        "oj.upload(f'{n}.bin', 'oss://test-bucket/many/', part_size='100KiB', parallel=2)",
    )
    assert done.returncode == 0
    first, *lines = done.stderr.splitlines()
    assert first.startswith("oss_jupyter: waiting for 20 uploads")
    assert "And 8 more." in lines
    assert "queued, 1st" in done.stderr
    for number in range(20):
        assert is_there(service, place / f"{number}.bin", f"many/{number}.bin")


_LATE = """
import atexit, threading
import oss_jupyter as oj
{before}
def late():
    try:
        t = oj.upload("trips.bin", "oss://test-bucket/late", part_size="1MiB"{argument})
        {then}
    except oj.OssJupyterError as error:
        print(error)
def wait_for_the_end():
    threading.main_thread().join()
    late()
{begin}
"""
_BEGIN = {
    "thread": "threading.Thread(target=wait_for_the_end).start()",
    "exit handler": "atexit.register(late)",
}
_EARLIER = "oj.upload('trips.bin', 'oss://test-bucket/k').result()"


def late(begin: str, then: str, before: str = "", argument: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script that uploads once its main part has ended."""
    return python("-c", _LATE.format(before=before, begin=_BEGIN[begin], then=then, argument=argument))


@pytest.mark.parametrize("then", ["t.result()", "pass"], ids=["waits", "leaves"])
@pytest.mark.parametrize(
    ("begin", "before"),
    [
        ("thread", ""),
        ("exit handler", ""),
        ("exit handler", "oj.settings()"),
        ("exit handler", _EARLIER),
    ],
)
def test_too_late_for_an_upload(service: Sandbox, data: Path, begin: str, before: str, then: str) -> None:
    """Where Python is ending already, that is said at once, in four lines, and nothing is begun that nobody ends."""
    done = late(begin, then, before)
    assert (done.returncode, done.stderr) == (0, "")
    what, safe, advice, code = done.stdout.splitlines()
    assert (what, safe, code) == (
        "Python is ending, and lets nothing begin any more.",
        "Nothing was sent.",
        "InterpreterEnding",
    )
    assert "join()" in advice
    assert not service.uploads("test-bucket")


@pytest.mark.parametrize("then", ["t.result()", "pass"], ids=["waits", "leaves"])
def test_a_thread_that_outlives_the_main_one_may_go_on_uploading(service: Sandbox, data: Path, then: str) -> None:
    """Where Python lets it, its uploads are carried out, awaited or not; where it does not, it is told."""
    done = late("thread", then, _EARLIER)
    assert done.returncode == 0, done.stderr
    if done.stdout:  # some versions of Python 3.12
        assert done.stdout.endswith("InterpreterEnding\n")
    else:
        assert is_there(service, data, "late")


def test_an_executor_when_python_is_ending(service: Sandbox, data: Path) -> None:
    """That it takes no more work is not its fault, and has the same words."""
    before = f"from concurrent.futures import ThreadPoolExecutor; pool = ThreadPoolExecutor(2); {_EARLIER}"
    done = late("thread", "t.result()", before, ", executor=pool")
    assert done.stdout.startswith("Python is ending")


def test_resuming_when_python_is_ending(service: Sandbox, data: Path) -> None:
    """What cannot go on any more says so to whoever wants it to, and stays on the disk."""
    service.faults.add(Fault("UploadPart", part_number=8, kind="stall", times=None))
    left = (
        f"{UPLOAD}\nimport atexit, time\nwhile t.snapshot().parts_done < 3: time.sleep(0.01)\nt.pause(); t.wait()\n"
        "def again():\n    try: oj.resume(t.id)\n    except oj.OssJupyterError as error: print(error.code)\n"
        "atexit.register(again)"
    )
    assert python("-c", left).stdout == "InterpreterEnding\n"
    assert len(service.uploads("test-bucket")) == 1
