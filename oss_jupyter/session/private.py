"""How processes of one user speak to each other: in a directory of that user's alone, by sockets, with a key."""

from __future__ import annotations

import errno
import os
import shlex
import socket
import struct
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.local.files import create_own
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

# A socket's path has room for 108 bytes on Linux and 104 on macOS.
_PATH_MOST_BYTES = 100
KEY_BYTES = 32


def make_private(directory: Path) -> None:
    """Make the directory where there is none. Raises OssJupyterError where others can look into it, OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.lstat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o077 or directory.is_symlink():
        raise OssJupyterError(
            tr(
                "Others can look into {directory}, where processes of yours would listen for each other.",
                directory=directory,
            ),
            tr("If it is yours: chmod 700 {directory}", directory=shlex.quote(str(directory))),
            safe=tr("Nothing was sent."),
            code="HostNotPrivate",
        )


@contextmanager
def bound(path: Path) -> Iterator[socket.socket]:
    """Give a socket at a path, or elsewhere where that is too long or its disk has no sockets. Raises OSError."""
    with socket.socket(socket.AF_UNIX) as listener, ExitStack() as at_end:
        listener.setblocking(True)  # whatever socket.setdefaulttimeout says
        if len(os.fsencode(path)) <= _PATH_MOST_BYTES:
            with suppress(OSError):
                listener.bind(str(path))
                path.chmod(0o600)
        if not listener.getsockname():
            # No TemporaryDirectory: a forked child would remove it when it ends.
            elsewhere = Path(tempfile.mkdtemp(prefix="oss_jupyter_socket-"), "socket")
            at_end.callback(elsewhere.parent.rmdir)
            listener.bind(str(elsewhere))
            at_end.callback(elsewhere.unlink)
        yield listener


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only this user can read, whole or not at all. Raises OSError."""
    descriptor = create_own(path)
    try:
        _write_whole(descriptor, content)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise


def _write_whole(descriptor: int, content: bytes) -> None:
    try:
        written = os.write(descriptor, content)
    finally:
        os.close(descriptor)
    if written < len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def be_patient(connection_socket: socket.socket, seconds: float) -> None:
    """Let nothing on a socket take longer; it raises BlockingIOError then."""
    spell = struct.pack("ll", int(seconds), 0)
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection_socket.setsockopt(socket.SOL_SOCKET, option, spell)


def connected(address: str, key: bytes, patience_seconds: float) -> Connection:
    """Return a connection on which both sides have proved that they know the key. Raises OSError, EOFError."""
    from multiprocessing import AuthenticationError
    from multiprocessing.connection import Connection, answer_challenge, deliver_challenge  # 10 ms

    with socket.socket(socket.AF_UNIX) as one:
        one.setblocking(True)  # whatever socket.setdefaulttimeout says
        be_patient(one, patience_seconds)
        one.connect(address)
        connection = Connection(one.detach())
    try:
        answer_challenge(connection, key)
        deliver_challenge(connection, key)
    except AuthenticationError:
        connection.close()
        raise ConnectionRefusedError from None
    except BaseException:
        connection.close()
        raise
    return connection
