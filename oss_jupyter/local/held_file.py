"""A file on the disk of whichever process has made it, for as long as something there refers to it.

A cluster passes it on as a value. Where it goes to another process, its bytes go along. Any thread may call it.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from oss_jupyter.local.checksums import checksums
from oss_jupyter.local.files import create_own
from oss_jupyter.local.parted_spool import date_by
from oss_jupyter.model.compare import Sum


class HeldFile:
    """A file that goes with this object. It is known by its size in bytes, CRC-64 and MD5, and mtime, made of these."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        weakref.finalize(self, _remove, path)
        status = path.stat()
        sums = checksums(self.path, status.st_size, status.st_mtime_ns, Sum.MD5 | Sum.CRC64)
        assert sums.crc64 is not None, "it is asked for"
        self.size, self.crc64, self.md5 = status.st_size, sums.crc64, sums.md5
        self.mtime_ns = date_by(path, self.crc64)

    def __reduce__(self) -> tuple[Any, ...]:
        return _held_anew, (Path(self.path).read_bytes(), Path(self.path).name)


def hold(value: Any, write: Callable[[Any, IO[bytes]], object], name: str) -> HeldFile:
    """Write a value to a file where this runs, and return that. Raises what `write` raises, and OSError."""
    path = _place() / f"{name}.{secrets.token_hex(4)}"
    try:
        with os.fdopen(create_own(path, appends=False), "w+b") as file:
            write(value, file)
        return HeldFile(path)
    except BaseException:
        _remove(path)
        raise


def _held_anew(content: bytes, name: str) -> HeldFile:
    return hold(content, lambda data, file: file.write(data), name)


def _place() -> Path:
    """Return the folder of the worker that this runs in, which its cluster cleans; else that for temporary files."""
    with suppress(Exception):  # there is none, or it is no worker
        return Path(sys.modules["distributed"].get_worker().local_directory)
    return Path(tempfile.gettempdir())


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)
