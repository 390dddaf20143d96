"""How tests put packages into environments of their own: with what the Makefile installs with."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

_PIP = (sys.executable, "-m", "pip")


def python_of(environment: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def install(environment: Path, *words: str | Path) -> None:
    """Install packages into a virtual environment, which needs no pip of its own.

    It is done with `INSTALL`, which `make INSTALL="uv pip install"` names, or with the pip of whoever runs this.

    words: as `pip install` takes them. Raises CalledProcessError, after what the installer had to say.
    """
    command = shlex.split(os.environ.get("INSTALL", "")) or [*_PIP, "--python", str(python_of(environment)), "install"]
    subprocess.run(
        [*command, "--quiet", *map(str, words)], check=True, env={**os.environ, "VIRTUAL_ENV": str(environment)}
    )
