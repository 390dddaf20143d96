"""The checksums of a whole file as it was when it was found: a plain function, for wherever files are compared."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from typing import Any

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import PartStopped, SourceChanged
from oss_jupyter.model.compare import Sum
from oss_jupyter.model.dataset import Checksums
from oss_jupyter.model.reading import reading
from oss_jupyter.names import printable
from oss_jupyter.texts import tr

_READ_BYTES = 1024 * 1024
# A pipe that stands in the file's place now must not keep anybody waiting.
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY"))


def _never() -> bool:
    return False


def checksums(path: str, size: int, mtime_ns: int, wanted: Sum, stopped: Callable[[], bool] = _never) -> Checksums:
    """Return what is wanted of a file that was found with this size in bytes and mtime; it is read once.

    Raises SourceChanged where it is another one by now, before or after reading, PartStopped once `stopped()`,
    SourceMissing, SourceUnreadable, Shortage.
    """
    digest = hashlib.md5(usedforsecurity=False) if Sum.MD5 in wanted else None
    crc: int | None = 0 if Sum.CRC64 in wanted else None
    with reading(path):
        descriptor = os.open(path, _FLAGS)
        try:
            _check(descriptor, path, size, mtime_ns)
            for piece in _pieces(descriptor, path, size, stopped):
                if digest is not None:
                    digest.update(piece)
                if crc is not None:
                    crc = crc64(piece, crc)
            _check(descriptor, path, size, mtime_ns)
        finally:
            os.close(descriptor)
    return Checksums("" if digest is None else digest.hexdigest().upper(), crc)


def _pieces(descriptor: int, path: str, size: int, stopped: Callable[[], bool]) -> Iterator[bytes]:
    while size:
        if stopped():
            raise PartStopped("Reading was stopped.")
        piece = os.read(descriptor, min(size, _READ_BYTES))
        if not piece:
            raise _changed(path)
        yield piece
        size -= len(piece)


def _check(descriptor: int, path: str, size: int, mtime_ns: int) -> None:
    now: Any = os.fstat(descriptor)
    if not stat.S_ISREG(now.st_mode) or (now.st_size, now.st_mtime_ns) != (size, mtime_ns):
        raise _changed(path)


def _changed(path: str) -> SourceChanged:
    return SourceChanged(
        tr("{path} changed since it was found.", path=printable(path)),
        tr("Run the upload again; it looks at the file anew."),
    )
