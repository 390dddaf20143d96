"""Taking in a request body: its checksums are computed as the bytes come, and it is never held whole."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO
from pathlib import Path
from typing import IO

import anycrc

from oss_jupyter.sandbox.records import new_name
from oss_jupyter.sandbox.replies import ServiceError
from oss_jupyter.sandbox.request import Request

CRC64 = anycrc.Model("CRC64-XZ")

LARGEST_BODY_BYTES = 5 * 1024**3  # of PutObject and of a part
SMALL_BODY_BYTES = 64 * 1024  # up to this a body is not worth a file of its own while it comes
_DOCUMENT_LIMIT_BYTES = 4 * 1024 * 1024  # an XML list of 10000 parts is about 1 MiB


class Body:
    """A body on its way in: a file for objects and parts, memory for documents and for what is small.

    One thread at a time feeds it, in order; they need not all be the same thread.
    """

    def __init__(self, incoming: Path | None) -> None:
        self.path = None if incoming is None else incoming / new_name()
        self.size_bytes = 0
        self.crc64 = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file: IO[bytes] = BytesIO() if self.path is None else self.path.open("wb", buffering=0)

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size_bytes += len(data)
        if self.size_bytes > (_DOCUMENT_LIMIT_BYTES if self.path is None else LARGEST_BODY_BYTES):
            raise ServiceError("EntityTooLarge")
        self._md5.update(data)
        self.crc64 = CRC64.calc(data, self.crc64)
        view = memoryview(data)
        while view:  # an unbuffered write may take only a part
            view = view[self._file.write(view) :]

    def close(self) -> None:
        """Say that no more bytes will come."""
        if self.path is not None:
            self._file.close()

    def discard(self) -> None:
        """Remove what was received, unless it has been moved to its place."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    @property
    def content(self) -> bytes:
        """Return a body held in memory."""
        assert isinstance(self._file, BytesIO)
        return self._file.getvalue()

    @property
    def data(self) -> Path | bytes:
        """Return the file that was received, or the bytes of a body held in memory."""
        return self.path or self.content

    @property
    def etag(self) -> str:
        """Return the MD5 in upper-case hexadecimal, as the service writes ETags."""
        return self._md5.hexdigest().upper()

    @property
    def content_md5(self) -> str:
        """Return the MD5 in base64, as headers carry it."""
        return base64.b64encode(self._md5.digest()).decode()

    @property
    def checksums(self) -> dict[str, str]:
        """Return the headers that tell a client what was received."""
        return {
            "ETag": f'"{self.etag}"',
            "Content-MD5": self.content_md5,
            "x-oss-hash-crc64ecma": str(self.crc64),
        }

    def check(self, request: Request) -> None:
        """Refuse a body that differs from the checksums declared for it."""
        declared_md5 = request.headers.get("content-md5")
        if declared_md5 and declared_md5 != self.content_md5:
            elements = {"ClientComputedContentMD5": declared_md5, "OSSComputedContentMD5": self.content_md5}
            raise ServiceError("InvalidDigest", elements=elements)
        declared_crc = request.headers.get("x-oss-hash-crc64ecma")
        if declared_crc and declared_crc != str(self.crc64):
            raise ServiceError("InvalidCRC64")
