"""A file of this user's that grows at its end, with mode 0600; what is appended is on its way to the disk at once.

A crash can tear the last line only. It knows nothing of what the lines say.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from oss_jupyter.local.files import create_own, open_own

# What is in the system's cache survives the process; only a power cut loses it, and then at most this much is sent
# again. Waiting for the disk after each line would make small parts slow on a home directory in the network.
SYNC_SECONDS = 1.0
_BLOCK_BYTES = 1024 * 1024


class AppendedFile:
    """One file; one thread at a time enters it."""

    def __init__(self, path: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._name = os.fspath(path)
        self._monotonic = monotonic
        self._descriptor: int | None = None
        self._has_links = True
        self._synced_at = 0.0

    def replace(self, content: Iterable[bytes]) -> None:
        """Write it whole; a crash leaves either the old content or the new one. Raises OSError."""
        # A name that nobody can have prepared something at.
        temporary = self.path.with_suffix(f".{secrets.token_hex(4)}.new")
        try:
            with os.fdopen(create_own(temporary), "wb") as file:
                for block in content:
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            self.release()
            temporary.replace(self.path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_directory(self.path.parent)

    def append(self, line: bytes, *, sync: bool = False) -> None:
        """Add a line; wait for the disk once a second, or where `sync` is asked for.

        Raises CheckpointForeign, OSError; of a line that did not fit nothing stays.
        """
        descriptor = self.open()
        written = 0
        try:
            while written < len(line):
                written += os.write(descriptor, line[written:] if written else line)
        except OSError:
            # Half a line from a full disk would damage the next one that fits.
            with suppress(OSError):
                if written:
                    os.ftruncate(descriptor, os.lseek(descriptor, 0, os.SEEK_CUR) - written)
            raise
        now = self._monotonic()
        if sync or now - self._synced_at >= SYNC_SECONDS:
            os.fsync(descriptor)
            self._synced_at = now

    def append_at(self, line: bytes) -> int:
        """Add a line and return where it begins, also where another process adds some. Raises as `append` does."""
        self.append(line)
        return os.lseek(self.open(), 0, os.SEEK_CUR) - len(line)

    def sync_is_due(self) -> bool:
        """Whether the disk has not been waited for during the last second."""
        return self._monotonic() - self._synced_at >= SYNC_SECONDS

    def open(self) -> int:
        """Return a descriptor to read and to append. Raises CheckpointForeign, OSError."""
        if self._descriptor is None:
            self._descriptor = open_own(self.path, os.O_RDWR | os.O_APPEND)
            self._has_links = os.fstat(self._descriptor).st_nlink > 0  # some network disks count none
        return self._descriptor

    def is_gone(self) -> bool:
        """Whether somebody removed or replaced the file: whatever is still appended to it is lost."""
        try:
            os.lstat(self._name)
            return self._has_links and self._descriptor is not None and os.fstat(self._descriptor).st_nlink == 0
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE):
                return True
            raise

    def content(self) -> Iterator[bytes]:
        """Yield what was written to the file that is open, also where it has been removed since; then nothing more."""
        at = 0
        with suppress(OSError):
            while self._descriptor is not None and (block := _read_at(self._descriptor, at)):
                yield block
                at += len(block)

    def mend_end(self) -> None:
        """Take away a last line that has no end. Raises CheckpointForeign, OSError."""
        descriptor = self.open()
        size = os.fstat(descriptor).st_size
        start = max(0, size - _BLOCK_BYTES)
        tail = _read_at(descriptor, start)
        if tail and not tail.endswith(b"\n"):
            os.ftruncate(descriptor, start + tail.rfind(b"\n") + 1)

    def close(self) -> None:
        """Wait for the disk, and let go of the descriptor."""
        if self._descriptor is not None:
            with suppress(OSError):
                os.fsync(self._descriptor)
        self.release()

    def release(self) -> None:
        """Let go of the descriptor; what was written since the last wait may be lost with the power."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _read_at(descriptor: int, place: int) -> bytes:
    os.lseek(descriptor, place, os.SEEK_SET)  # where is read is no matter to what is appended
    return os.read(descriptor, _BLOCK_BYTES)


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":
        return  # Windows cannot open a directory; it writes the entry by itself
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
