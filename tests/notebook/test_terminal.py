"""The terminal form: a live bar on a terminal, plain lines where there is none."""

from __future__ import annotations

import io
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console

from oss_jupyter import api
from oss_jupyter.console.terminal import watch
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.session import _shared

from ..datasets import a_dataset, a_receipt, a_view, failures

LINE = "%oss_upload trips.bin oss://test-bucket/k --part-size 1MiB --wait"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_bar_and_its_interruption(service: Sandbox, data: Path) -> None:
    """In a terminal --wait draws a bar that moves; Ctrl-C ends the wait with one line, and the upload goes on."""
    pexpect: Any = import_module("pexpect")  # IPython brings it, except to Windows
    service.rate_bytes_per_second = 2 * 1024 * 1024
    command = ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=nocolor"]
    terminal = pexpect.spawn(sys.executable, command, encoding="utf-8", timeout=60, dimensions=(40, 120))
    try:
        terminal.expect(r"In \[1\]: ")
        terminal.sendline("%load_ext oss_jupyter")
        terminal.expect(r"In \[2\]: ")
        terminal.sendline(LINE)
        terminal.expect("━.* % · .* of 8 MiB · ")
        terminal.expect("MiB/s · .* left")
        terminal.sendintr()
        terminal.expect("The upload goes on. %oss_uploads pause [a-z2-7]{8} pauses it")
        terminal.expect(r"In \[3\]: ")
        assert "Traceback" not in terminal.before
        terminal.sendline("%oss_uploads wait all")
        terminal.expect("completed · 8 MiB · ")
        terminal.sendline("exit")
        terminal.expect(pexpect.EOF)
    finally:
        terminal.close(force=True)
    assert service.object_path("test-bucket", "k").read_bytes() == data.read_bytes()


def test_without_a_terminal(service: Sandbox, data: Path) -> None:
    """Where output is a pipe there is no bar: only what it is and how it ended."""
    command = [sys.executable, "-m", "IPython", "--colors=nocolor", "-c", f"%load_ext oss_jupyter\n{LINE}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    lines = done.stdout.strip().splitlines()
    assert lines[0].startswith("trips.bin -> oss://test-bucket/k (")
    assert lines[1].startswith("completed · 8 MiB · ")
    assert "━" not in done.stdout
    assert not done.stderr


class Rehearsed:
    """Looks like the transfer of a dataset that is on its way at two looks, and then has ended."""

    def __init__(self) -> None:
        failed = a_dataset(State.COMPLETED_WITH_ERRORS, a_view(failed=2, failures=failures(2)), receipt=a_receipt())
        self._looks = [a_dataset(), a_dataset(), a_dataset(view=a_view(scanning=True)), failed]

    def wait(self, timeout: float) -> bool:
        return len(self._looks) == 1

    def snapshot(self) -> Snapshot:
        return self._looks.pop(0)


def test_the_bar_of_a_dataset_counts_files_and_names_what_failed() -> None:
    """In a terminal a dataset has one line, and what failed is told below it when it has come to rest."""
    out = io.StringIO()
    watch(cast(Any, Rehearsed()), Console(file=out, force_terminal=True, width=140))
    said = out.getvalue()
    assert "data/2026-*/**/*.parquet -> oss://bucket/raw/ (k5ffjj43)" in said
    assert "12,403 of at least 88,740 files · 31.2 GiB of at least 52 GiB · 84 MiB/s · 412 files/s" in said
    ended = said.rpartition("completed with errors · ")[2]
    assert "3 failed" in ended
    assert "data/1.csv: Reason 1." in ended
    assert "%oss_uploads resume k5ffjj43" in ended


def test_names_are_no_markup(service: Sandbox, place: Path) -> None:
    """A name that looks like rich's markup is shown as it is."""
    (place / "[red]x[bold].bin").write_bytes(b"x")
    out = io.StringIO()
    transfer = api.upload("[red]x[bold].bin", "oss://test-bucket/")
    watch(transfer, Console(file=out, force_terminal=True, width=100))
    _shared.clear()
    assert "[red]x[bold].bin -> oss://test-bucket/[red]x[bold].bin" in out.getvalue()
    assert "completed · 1 B" in out.getvalue()
