"""The one object that a sink has, where it is to be read: a file, under whatever key it is asked for.

It answers HEAD, GET with a range or without, and the lists by which some clients look whether it is there. Its CRC-64
is the object's, so a client that compares it does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from oss_jupyter.crc64 import crc64

from .exchange import ETAG, HEADERS, Head, document, reply

_READ_BYTES = 16 * 1024 * 1024
_RANGE = re.compile(r"bytes=([0-9]+)-([0-9]*)")
_DATE = "Tue, 24 Nov 2026 12:00:00 GMT"


@dataclass(frozen=True)
class Stored:
    """The object. crc64: of all its bytes."""

    path: Path
    size: int
    crc64: int

    @classmethod
    def of(cls, path: Path) -> Stored:
        """Return a file as the object."""
        crc = 0
        with path.open("rb") as file:
            while data := file.read(_READ_BYTES):
                crc = crc64(data, crc)
        return cls(path, path.stat().st_size, crc)

    def answers(self, head: Head) -> bool:
        """Whether a request is about this object: reading it, or looking whether it is there."""
        return head.method == "HEAD" or (head.method == "GET" and "uploadId=" not in head.target)

    def answer(self, head: Head) -> tuple[bytes, int, int]:
        """Return the head of the reply, with its body where that is no part of the object; and which bytes follow."""
        url = urlsplit(head.target)
        bucket, _, key = unquote(url.path).lstrip("/").partition("/")
        if not key:
            return self._listed(bucket, parse_qs(url.query, keep_blank_values=True)), 0, 0
        asked = _RANGE.fullmatch(head.headers.get("range", ""))
        first = int(asked[1]) if asked else 0
        end = min(int(asked[2]) + 1 if asked and asked[2] else self.size, self.size)
        status = "206 Partial Content" if asked else "200 OK"
        text = f"HTTP/1.1 {status}\r\n{HEADERS}Content-Length: {end - first}\r\nETag: {ETAG}\r\n"
        text += f"x-oss-hash-crc64ecma: {self.crc64}\r\nx-oss-object-type: Normal\r\nLast-Modified: {_DATE}\r\n"
        text += f"Content-Range: bytes {first}-{end - 1}/{self.size}\r\n" if asked else ""
        return f"{text}Accept-Ranges: bytes\r\n\r\n".encode(), first, 0 if head.method == "HEAD" else end - first

    def _listed(self, bucket: str, query: dict[str, list[str]]) -> bytes:
        prefix = query.get("prefix", [""])[0]
        # Whoever looks below the object finds nothing, whoever looks beside it finds it.
        key = f"{prefix}file.bin"
        there = (
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-24T12:00:00.000Z</LastModified>"
            f"<ETag>{ETAG}</ETag><Type>Normal</Type><Size>{self.size}</Size><StorageClass>Standard</StorageClass>"
            "</Contents>"
        )
        found = "" if prefix.endswith(".bin/") else there
        named = f"<Name>{escape(bucket)}</Name><Prefix>{escape(prefix)}</Prefix><IsTruncated>false</IsTruncated>"
        return reply(200, document("ListBucketResult", named + found))
