"""A local file as a source: what it is now, and checksums of its ranges. Any thread may call it; no file stays open."""

from __future__ import annotations

import hashlib
import os
import shlex
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import PartStopped, SourceChanged, SourceMissing, SourceUnreadable
from oss_jupyter.local.writers import open_for_writing
from oss_jupyter.model.reading import reading
from oss_jupyter.model.wire_values import Fingerprint
from oss_jupyter.paths import absolute
from oss_jupyter.texts import tr

_READ_BYTES = 1024 * 1024


def _never() -> bool:
    return False


class FileSource:
    """A file, by its absolute path. A symbolic link stands for what it points at when it is read.

    kept: a checkpoint names it. It is taken as it is: what is wrong with it is found when it is read.
    """

    def __init__(self, path: str | os.PathLike[str], *, kept: bool = False) -> None:
        self.path = Path(path) if kept else absolute(path, "source")

    def __repr__(self) -> str:
        return f"FileSource({str(self.path)!r})"

    def check(self) -> Fingerprint:
        """Return the fingerprint of a file that can be read and has as many bytes as it says.

        Raises SourceMissing, SourceUnreadable.
        """
        fingerprint = self.fingerprint()
        # What a system makes up as it is read says 0 bytes, or a page. An empty one may keep a reader waiting for more.
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | (0 if fingerprint.size else getattr(os, "O_NONBLOCK", 0))
        with reading(self.path), open(os.open(self.path, flags), "rb", buffering=0) as file:  # noqa: PTH123
            there = _bytes_around(file, fingerprint.size)
        if there == (fingerprint.size > 0, False):
            return fingerprint
        now = self.fingerprint()
        if now.size != fingerprint.size:
            return now  # it grows, or was cut, in this moment: no lie
        raise SourceUnreadable(
            tr(
                "{path} says that it has {size} bytes, and has more."
                if there[1]
                else "{path} says that it has {size} bytes, and has fewer.",
                path=self.path,
                size=f"{fingerprint.size:,}",
            ),
            tr(
                "Copy what is in it to a file first, and upload that one, for example: !cat {path} > copy.txt",
                path=shlex.quote(str(self.path)),
            ),
            code="SourceSizeUnknown",
        )

    def fingerprint(self) -> Fingerprint:
        """Return size in bytes, mtime and ctime in ns, and inode. Raises SourceMissing, SourceUnreadable.

        The device number is left out: it changes when a disk is mounted again, and the file does not.
        """
        with reading(self.path):
            status = self.path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise SourceMissing(
                tr("{path} is a directory.", path=self.path),
                tr("Give the path of a file; upload(folder, …) takes a folder as a whole."),
                code="SourceIsDirectory",
            )
        if not stat.S_ISREG(status.st_mode):
            raise SourceMissing(
                tr("{path} is not a regular file.", path=self.path),
                tr("Write the data to a file first: pipes and devices cannot be read again after a failure."),
                code="SourceNotRegular",
            )
        return Fingerprint(status.st_size, status.st_mtime_ns, str(status.st_ino), status.st_ctime_ns)

    def open_for_writing(self) -> bool:
        """Whether the system can tell that somebody, this process included, has the file open for writing.

        Raises SourceMissing, SourceUnreadable.
        """
        with reading(self.path):
            return open_for_writing(self.path)

    def crc64(self, offset: int, length: int, stopped: Callable[[], bool] = _never) -> int:
        """Return the CRC-64 of a byte range. Raises PartStopped once `stopped()`, SourceError."""
        crc = 0
        for piece in self.pieces(offset, length, stopped):
            crc = crc64(piece, crc)
        return crc

    def md5(self, offset: int, length: int, stopped: Callable[[], bool] = _never) -> str:
        """Return the MD5 of a byte range in upper-case hex, as the ETag of a part has it."""
        digest = hashlib.md5(usedforsecurity=False)
        for piece in self.pieces(offset, length, stopped):
            digest.update(piece)
        return digest.hexdigest().upper()

    def pieces(self, offset: int, length: int, stopped: Callable[[], bool] = _never) -> Iterator[memoryview]:
        """Yield a byte range piece by piece; each is overwritten by the next. Raises PartStopped, SourceError."""
        buffer = memoryview(bytearray(min(_READ_BYTES, max(1, length))))
        with reading(self.path), self.path.open("rb", buffering=0) as file:
            file.seek(offset)
            while length:
                if stopped():
                    raise PartStopped("Reading was stopped.")
                count = file.readinto(buffer[:length])
                if not count:
                    raise SourceChanged(
                        tr("{path} is shorter than it was.", path=self.path),
                        tr("Run the upload again; it looks at the file anew."),
                    )
                yield buffer[:count]
                length -= count


def _bytes_around(file: IO[bytes], size: int) -> tuple[bool, bool]:
    """Return whether the last byte that a size promises is there, and whether there is one more."""
    file.seek(max(0, size - 1))
    last = bool(file.read(1)) if size else False
    # None: not now, but there may be more later.
    return last, file.read(1) != b"" if last or not size else False
