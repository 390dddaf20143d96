"""When the helper is there: with the extension or the first call, never by importing, and not where none is wanted."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

_CHILDREN = "psutil.Process().children()"
_GONE = f"""
until = time.monotonic() + 20
while {_CHILDREN} and time.monotonic() < until:
    time.sleep(0.02)
"""


def run(folder: Path, *lines: str) -> str:
    """Run a script and return what it printed."""
    script = "\n".join(["import psutil, time", *lines])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=folder, timeout=60, check=True
    )
    return done.stdout.strip()


def test_importing_starts_nothing(tmp_path: Path) -> None:
    """A module that only imports the package, and names of it, may be loaded by any worker process."""
    printed = run(tmp_path, "import oss_jupyter as oj", "oj.upload, oj.settings", f"print(len({_CHILDREN}))")
    assert printed == "0"


@pytest.mark.parametrize("call", ["oj.settings()", "oj.transfers()"])
def test_the_first_call_starts_one(tmp_path: Path, call: str) -> None:
    """Whatever is called first, one helper gets ready; a second call starts no other."""
    printed = run(tmp_path, "import oss_jupyter as oj", call, "oj.settings()", f"print(len({_CHILDREN}))")
    assert printed == "1"


def test_the_extension_starts_one(tmp_path: Path) -> None:
    """Loading the extension is enough, so that it is ready when the next cell uploads."""
    printed = run(
        tmp_path,
        "from IPython.core.interactiveshell import InteractiveShell",
        "InteractiveShell.instance().run_line_magic('load_ext', 'oss_jupyter')",
        f"print(len({_CHILDREN}))",
    )
    assert printed == "1"


def test_never_means_none(tmp_path: Path) -> None:
    """Where the settings say so the idle helper goes at once, and none is started again."""
    printed = run(
        tmp_path,
        "import oss_jupyter as oj",
        "oj.settings().helper = 'never'",
        _GONE,
        "oj.settings()",
        f"print(len({_CHILDREN}))",
    )
    assert printed == "0"


def test_it_ends_with_the_script(tmp_path: Path) -> None:
    """A script that ends before its helper is ready leaves nothing behind."""
    pid = int(run(tmp_path, "import oss_jupyter as oj", "oj.settings()", f"print({_CHILDREN}[0].pid)"))
    until = time.monotonic() + 20
    while psutil.pid_exists(pid) and time.monotonic() < until:
        time.sleep(0.02)
    assert not psutil.pid_exists(pid)
