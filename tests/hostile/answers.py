"""The answers of the table: what comes back in the place of the right reply. To add one is to add a row.

A row is what goes over the line, made of the right reply, and whether the request takes effect behind it. After each
of them the connection is closed.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .stub import Reply


@dataclass(frozen=True)
class Answer:
    """One row.

    done: whether the service carries the request out. heals: whether one such answer must cost nothing. told: what the
    error must say where nothing else ever comes.
    """

    make: Callable[[Reply], bytes]
    done: bool = False
    heals: bool = True
    told: str = ""


def stranger(status: int, body: bytes = b"", **headers: str) -> Answer:
    """Return the row of somebody else's answer that looks like success."""
    return Answer(page(status, body, **headers), told="is not the OSS service")


def page(status: int, body: bytes = b"", **headers: str) -> Callable[[Reply], bytes]:
    """Return a reply that knows nothing of the service; nothing follows the head of an answer to HEAD."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda right: Reply(status, named, body, right.of_head).wire()


def raw(text: bytes) -> Callable[[Reply], bytes]:
    """Return just these bytes."""
    return lambda _right: text


def tampered(**changes: Any) -> Callable[[Reply], bytes]:
    """Return the right reply with other headers."""
    return lambda right: right.but(**changes).wire()


def in_body(old: bytes, new: bytes) -> Callable[[Reply], bytes]:
    """Return the right reply with something else in its document."""
    return lambda right: right.but(right.body.replace(old, new)).wire()


def cut_short(right: Reply) -> bytes:
    """Return the right head with a body that ends too early."""
    return right.but(Content_Length=str(len(right.body) + 100)).wire()


def chunked(right: Reply) -> bytes:
    """Return the right head with a chunked body that ends within a chunk."""
    head, _, body = right.but(Transfer_Encoding="chunked").wire().partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
    return b"\r\n".join(lines) + b"\r\n\r\n" + b"%x\r\n" % (len(body) + 50) + body


def zipped(right: Reply) -> bytes:
    """Return the right reply compressed, which nobody asked for."""
    return right.but(gzip.compress(right.body), Content_Encoding="gzip").wire()


HTML = b"<!DOCTYPE html><html><head><title>Wi-Fi</title></head><body>Please log in.</body></html>"
XHTML = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>Please log in.</p></body></html>'
ERROR = b"<Error><Code>InternalError</Code><Message>Sorry.</Message></Error>"
ODD_ERROR = b"<Error><Code>NobodyKnows</Code></Error>"
BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Error><Code>&b;</Code></Error>'
OK = b"HTTP/1.1 200 OK\r\n"

ANSWERS: dict[str, Answer] = {
    # Somebody else answers, and it looks like success.
    "login page": stranger(200, HTML, Content_Type="text/html"),
    "login page with ETag": stranger(200, HTML, Content_Type="text/html", ETag='W/"5f3-61"'),
    "login page with cookie": stranger(200, HTML, Set_Cookie="session=1", Location="https://wifi.test/"),
    "XHTML": stranger(200, XHTML, Content_Type="application/xhtml+xml"),
    "JSON": stranger(200, b'{"status": "ok"}', Content_Type="application/json"),
    "JSON list": stranger(200, b"[]", Content_Type="application/json"),
    "plain text": stranger(200, b"OK", Content_Type="text/plain"),
    "nothing": stranger(200),
    "one NUL": stranger(200, b"\0"),
    "Error with 200": stranger(200, ERROR, Content_Type="application/xml"),
    "odd Error with 200": stranger(200, ODD_ERROR),
    "empty Error with 200": stranger(200, b"<Error/>"),
    "entities": stranger(200, BOMB),
    "deep XML": stranger(200, b"<a>" * 5000 + b"</a>" * 5000),
    "deep JSON": stranger(200, b'{"a":' * 12_000),
    "201": stranger(201),
    "203": stranger(203, HTML),
    "204": stranger(204),
    "206": stranger(206, b"x", Content_Range="bytes 0-0/1"),
    "page too long": stranger(200, bytes(5 * 1024 * 1024)),
    "gzip bomb": stranger(200, gzip.compress(bytes(32 * 1024 * 1024)), Content_Encoding="gzip"),
    # It is done, and the answer does not prove it.
    "no request id": Answer(tampered(x_oss_request_id=None), done=True),
    "no ETag": Answer(lambda right: right.but(_without_etag(right.body), ETag=None).wire(), done=True),
    "no header": Answer(lambda right: page(right.status, right.body)(right), done=True),
    "no CRC-64": Answer(tampered(x_oss_hash_crc64ecma=None), done=True),
    "empty ETag": Answer(tampered(ETag='""'), done=True),
    "NUL in ETag": Answer(tampered(ETag='"A\0B"'), done=True),
    "NUL in request id": Answer(tampered(x_oss_request_id="A\0B"), done=True),
    "Latin-1 in ETag": Answer(tampered(ETag='"\xe9\xff"'), done=True),
    "CRC-64 in words": Answer(tampered(x_oss_hash_crc64ecma="twelve"), done=True),
    "CRC-64 in hex": Answer(tampered(x_oss_hash_crc64ecma="0x1f"), done=True),
    "CRC-64 negative": Answer(tampered(x_oss_hash_crc64ecma="-1"), done=True),
    "CRC-64 underscored": Answer(tampered(x_oss_hash_crc64ecma="1_0"), done=True),
    "CRC-64 of 400 digits": Answer(tampered(x_oss_hash_crc64ecma="9" * 400), done=True),
    "CRC-64 beyond 64 bits": Answer(tampered(x_oss_hash_crc64ecma=str(1 << 64)), done=True),
    "another CRC-64": Answer(tampered(x_oss_hash_crc64ecma="12"), done=True, heals=False),
    "another bucket": Answer(in_body(b"<Bucket>test-bucket", b"<Bucket>other-bucket"), done=True),
    "another key": Answer(in_body(b"<Key>", b"<Key>other/"), done=True),
    "another root": Answer(in_body(b"Result>", b"Outcome>"), done=True),
    "compressed": Answer(zipped, done=True),
    "cut short": Answer(cut_short, done=True),
    "chunked, cut short": Answer(chunked, done=True),
    "after 103": Answer(lambda right: b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + right.wire(), done=True),
    "after 102 and 100": Answer(
        lambda right: b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + right.wire(), done=True
    ),
    "garbage behind": Answer(lambda right: right.wire() + b"garbage", done=True),
    "lost": Answer(raw(b""), done=True),
    # What is no HTTP, or hardly.
    "no answer": Answer(raw(b"")),
    "half a status line": Answer(raw(b"HTTP/1.1 2")),
    "no status": Answer(raw(b"HTTP/1.1  OK\r\n\r\n")),
    "status 2000": Answer(raw(b"HTTP/1.1 2000 OK\r\n\r\n")),
    "another protocol": Answer(raw(b"SSH-2.0-OpenSSH_9.6\r\n")),
    "interim for ever": Answer(raw(b"HTTP/1.1 102 Processing\r\n\r\n" * 500)),
    "Content-Length in words": Answer(raw(OK + b"Content-Length: ten\r\n\r\n" + HTML)),
    "Content-Length negative": Answer(raw(OK + b"Content-Length: -10\r\n\r\n" + HTML)),
    "two Content-Lengths": Answer(raw(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx")),
    "chunk size in words": Answer(raw(OK + b"Transfer-Encoding: chunked\r\n\r\nten\r\n" + HTML)),
    "NUL in a header": Answer(raw(OK + b"X-Thing: a\0b\r\nContent-Length: 0\r\n\r\n")),
    "header without colon": Answer(raw(OK + b"nonsense\r\nContent-Length: 0\r\n\r\n")),
    "header too long": Answer(raw(OK + b"X-Thing: " + b"x" * 70_000 + b"\r\n\r\n")),
    "too many headers": Answer(raw(OK + b"X-Thing: x\r\n" * 200 + b"\r\n")),
    # Refusals, of the service and of others.
    "500 in 200": Answer(page(200, ERROR, x_oss_request_id="R"), told="internal problem"),
    "refusal in 200": Answer(page(200, ODD_ERROR, x_oss_request_id="R"), heals=False),
    "500": Answer(page(500, ERROR, x_oss_request_id="R")),
    "502 page": Answer(page(502, HTML)),
    "503 for an hour": Answer(page(503, ERROR, Retry_After="3600")),
    "503 for 400 digits": Answer(page(503, HTML, Retry_After="9" * 400)),
    "503 until 2100": Answer(page(503, HTML, Retry_After="Fri, 01 Jan 2100 00:00:00 GMT")),
    "429 for minus an hour": Answer(page(429, HTML, Retry_After="-3600")),
    "deed, then 500": Answer(page(500, ERROR), done=True),
    "302": Answer(page(302, HTML, Location="https://wifi.test/"), heals=False),
    "403 page": Answer(page(403, HTML), heals=False),
    "404 page": Answer(page(404, HTML), heals=False),
    "405": Answer(page(405), heals=False),
    "411 page": Answer(page(411, HTML), heals=False),
    "endless error": Answer(page(403, bytes(5 * 1024 * 1024)), heals=False),
    "error in gzip": Answer(page(400, gzip.compress(ERROR), Content_Encoding="gzip"), heals=False),
}


def _without_etag(body: bytes) -> bytes:
    before, start, rest = body.partition(b"<ETag>")
    return before + rest.partition(b"</ETag>")[2] if start else body
