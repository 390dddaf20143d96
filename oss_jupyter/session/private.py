"""Where processes of this user listen for each other: a directory of this user's alone, below the state directory."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.paths import state_directory

# A socket's path has room for 108 bytes on Linux and 104 on macOS.
_PATH_MOST_BYTES = 100
KEY_BYTES = 32


def private_directory(name: str, longest_file: str) -> Path:
    """Return its path; elsewhere, where the path of a socket would be too long. Nothing is made."""
    directory = state_directory() / name
    if len(os.fsencode(directory / longest_file)) > _PATH_MOST_BYTES:
        short = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
        directory = Path(tempfile.gettempdir(), f"oss_jupyter-{os.getuid()}-{short}")
    return directory


def make_private(directory: Path) -> None:
    """Make the directory where there is none. Raises OssJupyterError where others can look into it, OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.lstat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o077 or directory.is_symlink():
        raise OssJupyterError(
            f"Others can look into {directory}, where processes of yours would listen for each other.",
            f"If it is yours: chmod 700 {directory}",
            safe="Nothing was sent.",
            code="HostNotPrivate",
        )
