"""Where kernels listen: each has written it down, with its key, in a directory of this user's alone."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from oss_jupyter.errors import CheckpointForeign
from oss_jupyter.local.files import read_own
from oss_jupyter.paths import state_directory
from oss_jupyter.session.private import KEY_BYTES, bound, make_private, write_private

_ENDING = ".json"
_TOLD_MOST_BYTES = 4096


@dataclass(frozen=True)
class KernelPlace:
    """Where one kernel listens. The name begins with the computer's, for a home directory may be that of several."""

    name: str

    @property
    def file(self) -> Path:
        """Return where it has written its socket's path and the key by which both sides prove themselves."""
        return _directory() / f"{self.name}{_ENDING}"

    @property
    def socket(self) -> Path:
        """Return where its socket lies, where the disk has sockets and the path is short enough."""
        return _directory() / f"{self.name}.socket"

    def told(self) -> tuple[str, bytes]:
        """Return the path of its socket, and the key. Raises OSError, CheckpointForeign."""
        with suppress(ValueError, KeyError, TypeError):
            told = json.loads(read_own(self.file, _TOLD_MOST_BYTES))
            return str(told["socket"]), bytes.fromhex(told["key"])
        raise FileNotFoundError(self.file)

    def remove(self) -> None:
        """Remove what a kernel has left."""
        for path in (self.file, self.socket):
            with suppress(OSError):
                path.unlink()


@contextmanager
def listening() -> Iterator[tuple[KernelPlace, socket.socket, bytes]]:
    """Give a place for this kernel with the socket that listens there and its key. Raises OSError, OssJupyterError."""
    make_private(_directory())
    place, key = KernelPlace(f"{_computer()}-{os.getpid()}-{secrets.token_hex(2)}"), secrets.token_bytes(KEY_BYTES)
    with bound(place.socket) as listener:
        listener.listen(64)
        write_private(place.file, json.dumps({"socket": listener.getsockname(), "key": key.hex()}).encode())
        yield place, listener, key


def places() -> list[KernelPlace]:
    """Return where other kernels on this computer listen, or did; it costs one look at the disk."""
    with suppress(OSError, CheckpointForeign):
        names = sorted(path.stem for path in _directory().iterdir() if path.suffix == _ENDING)
        own = f"{_computer()}-{os.getpid()}-"
        return [KernelPlace(name) for name in names if name.startswith(f"{_computer()}-") and not name.startswith(own)]
    return []


def _directory() -> Path:
    return state_directory() / "kernels"


def _computer() -> str:
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]
