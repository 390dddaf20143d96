"""Where the host listens: a directory of this user's alone, with a socket, its key and its lock."""

from __future__ import annotations

from oss_jupyter.local.files import read_own
from oss_jupyter.session.private import KEY_BYTES, make_private, private_directory


class HostPlace:
    """The paths of the host of this state directory."""

    def __init__(self) -> None:
        self.directory = private_directory("host", "socket")
        self.socket = self.directory / "socket"
        self.key = self.directory / "key"
        self.lock = self.directory / "lock"

    def made(self) -> HostPlace:
        """Make the directory where there is none. Raises OssJupyterError where others can look into it, OSError."""
        make_private(self.directory)
        return self

    def read_key(self) -> bytes:
        """Return what both sides prove themselves by. Raises OSError, CheckpointForeign."""
        return read_own(self.key, KEY_BYTES)
