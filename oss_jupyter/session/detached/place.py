"""Where the host listens: a directory of this user's alone, with a socket, its key and its lock."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.local.files import read_own
from oss_jupyter.paths import state_directory

# A socket's path has room for 108 bytes on Linux and 104 on macOS.
_PATH_MOST_BYTES = 100
KEY_BYTES = 32


class HostPlace:
    """The paths of the host of this state directory."""

    def __init__(self) -> None:
        self.directory = state_directory() / "host"
        if len(os.fsencode(self.directory / "socket")) > _PATH_MOST_BYTES:
            short = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:16]
            self.directory = Path(tempfile.gettempdir(), f"oss_jupyter-{os.getuid()}-{short}")
        self.socket = self.directory / "socket"
        self.key = self.directory / "key"
        self.lock = self.directory / "lock"

    def made(self) -> HostPlace:
        """Make the directory where there is none. Raises OssJupyterError where others can look into it, OSError."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = self.directory.lstat()
        if status.st_uid != os.geteuid() or status.st_mode & 0o077 or self.directory.is_symlink():
            raise OssJupyterError(
                f"Others can look into {self.directory}, where a process that outlives the kernel would listen.",
                f"If it is yours: chmod 700 {self.directory}",
                safe="Nothing was sent.",
                code="HostNotPrivate",
            )
        return self

    def read_key(self) -> bytes:
        """Return what both sides prove themselves by. Raises OSError, CheckpointForeign."""
        return read_own(self.key, KEY_BYTES)
