"""The terminal form: a live bar on a terminal, plain lines where there is none."""

from __future__ import annotations

import io
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from oss_jupyter import api
from oss_jupyter.notebook.display.terminal import watch
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.session import _shared

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


def test_names_are_no_markup(service: Sandbox, place: Path) -> None:
    """A name that looks like rich's markup is shown as it is."""
    (place / "[red]x[bold].bin").write_bytes(b"x")
    out = io.StringIO()
    transfer = api.upload("[red]x[bold].bin", "oss://test-bucket/")
    watch(transfer, Console(file=out, force_terminal=True, width=100))
    _shared.clear()
    assert "[red]x[bold].bin -> oss://test-bucket/[red]x[bold].bin" in out.getvalue()
    assert "completed · 1 B" in out.getvalue()
