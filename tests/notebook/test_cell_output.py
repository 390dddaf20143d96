"""`%%oss_upload`: what a cell prints becomes an object, all of it or nothing, and what it shows does not."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path

import pytest
from IPython.core.error import UsageError

import oss_jupyter as oj
from oss_jupyter.errors import InputError
from oss_jupyter.notebook.magics.cell_output import NothingSent
from oss_jupyter.sandbox import Sandbox

from .conftest import Shell

TARGET = "oss://test-bucket/out.csv"
FAILING = {
    "print('a')\n1 / 0": "ended with ZeroDivisionError",
    "print('a')\nif": "ended with SyntaxError",
    "print('a')\nraise KeyboardInterrupt": "was interrupted",
    "print('\\ud800')": "ended with UnicodeEncodeError",
    "async def a(): pass\nawait a()\nprint('a')\n1 / 0": "ended with ZeroDivisionError",
}
REFUSED = {
    "": "There is no target",
    "trips.csv oss://test-bucket/k": "with one %",
    "oss://test-bucket/k --variable": "--variable sends a variable",
    "oss://test-bucket/k --dry-run": "--dry-run cannot tell",
    "oss://test-bucket/k --no-such": "There is no option --no-such",
    "oss://test-bucket": "names no object",
    "oss://test-bucket/": "names no object",
    "oss://test-bucket/folder/": "is a folder",
    "test-bucket/k": "not an OSS address",
    "oss://test-bucket/k --include *.csv": "is one file",
    "oss://test-bucket/k --writer-options options": "writer-options",
}


@pytest.fixture
def stored(service: Sandbox) -> Callable[[], bytes]:
    """What the service has under the key."""
    return lambda: service.object_path("test-bucket", "out.csv").read_bytes()


def printing(shell: Shell, *lines: str) -> str:
    """Run a cell whose output goes up, wait for the upload, and return what was shown."""
    return shell.ok("\n".join((f"%%oss_upload {TARGET} --wait", *lines))).text


def test_what_a_cell_prints_goes_up(stored: Callable[[], bytes], service: Sandbox, shell: Shell) -> None:
    """Text as UTF-8, bytes as they are, the output of ! commands, in their order; the same output is sent once."""
    lines = (
        "import sys",
        "n = 2",
        r"print('a,ü', '\udce9', sep=',')",
        "!echo {n},b; echo shown >&2",
        "sys.stdout.buffer.write(bytes([255, 10]))",
        "print('end', flush=True)",
        "n + 40",
    )
    for _ in range(2):
        shown = printing(shell, *lines)
        assert stored() == "a,ü,".encode() + b"\xe9\n2,b\n\xff\nend\n"
        assert f"a cell's output -> {TARGET}" in shown
        assert "42" in shown
        assert "a,ü" not in shown
    assert shell.inner.user_ns["n"] == 2
    printing(shell, "%%bash", "echo of bash")
    assert stored() == b"of bash\n"
    assert shell.ok("_.result()").result.url == TARGET
    assert sum(request.operation == "PutObject" for request in service.requests) == 2


def test_a_cell_that_fails_sends_nothing(service: Sandbox, shell: Shell, place: Path) -> None:
    """Its own traceback is shown as it always is, then one line; no spool and no upload is left."""
    for body, how in FAILING.items():
        ran = shell.run(f"%%oss_upload {TARGET}\n{body}")
        assert isinstance(ran.error, NothingSent), body
        assert f"\nNothing was sent to {TARGET}: the cell {how}.\n" in ran.text
        assert ran.text.count("Traceback (most recent call last)") <= 1
        assert shell.ok("print('shown again')").text.startswith("shown again")
    assert not service.requests
    assert not oj.transfers()
    assert not [path for path in place.parent.joinpath("state").rglob("*") if path.suffix in (".spool", ".draft")]
    shell.run(f"%%oss_upload {TARGET}\ndef broken(here):\n    1 / 0\nbroken(5)")
    shell.ok("import sys\nlast = sys.last_traceback\nwhile last.tb_next: last = last.tb_next")
    assert shell.inner.user_ns["last"].tb_frame.f_locals == {"here": 5}, "%debug looks into the cell"


def test_a_cell_that_prints_nothing_says_so(service: Sandbox, shell: Shell) -> None:
    """Nobody guesses what was meant: nothing is sent, and what was shown has been shown."""
    for body in ("\n", "x = 1\n[x]", "import sys\nprint('a', file=sys.stderr)", "x = !echo a"):
        ran = shell.run(f"%%oss_upload {TARGET}\n{body}")
        assert isinstance(ran.error, InputError), body
        assert ran.error.four_lines()[1::2] == ("Nothing was sent.", "NothingPrinted")
    assert not service.requests


def test_what_cannot_work_is_said_before_the_cell_runs(service: Sandbox, shell: Shell) -> None:
    """The cell may take an hour: what is wrong with its first line is told first."""
    shell.inner.user_ns |= {"ran": False, "options": {}}
    for line, said in REFUSED.items():
        ran = shell.run(f"%%oss_upload {line}\nran = True\nprint(1)")
        assert isinstance(ran.error, (UsageError, InputError)), line
        assert said in str(ran.error)
        assert shell.inner.user_ns["ran"] is False
    assert "Run the cell and upload what it prints" in shell.ok("%%oss_upload --help\nran = True").text


def test_only_what_the_cell_prints_is_its_output(stored: Callable[[], bytes], shell: Shell) -> None:
    """Threads that it starts belong to it; those of earlier cells, values, displays and what comes later do not."""
    shell.ok(
        "import sys, threading, queue\nwanted, done = queue.Queue(), queue.Queue()\n"
        "def serve():\n    while (text := wanted.get()) is not None: done.put(print(text))\n"
        "thread = threading.Thread(target=serve)\nthread.start()\nfrom IPython.display import display"
    )
    shown = printing(
        shell,
        "print('mine')",
        "wanted.put('of another')",
        "done.get()",
        "own = threading.Thread(target=print, args=('of my thread',))",
        "own.start(); own.join()",
        "kept = sys.stdout",
        "display({'b': 2})",
        "[3]",
    )
    for text in ("of another", "{'b': 2}", "[3]"):
        assert text in shown
    shell.ok("wanted.put(None)\nthread.join()\nprint('late', file=kept)")
    assert stored() == b"mine\nof my thread\n"


def test_a_command_that_fails_is_noted(stored: Callable[[], bytes], shell: Shell) -> None:
    """As everywhere in IPython it stops no cell, unless that is configured; the card says it."""
    assert "A ! command of the cell ended with status 3" in printing(shell, "!echo half; exit 3")
    assert stored() == b"half\n"
    shell.inner.system_raise_on_error = True
    assert isinstance(shell.run(f"%%oss_upload {TARGET}\n!echo half; exit 3").error, NothingSent)


def test_a_full_disk_is_no_object(service: Sandbox, shell: Shell) -> None:
    """What could not be written is missed also where the cell itself has caught the error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * 1024 * 1024, hard))
    try:
        ran = shell.run(f"%%oss_upload {TARGET}\ntry:\n    print('x' * 2**23)\nexcept Exception: pass")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert getattr(ran.error, "code", "") == "NoRoomForSpool"
    assert not service.requests


def test_the_extension_takes_it_away_again(shell: Shell) -> None:
    """After %unload_ext there is neither the magic nor what lets its cells await."""
    before = len(shell.inner.input_transformers_cleanup)
    shell.ok("%unload_ext oss_jupyter")
    assert "oss_upload" not in shell.inner.magics_manager.magics["cell"]
    assert len(shell.inner.input_transformers_cleanup) == before - 1
