"""`oss-jupyter upload` and `resume`: they carry on after whatever ended them, and say how to."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.sandbox import Fault, Sandbox
from tests.notebook.kernels import Kernel

from .conftest import MIB, Typed, is_there, parts_sent, until_asked, until_parts

UPLOAD = ("upload", "trips.bin", "oss://test-bucket/k", "--part-size", "1MiB", "--parallel", "2")
SLOW = 2 * MIB
PARTS = 8


def test_a_file_goes_up_and_is_found_there(run: Callable[..., Typed], service: Sandbox, data: Path) -> None:
    """What went where and how it ended is on stdout, nothing is on stderr, and the same again sends nothing."""
    first, again = run(*UPLOAD), run(*UPLOAD)
    assert (first.status, again.status) == (0, 0)
    head, how = first.out.splitlines()
    assert head.startswith("trips.bin -> oss://test-bucket/k (")
    assert how.startswith("completed · 8 MiB · ")
    assert "already there, nothing was sent" in again.out
    assert first.err + again.err == ""
    assert is_there(service, data)


@pytest.mark.parametrize("by_id", [False, True], ids=["the same command", "resume ID"])
def test_a_killed_upload_sends_only_the_rest(
    begin: Callable[..., Typed], run: Callable[..., Typed], service: Sandbox, data: Path, by_id: bool
) -> None:
    """After SIGKILL in mid-upload the parts that are in OSS are kept, however it is carried on."""
    service.rate_bytes_per_second = SLOW
    upload = begin(*UPLOAD)
    until_parts(service, 3)
    upload.signal(signal.SIGKILL)
    service.rate_bytes_per_second = None
    there = len(service.parts("test-bucket", "k", service.uploads("test-bucket")[0].upload_id))
    (left,) = [json.loads(line) for line in run("list", "--json").out.splitlines()]
    assert left["state"] == "interrupted"
    service.clear_requests()
    done = run("resume", left["id"]) if by_id else run(*UPLOAD)
    assert done.status == 0, done.err
    assert " · kept " in done.out
    assert parts_sent(service) <= PARTS - there
    assert is_there(service, data)
    assert not service.uploads("test-bucket")
    assert run("list").out == "There are no uploads.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_the_place(
    begin: Callable[..., Typed], run: Callable[..., Typed], service: Sandbox, data: Path, number: int, status: int
) -> None:
    """Ctrl-C and SIGTERM pause; what is said once, on stderr, is where it stands and the command that carries on."""
    service.rate_bytes_per_second = SLOW
    upload = begin(*UPLOAD)
    until_parts(service, 2)
    upload.signal(number)
    assert upload.status == status
    paused, then = upload.err.splitlines()[-2:]
    assert paused.startswith("paused · ")
    assert then.startswith("Carry on with: oss-jupyter resume ")
    assert upload.err.count("Carry on with") == 1
    assert "completed" not in upload.out
    service.rate_bytes_per_second = None
    service.clear_requests()
    assert run(*then.partition("oss-jupyter ")[2].split()).status == 0
    assert parts_sent(service) < PARTS
    assert is_there(service, data)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_a_second_signal_ends_at_once(begin: Callable[..., Typed], service: Sandbox, data: Path) -> None:
    """Whoever presses Ctrl-C twice does not wait, and has lost nothing that was confirmed."""
    service.rate_bytes_per_second = SLOW
    upload = begin(*UPLOAD)
    until_parts(service, 2)
    upload.process.send_signal(signal.SIGINT)
    upload.signal(signal.SIGINT)
    assert upload.status == 130
    assert "Traceback" not in upload.err


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_a_signal_that_was_switched_off(service: Sandbox, data: Path) -> None:
    """In a shell's background Ctrl-C is meant for others: it does nothing, and SIGTERM still keeps the place."""
    service.rate_bytes_per_second = SLOW
    line = shlex.join([sys.executable, "-m", "oss_jupyter", *UPLOAD])
    command = ["sh", "-c", f"trap '' INT; exec {line}"]
    upload = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        until_parts(service, 1)
        upload.send_signal(signal.SIGINT)
        until_parts(service, 3)
        upload.send_signal(signal.SIGTERM)
        _, said = upload.communicate(timeout=60)
        assert upload.returncode == 143
        assert "Carry on with: oss-jupyter resume " in said
    finally:
        upload.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_a_signal_that_comes_in_the_middle_of_text_that_is_run(place: Path) -> None:
    """A class that is being made, say, runs text: Python would remember a Ctrl-C there, and end by that signal."""
    program = "import os, signal, sys; from oss_jupyter.cli.signals import Signals\nsignals = Signals()\n" \
        "with signals.taken():\n    signals.begin()\n    try: exec('os.kill(os.getpid(), signal.SIGTERM)')\n" \
        "    except KeyboardInterrupt: pass\nsys.exit(signals.status)"  # fmt: skip
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 143


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_a_signal_before_anything_has_begun(begin: Callable[..., Typed], service: Sandbox, data: Path) -> None:
    """A command that is stopped while it is still being loaded ends with the same status and no traceback."""
    program = "import os, signal, sys; sys.argv[1:] = ['list']; import oss_jupyter.cli.main as main; " \
        "main.import_module = lambda name: os.kill(os.getpid(), signal.SIGTERM); sys.exit(main.main())"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "")


def test_the_place_of_another_directory_is_found_again(
    begin: Callable[..., Typed], run: Callable[..., Typed], service: Sandbox, data: Path, tmp_path: Path
) -> None:
    """Where the place is kept somewhere else, the command that carries on says so; where it is not, that is said."""
    service.rate_bytes_per_second = SLOW
    kept, unkept = (begin(*UPLOAD, "--checkpoint-dir", where) for where in (f"{tmp_path}/a {{place}}", "none"))
    until_parts(service, 2)
    kept.signal(signal.SIGINT)
    unkept.signal(signal.SIGINT)
    assert kept.err.splitlines()[-1].endswith(f" --checkpoint-dir '{tmp_path}/a {{place}}'")
    assert "the same command again starts over" in unkept.err
    service.rate_bytes_per_second = None
    transfer_id = kept.err.split("resume ")[1].split()[0]
    assert run("resume", transfer_id, "--checkpoint-dir", f"{tmp_path}/a {{place}}").status == 0
    assert run("resume", transfer_id).status == 2


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_a_signal_before_there_is_a_place(
    begin: Callable[..., Typed], run: Callable[..., Typed], service: Sandbox, data: Path
) -> None:
    """Where the service has named no upload yet, no resume is promised, and the same command begins again."""
    service.faults.add(Fault("InitiateMultipartUpload", "delay", seconds=20))
    upload = begin(*UPLOAD)
    until_asked(service)
    upload.signal(signal.SIGINT)
    assert upload.status == 130
    assert "the same command again starts over" in upload.err
    assert "resume" not in upload.err
    assert run("list").out == "There are no uploads.\n"
    assert run(*UPLOAD).status == 0


def test_an_upload_that_another_command_sends(
    begin: Callable[..., Typed], run: Callable[..., Typed], service: Sandbox, data: Path
) -> None:
    """The second one says who has it, and nothing of how far that is, which it does not know."""
    service.rate_bytes_per_second = MIB
    begin(*UPLOAD)
    until_parts(service, 2)
    busy = run(*UPLOAD)
    assert (busy.status, busy.err.splitlines()[0]) == (1, "failed")
    assert "TransferBusy" in busy.err


def test_programs_read_lines_of_json(run: Callable[..., Typed], service: Sandbox, data: Path) -> None:
    """Each line is an object, the last one with the receipt, and nothing secret or else is in them."""
    service.rate_bytes_per_second = 4 * MIB
    done = run(*UPLOAD, "--json")
    told = [json.loads(line) for line in done.out.splitlines()]
    assert {one["event"] for one in told[:-1]} == {"progress"}
    assert len(told) >= 3
    end = told[-1]
    assert (done.status, end["event"], end["state"], done.err) == (0, "end", "completed", "")
    assert end["receipt"]["url"] == "oss://test-bucket/k"
    assert (end["receipt"]["size"], end["receipt"]["sent_bytes"]) == (PARTS * MIB, PARTS * MIB)
    assert end["receipt"]["crc64"]
    assert end["receipt"]["etag"]
    assert all(one["total_bytes"] == PARTS * MIB and one["parts_total"] == PARTS for one in told)
    assert "test-key" not in done.out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("upload", "nothing.bin", "oss://test-bucket/k"), 2, "There is no file "),
        (("upload", "trips.bin", "oss://test-bucket/k", "--part-size", "1KiB"), 2, "write --part-size 1MiB"),
        (("upload", "trips.bin", "oss://test-bucket/k", "--metadata", "taxi"), 2, "takes name=value"),
        (("upload", "trips.bin", "oss://test-bucket/k", "--hunter2=hunter2"), 2, "There is no option --hunter2."),
        (("upload", "trips.bin"), 2, "the following arguments are required: target"),
        (("upload", "trips.bin", "oss://another-bucket/k"), 1, "NoSuchBucket"),
        (("upload", "*.zzz", "oss://test-bucket/"), 2, "NothingToUpload"),
        (("upload", "empty", "oss://test-bucket/p/"), 2, "NothingToUpload"),
        (("upload", "empty", "oss://test-bucket/p/", "--json"), 2, "NothingToUpload"),
        (("upload", "*.zzz", "oss://test-bucket/", "--dry-run"), 2, "NothingToUpload"),
        (("resume", "zzzz"), 2, "TransferNotFound"),
        (("abort", "all", "--forget"), 2, "oss-jupyter abort ID --forget"),
        (("upload", "trips.bin", "oss://test-bucket/", "--prat-size"), 2, "Did you mean --part-size?"),
        (("upload", "trips.bin", "oss://test-bucket/", "-r"), 2, "There is no option -r."),
        (("upload", "-trips.bin", "oss://test-bucket/"), 2, "A name that begins with a dash needs ./ before it."),
        (("nonsense",), 2, "There is no command nonsense. There are upload, resume, "),
        (("Uplaod", "trips.bin"), 2, "There is no command Uplaod. Did you mean upload?"),
        ((), 2, "usage: oss-jupyter COMMAND"),
    ],
)  # fmt: skip
def test_what_fails_says_so(
    run: Callable[..., Typed], service: Sandbox, data: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    """What cannot be meant has another status than what failed; both say why on stderr, in words of commands."""
    (data.parent / "empty").mkdir()
    done = run(*words)
    assert done.status == status
    assert said in done.err
    assert "Traceback" not in done.err
    assert "=hunter2" not in done.err
    assert not service.uploads("test-bucket")


def test_names_that_begin_with_a_dash(run: Callable[..., Typed], service: Sandbox, place: Path) -> None:
    """Behind -- each word is a name, as everywhere."""
    for name in ("-a", "--json"):
        (place / name).write_text(name)
    assert run("upload", "--", "-a", "--json", "oss://test-bucket/p/").status == 0
    assert run("upload", "--content-type", "text/plain", "--", "-a", "oss://test-bucket/k").status == 0
    for key, text in (("p/-a", "-a"), ("p/--json", "--json"), ("k", "-a")):
        assert service.object_path("test-bucket", key).read_text() == text


def test_a_failure_is_told_to_programs(run: Callable[..., Typed], service: Sandbox, data: Path) -> None:
    """An error is an object of its own, and the four lines are on stderr as well."""
    done = run("upload", "trips.bin", "oss://another-bucket/k", "--json")
    error = json.loads(done.out.splitlines()[-1])
    assert (done.status, error["event"], error["code"]) == (1, "error", "NoSuchBucket")
    assert error["advice"] in done.err


def test_a_dataset_with_a_file_that_fails(run: Callable[..., Typed], service: Sandbox, place: Path) -> None:
    """The status tells that some files are missing; once their reason is cleared up, resuming sends them alone."""
    for name in ("a", "b", "c"):
        (place / "photos" / name).mkdir(parents=True)
        (place / "photos" / name / "1.jpg").write_text(name)
    service.faults.add(Fault("PutObject", key="p/b/1.jpg", code="AccessDenied", status=403, times=None))
    done = run("upload", "photos", "oss://test-bucket/p/")
    assert done.status == 3, done.err
    assert "2 sent, 1 failed" in done.out
    assert "b/1.jpg" in done.out
    service.faults.clear()
    service.clear_requests()
    again = run(*done.out.partition("oss-jupyter ")[2].split(), "--json")
    assert again.status == 0
    end = json.loads(again.out.splitlines()[-1])
    assert (end["receipt"]["sent"], end["receipt"]["kept"]) == (1, 2)
    assert sum(one.operation == "PutObject" for one in service.requests) == 1


def test_a_plan_sends_nothing(run: Callable[..., Typed], service: Sandbox, data: Path, place: Path) -> None:
    """A dry run tells of each file what would be done, as a table or as JSON."""
    done, told = (run("upload", "trips.bin", "oss://test-bucket/", "--dry-run", *more) for more in ([], ["--json"]))
    assert (done.status, told.status) == (0, 0)
    assert "trips.bin  8 MiB" in done.out
    planned, plan = map(json.loads, told.out.splitlines())
    assert (planned["key"], planned["action"], plan["totals"]["send"]["files"]) == ("trips.bin", "send", 1)
    assert not any(one.operation in ("PutObject", "UploadPart") for one in service.requests)


def test_a_reader_that_goes_stops_nothing(service: Sandbox, data: Path, place: Path) -> None:
    """Behind `| head -1` the upload goes on to its end, without a traceback."""
    service.rate_bytes_per_second = 4 * MIB
    upload = subprocess.Popen(
        [sys.executable, "-m", "oss_jupyter", *UPLOAD, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert upload.stdout is not None
    assert upload.stderr is not None
    upload.stdout.readline()
    upload.stdout.close()
    said = upload.stderr.read()
    assert (upload.wait(60), said) == (0, b"")
    upload.stderr.close()
    assert is_there(service, data)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("columns", [40, 120])
def test_a_terminal_has_a_bar(service: Sandbox, data: Path, columns: int) -> None:
    """A bar moves while it runs, Ctrl-C takes it away, and the last lines say how to carry on."""
    pexpect: Any = import_module("pexpect")
    service.rate_bytes_per_second = SLOW
    command = ["-m", "oss_jupyter", *UPLOAD]
    terminal = pexpect.spawn(sys.executable, command, encoding="utf-8", timeout=60, dimensions=(40, columns))
    try:
        terminal.expect("trips.bin -> oss://test-bucket/k ")
        terminal.expect("━")
        terminal.expect("MiB/s")
        terminal.sendintr()
        terminal.expect("paused · ")
        terminal.expect("Carry on with: oss-jupyter resume ")
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert terminal.exitstatus == 130
    finally:
        terminal.close(force=True)


def test_lines_where_there_is_no_terminal(begin: Callable[..., Typed], service: Sandbox, data: Path) -> None:
    """In a log a plain line every few seconds shows that it is alive; no sign moves a cursor."""
    service.rate_bytes_per_second = MIB
    done = begin(*UPLOAD).end()
    assert done.status == 0
    assert done.err.startswith("trips.bin: ")
    assert " % · " in done.err
    assert "\x1b" not in done.err + done.out
    assert "━" not in done.err


def test_a_command_loads_nothing_of_a_notebook(service: Sandbox, data: Path) -> None:
    """A whole upload loads neither IPython nor widgets nor our own, and no bar where none is drawn."""
    heavy = "('oss_jupyter.notebook', 'IPython', 'ipykernel', 'ipywidgets', 'anywidget', 'comm', 'rich', 'oss2')"
    program = f"import sys; from oss_jupyter.cli.main import main; main({[*UPLOAD, '--json']!r}); " \
        f"print(*(m for m in sys.modules if m.startswith({heavy})))"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "", done.stderr
    assert is_there(service, data)


def test_options_are_there_where_python_keeps_no_docstrings(service: Sandbox, data: Path) -> None:
    """What is told of an option does not hang on what `python -OO` leaves out."""
    upload = [sys.executable, "-OO", "-m", "oss_jupyter", *UPLOAD, "--metadata", "project=taxi"]
    done = subprocess.run(upload, cwd=data.parent, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    assert service.object_path("test-bucket", "k").read_bytes() == data.read_bytes()


def test_help_loads_nothing_that_sends() -> None:
    """Whoever asks for help waits neither for the SDK nor for requests nor for the session."""
    heavy = "('requests', 'alibabacloud_oss_v2', 'oss_jupyter.session', 'oss_jupyter.engine', 'rich')"
    program = "import sys; from oss_jupyter.cli.main import main\n" \
        "try: main(['upload', '--help'])\n" \
        f"except SystemExit: print('loaded:', *(m for m in sys.modules if m.startswith({heavy})))"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert "--part-size SIZE" in done.stdout
    assert done.stdout.splitlines()[-1] == "loaded:"


def test_a_notebook_carries_on_with_a_command_and_back(
    begin: Callable[..., Typed],
    run: Callable[..., Typed],
    new_kernel: Callable[..., Kernel],
    service: Sandbox,
    data: Path,
) -> None:
    """What a killed command has sent a kernel need not send, and what that has sent no command.

    While the kernel has it, a command can have it paused there.
    """
    service.rate_bytes_per_second = SLOW
    upload = begin(*UPLOAD)
    until_parts(service, 2)
    upload.signal(signal.SIGKILL)
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    line = f"%oss_{' '.join(UPLOAD)}"
    assert kernel.run(line).error is None
    until_parts(service, 4)
    service.rate_bytes_per_second = MIB // 8  # it takes a while to start a command, and it is to be there then
    elsewhere = run("list")
    assert "in another kernel" in elsewhere.out
    its_id = elsewhere.out.splitlines()[1].split()[0]
    busy = run("resume", its_id)
    assert (busy.status, "TransferBusy" in busy.err) == (1, True)
    assert "was told" in run("pause", its_id).out
    state = "import oss_jupyter as oj; t = oj.transfers()[0]; t.wait(60); print(t.state.value)"
    assert kernel.run(state).text.strip() == "paused"
    kernel.kill()
    service.rate_bytes_per_second = None
    service.clear_requests()
    done = run(*UPLOAD)
    assert done.status == 0, done.err
    assert parts_sent(service) <= PARTS - 4
    assert is_there(service, data)
