"""The file of uploads that have ended. Several processes append to it at once, each line whole and in one write.

At 10 MB it becomes the older generation, in place of the one before, so 20 MB are kept at most. A process that had it
open still appends to it there. What lies there is not believed: only regular files of this user's are opened.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from oss_jupyter.errors import CheckpointForeign
from oss_jupyter.local.files import check_own, create_own, open_own, read_own

ROTATED_AT_BYTES = 10_000_000
# Whoever renames needs no more than a moment.
_PATIENCE_SECONDS = 1.0
_NAME, _OLDER, _LOCK = "history.jsonl", "history.1.jsonl", "history.lock"


class HistoryFile:
    """The history in one directory. Any thread and process may call it."""

    def __init__(self, directory: Path, rotated_at_bytes: int = ROTATED_AT_BYTES) -> None:
        self.path = directory / _NAME
        self._older = directory / _OLDER
        self._lock = directory / _LOCK
        self._rotated_at_bytes = rotated_at_bytes

    def append(self, line: bytes) -> None:
        """Add a line, which has its end. Raises CheckpointForeign, OSError (Timeout is one)."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = self._opened()
        try:
            if os.fstat(descriptor).st_size + len(line) > self._rotated_at_bytes:
                self._rotate(len(line))
                os.close(descriptor)
                descriptor = -1
                descriptor = self._opened()
            _write(descriptor, line)
        finally:
            if descriptor >= 0:
                os.close(descriptor)

    def lines(self) -> list[bytes]:
        """Return all lines that can be read, the oldest first; of the older generation see `unread`.

        Raises CheckpointForeign, OSError.
        """
        content = b""
        # A file that was renamed between the two is read once at least.
        with suppress(OSError, CheckpointForeign):
            content += self._read(self._older)
        with suppress(FileNotFoundError):
            content += self._read(self.path)
        return [line for line in content.split(b"\n") if line]

    def unread(self) -> Path | None:
        """Return the older generation, where something is in its place that cannot be read."""
        try:
            os.close(open_own(self._older, os.O_RDONLY))
        except FileNotFoundError:
            return None
        except (OSError, CheckpointForeign):
            return self._older
        return None

    def _read(self, path: Path) -> bytes:
        return read_own(path, 2 * self._rotated_at_bytes) + b"\n"

    def stamp(self) -> str:
        """Return a text that is another one once something was appended; "" where nothing is. Raises OSError."""
        with suppress(FileNotFoundError):
            status = self.path.lstat()
            return f"{status.st_ino}-{status.st_size}"
        return ""

    def _opened(self) -> int:
        try:
            return open_own(self.path, os.O_RDWR | os.O_APPEND)
        except FileNotFoundError:
            with suppress(FileExistsError):  # another process was quicker
                os.close(create_own(self.path))
            return open_own(self.path, os.O_RDWR | os.O_APPEND)

    def _rotate(self, more_bytes: int) -> None:
        """Make room, unless another process has done so meanwhile."""
        with suppress(FileNotFoundError):
            check_own(self._lock)
        with FileLock(self._lock, mode=0o600).acquire(timeout=_PATIENCE_SECONDS), suppress(FileNotFoundError):
            if self.path.stat().st_size + more_bytes > self._rotated_at_bytes:
                self.path.replace(self._older)


def _write(descriptor: int, line: bytes) -> None:
    """Add a line in one write; behind one that a full disk has torn it begins anew."""
    size = os.fstat(descriptor).st_size
    if size:
        os.lseek(descriptor, size - 1, os.SEEK_SET)
        if os.read(descriptor, 1) != b"\n":
            line = b"\n" + line
    if os.write(descriptor, line) < len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
