"""Just enough of OSS for a multipart upload: every request is answered with yes, no signature is looked at.

Nothing is remembered, so ListParts finds none, and HEAD is forbidden: "not there" after a Complete would be a lie that
clients find out. No CRC-64 is returned, because computing it would
make the sink slower than its clients; they compute theirs all the same and leave the comparison out. What is appended
is always welcome. What can be read stands in stored.py.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

ETAG = '"D41D8CD98F00B204E9800998ECF8427E"'
_UPLOAD_ID = "0" * 31 + "1"
# What each reply begins with, after its first line.
HEADERS = f"Server: AliyunOSS\r\nx-oss-request-id: {'0' * 24}\r\n"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class Head:
    """The first lines of a request."""

    method: str
    target: str
    headers: dict[str, str]

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return int(self.headers.get("content-length", 0))

    @property
    def is_part(self) -> bool:
        """Whether its body are bytes of an object."""
        return self.method == "PUT" or (
            self.method == "POST" and "append" in parse_qs(urlsplit(self.target).query, True)
        )

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection stays open afterwards."""
        return self.headers.get("connection", "").lower() != "close"


def parse_head(data: bytes) -> Head:
    """Return the head of a request from its bytes, without the empty line."""
    first, *lines = data.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return Head(method, target, {name.lower(): value.strip() for name, _, value in pairs})


def answer(head: Head) -> bytes:
    """Return the whole reply to a request whose body has been taken."""
    url = urlsplit(head.target)
    query = parse_qs(url.query, keep_blank_values=True)
    bucket, _, key = unquote(url.path).lstrip("/").partition("/")
    if head.method == "PUT":
        return reply(200, etag=True)
    if head.is_part:
        return reply(200, etag=True, extra=f"x-oss-next-append-position: {int(query['position'][0]) + head.length}\r\n")
    if head.method == "POST":
        name = "InitiateMultipartUploadResult" if "uploads" in query else "CompleteMultipartUploadResult"
        return reply(200, _result(name, bucket, key, query), etag=True)
    if head.method == "GET" and "uploadId" in query:
        return reply(200, _result("ListPartsResult", bucket, key, query))
    if head.method == "DELETE":
        return reply(204)
    return _refused(head.method == "HEAD")


def _result(name: str, bucket: str, key: str, query: dict[str, list[str]]) -> str:
    encoding = "<EncodingType>url</EncodingType>" if query.get("encoding-type") == ["url"] else ""
    upload = "" if name.startswith("Complete") else f"<UploadId>{_UPLOAD_ID}</UploadId>"
    tail = f"<Location>/{escape(key)}</Location><ETag>{ETAG}</ETag>" if not upload else ""
    if name == "ListPartsResult":
        tail = (
            "<PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>0</NextPartNumberMarker>"
            "<MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated>"
        )
    named = f"<Bucket>{escape(bucket)}</Bucket><Key>{escape(key)}</Key>"
    return document(name, f"{encoding}{named}{upload}{tail}")


def _refused(bodiless: bool) -> bytes:
    text = document("Error", "<Code>AccessDenied</Code><Message>The sink keeps nothing.</Message>")
    # The reply to HEAD has no body; OSS puts the document into a header.
    extra = f"x-oss-err: {base64.b64encode(text.encode()).decode()}\r\n"
    return reply(403, "" if bodiless else text, extra=extra)


def document(name: str, inside: str) -> str:
    """Return a document of the service's."""
    return f"{_DECLARATION}<{name}>{inside}</{name}>"


def reply(status: int, text: str = "", *, etag: bool = False, extra: str = "") -> bytes:
    """Return a whole reply."""
    body = text.encode()
    head = f"HTTP/1.1 {status} {'OK' if status < 300 else 'Forbidden'}\r\n{HEADERS}Content-Length: {len(body)}\r\n"
    head += f"ETag: {ETAG}\r\n" if etag else ""
    head += "Content-Type: application/xml\r\n" if body else ""
    return f"{head}{extra}\r\n".encode() + body
