"""A small file, read whole: as it was found, unchanged while it was read, with its checksums."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from oss_jupyter.crc64 import crc64
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.model.small_files import FileToSend, Snag

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    # A pipe in the place of the file must not hold up all the others.
    | getattr(os, "O_NONBLOCK", 0)
)
# The coarsest clock of a file system that is in use ticks every two seconds: within them two writes have one mtime.
_YOUNG_NS = 2_000_000_000


@dataclass(frozen=True)
class WholeFile:
    """The bytes of a file, their MD5 (in base64, and in upper-case hex) and their CRC-64."""

    data: bytes = field(repr=False)
    content_md5: str
    md5: str
    crc64: int


class NotAsFound(Exception):
    """A file that cannot be sent as it was found. why, detail: what the feed is told."""

    def __init__(self, why: Snag, detail: str) -> None:
        super().__init__(detail)
        self.why = why
        self.detail = detail


def read_whole(file: FileToSend, now_ns: Callable[[], int] = time.time_ns) -> WholeFile:
    """Return a file that is, before and after it is read, what it was when it was found.

    Raises NotAsFound; Shortage where the system has no more descriptors or memory, which is not the file's fault.
    """
    try:
        data = _read(file, now_ns)
    except FileNotFoundError:
        raise NotAsFound(Snag.CHANGED, "it is gone") from None
    except (OSError, ValueError, MemoryError) as error:
        shortage = shortage_of(error)
        if shortage is not None:
            raise shortage from None
        raise NotAsFound(Snag.UNREADABLE, _words(error)) from None
    digest = hashlib.md5(data, usedforsecurity=False)
    return WholeFile(data, base64.b64encode(digest.digest()).decode(), digest.hexdigest().upper(), crc64(data))


def _read(file: FileToSend, now_ns: Callable[[], int]) -> bytes:
    descriptor = os.open(file.path, _FLAGS)
    try:
        _check(descriptor, file)
        data = _content(descriptor, file.size)
        if now_ns() - file.mtime_ns < _YOUNG_NS:
            os.lseek(descriptor, 0, os.SEEK_SET)
            if _content(descriptor, file.size) != data:
                raise NotAsFound(Snag.CHANGED, "its bytes change")
        _check(descriptor, file)
    finally:
        os.close(descriptor)
    if len(data) != file.size:
        raise NotAsFound(Snag.CHANGED, "it has another size than it says")
    return data


def _check(descriptor: int, file: FileToSend) -> None:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise NotAsFound(Snag.UNREADABLE, "it is not a regular file")
    if status.st_size != file.size or status.st_mtime_ns != file.mtime_ns:
        raise NotAsFound(Snag.CHANGED, "its size or time is another")


def _content(descriptor: int, size: int) -> bytes:
    """Return the bytes of a file and, where there is more than there should be, one of those."""
    data = os.read(descriptor, size + 1)
    while 0 < len(data) < size and (more := os.read(descriptor, size + 1 - len(data))):
        data += more
    return data


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error.strerror}" if isinstance(error, OSError) else type(error).__name__
