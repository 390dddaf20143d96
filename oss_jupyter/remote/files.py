"""Open files: one that is read through a cache of fsspec's, one that becomes an object when it is closed."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable
from typing import Any

from fsspec.spec import AbstractBufferedFile

from oss_jupyter.crc64 import crc64
from oss_jupyter.remote.paths import as_of_files, target_of
from oss_jupyter.remote.read_ahead import ReadAhead
from oss_jupyter.remote.reading import check_crc64
from oss_jupyter.session.open_spool import OpenSpool
from oss_jupyter.texts import tr

_COPIED_BYTES = 1024 * 1024


class ReadingFile(AbstractBufferedFile):  # type: ignore[misc]
    """An object that is read. It is one object to its end: where another one takes its place, ObjectChanged is raised.

    Those who read know size and ETag from when it was opened. While it is read in order, up to 64 MiB of it are in
    memory ahead of who reads. What was freed of that the system may get back later: a process grows by twice that at
    most.
    """

    def __init__(self, fs: Any, path: str, reading: Any, **how: Any) -> None:
        self._reading = reading
        self.target = target_of(path)
        self.details = fs.info_to_open(path)
        super().__init__(fs, path, mode="rb", **how)

    def _fetch_range(self, start: int, end: int) -> bytes:
        with as_of_files(self.path):
            data: bytes = self._reading.range(self.target, start, end, self.details["ETag"])
        return data

    def close(self) -> None:
        """Let go of what was read ahead."""
        cache = getattr(self, "cache", None)  # there is none where it could not be opened
        if isinstance(cache, ReadAhead):
            cache.let_go()
        super().close()


def copy_proven(file: ReadingFile, to: Any, told: Callable[[int, int], object]) -> None:
    """Write an object that was just opened into another file, proven by its CRC-64. told: as in Reading.into."""
    crc = 0
    while data := file.read(_COPIED_BYTES):
        crc = crc64(data, crc)
        to.write(data)
        told(len(data), file.size)
    check_crc64(file.target, crc, file.details.get("crc64"))


class WritingFile(io.BufferedIOBase):
    """A file on this computer that is uploaded when it is closed; until it is there whole, the old object stays.

    One that is left by an exception, or forgotten without being closed, is not stored. spool: where it is written;
    store: uploads that.
    """

    def __init__(self, path: str, spool: OpenSpool, store: Callable[[], None], *, autocommit: bool) -> None:
        self.path = path
        self.mode = "wb"
        self.autocommit = autocommit
        self._store = store
        self._spool = spool

    def writable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes, in what is not stored yet."""
        return True

    def write(self, data: Any) -> int:
        """Take the next bytes."""
        return self._spool.write(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to another place."""
        return self._spool.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._spool.tell()

    def truncate(self, size: int | None = None) -> int:
        """Cut it off."""
        return self._spool.truncate(size)

    def flush(self) -> None:
        """Hand over what is buffered; nothing is sent before it is closed."""
        if not self.closed:
            self._spool.flush()

    def close(self) -> None:
        """Store it, within a transaction at its end."""
        if self.closed:
            return
        try:
            self._spool.finish()
        except BaseException:
            self.discard()
            raise
        super().close()
        if self.autocommit:
            self.commit()

    def commit(self) -> None:
        """Upload what was written."""
        self._store()

    def discard(self) -> None:
        """Forget what was written."""
        self._spool.discard()
        super().close()

    def __exit__(self, kind: Any, *_: Any) -> None:
        """Store it; where the block failed, half a file is no file."""
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self) -> None:
        """Remove what nobody can close any more."""
        if getattr(self, "_spool", None) is not None and not self.closed:
            self.discard()
            told = tr("oss://{path} was never closed, so it was not stored.", path=self.path)
            warnings.warn(told, ResourceWarning, stacklevel=2)
