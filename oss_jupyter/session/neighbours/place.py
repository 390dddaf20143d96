"""Where kernels listen: a socket and a key for each, in one directory of this user's alone."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from oss_jupyter.local.files import read_own
from oss_jupyter.session.private import KEY_BYTES, make_private, private_directory

_SOCKET, _KEY = ".socket", ".key"


@dataclass(frozen=True)
class KernelPlace:
    """Where one kernel listens. The name begins with the computer's, for a home directory may be that of several."""

    name: str

    @property
    def socket(self) -> Path:
        """Return where it takes connections."""
        return _directory() / f"{self.name}{_SOCKET}"

    @property
    def key(self) -> Path:
        """Return the file of what both sides prove themselves by."""
        return _directory() / f"{self.name}{_KEY}"

    def read_key(self) -> bytes:
        """Return the key. Raises OSError, CheckpointForeign."""
        return read_own(self.key, KEY_BYTES)

    def remove(self) -> None:
        """Remove what a kernel has left."""
        for path in (self.socket, self.key):
            with suppress(OSError):
                path.unlink()


def new_place() -> KernelPlace:
    """Return a place for this kernel. Raises OssJupyterError where others can look into the directory, OSError."""
    make_private(_directory())
    return KernelPlace(f"{_computer()}-{os.getpid()}-{secrets.token_hex(2)}")


def places() -> list[KernelPlace]:
    """Return where kernels on this computer listen, or did; it costs one look at the disk."""
    beginning = f"{_computer()}-"
    with suppress(OSError):
        names = sorted(path.name for path in _directory().iterdir())
        return [
            KernelPlace(name.removesuffix(_SOCKET))
            for name in names
            if name.startswith(beginning) and name.endswith(_SOCKET)
        ]
    return []


def _directory() -> Path:
    return private_directory("kernels", f"{_computer()}-{2**22}-1234{_SOCKET}")


def _computer() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]
