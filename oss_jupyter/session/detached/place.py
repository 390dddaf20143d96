"""Where the host listens: a directory of this user's alone, with its socket's address, its key and its lock."""

from __future__ import annotations

import json
import os
import platform
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.local.files import read_own
from oss_jupyter.paths import state_directory
from oss_jupyter.session.private import KEY_BYTES, bound, make_private, write_private

_ADDRESS_MOST_BYTES = 4096
_LAST_MOST_BYTES = 64 * 1024 * 1024


class HostPlace:
    """The paths of the host of this state directory. address: where its socket is, for a kernel with another TMPDIR.

    last: how its uploads had ended when it ended, for a kernel that was too busy to ask in time.
    """

    def __init__(self) -> None:
        self.directory = state_directory() / "host"
        self.address = self.directory / "address"
        self.key = self.directory / "key"
        self.lock = self.directory / "lock"
        self.last = self.directory / "last"

    def made(self) -> HostPlace:
        """Make the directory where there is none. Raises OssJupyterError where others can look into it, OSError."""
        make_private(self.directory)
        return self

    def read_key(self) -> bytes:
        """Return what both sides prove themselves by. Raises OSError, CheckpointForeign."""
        return read_own(self.key, KEY_BYTES)

    def read_address(self) -> str:
        """Return where the host of this computer listens. Raises OSError, CheckpointForeign."""
        known = self.told()
        if known.get("node") != platform.node() or not isinstance(known.get("socket"), str):
            raise FileNotFoundError(self.address)
        return str(known["socket"])

    def told(self) -> dict[str, Any]:
        """Return what the host that was here last has told: socket, pid, node. Raises OSError, CheckpointForeign."""
        with suppress(ValueError):
            known = json.loads(read_own(self.address, _ADDRESS_MOST_BYTES))
            if isinstance(known, dict):
                return known
        return {}

    @contextmanager
    def listening(self, key: bytes) -> Iterator[socket.socket]:
        """Give a socket that listens here, and take everything away at the end. Raises OSError, OssJupyterError."""
        self.made()
        self.clear()
        with bound(self.directory / "socket") as listener:
            listener.listen(64)
            told = {"socket": listener.getsockname(), "pid": os.getpid(), "node": platform.node()}
            try:
                write_private(self.address, json.dumps(told).encode())
                write_private(self.key, key)
            except OSError:  # a full disk: what lies there by then leads nowhere
                self.clear()
                raise
            try:
                yield listener
            finally:
                if self.is_mine(key):
                    self.clear()

    def is_mine(self, key: bytes) -> bool:
        """Whether this key is the one that kernels find."""
        with suppress(OSError, OssJupyterError):
            return self.read_key() == key
        return False

    def write_last(self, content: bytes) -> None:
        """Leave a last word. Raises OSError."""
        new = self.directory / "last.new"
        new.unlink(missing_ok=True)
        write_private(new, content)
        new.replace(self.last)

    def read_last(self) -> bytes:
        """Return the last word of a host. Raises OSError, CheckpointForeign."""
        return read_own(self.last, _LAST_MOST_BYTES)

    def clear(self) -> None:
        """Take away what a host has left. The lock stays: who holds it knows that nobody else listens."""
        for path in (self.key, self.address, self.directory / "socket"):
            with suppress(OSError):
                path.unlink(missing_ok=True)
