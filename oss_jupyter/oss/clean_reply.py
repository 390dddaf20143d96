"""Replies to PutObject, read as they come, with one question: is this the service's plain yes?

Whatever else it is, however harmless, is not interpreted: the file goes another way, which knows all answers. Of a
refusal the service's code is read, for whoever has to decide whether it concerns this file or all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from oss_jupyter.errors import NotOss
from oss_jupyter.model.small_files import Snag
from oss_jupyter.oss.bounds import ERROR_BYTES, HEAD_BYTES, HEADERS_MOST
from oss_jupyter.oss.proof import read_proof
from oss_jupyter.oss.reply import read_reply

_OK = b"HTTP/1.1 200 "
_END = b"\r\n\r\n"
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?\r\n")
_PROVING = (("ETag", "etag"), ("x-oss-request-id",) * 2, ("x-oss-hash-crc64ecma",) * 2)
# What counts here; of others, like cookies, there may be several.
_COUNTING = re.compile(
    r"\r\n(etag|x-oss-request-id|x-oss-hash-crc64ecma|content-length|transfer-encoding|connection):([^\r]*)",
    re.IGNORECASE,
)
# Names of the standard's letters, and no control character but a tab in values (RFC 9110, 5.1 and 5.5).
_LINES = re.compile(r"(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*)*")
_NO_HTTP = "no HTTP"


@dataclass(frozen=True)
class Confirmed:
    """The service stored the object. crc64: None where it tells none. keeps: whether the connection stays open."""

    etag: str
    crc64: int | None
    keeps: bool


@dataclass(frozen=True)
class Doubt:
    """Any other answer. detail: for logs, without secrets."""

    why: Snag
    detail: str


def read_put_reply(data: bytes, *, ended: bool = False) -> Confirmed | Doubt | None:
    """Return what a reply means as far as it has come, or None where that cannot be told yet.

    ended: whether nothing more will come.
    """
    if not data.startswith(_OK):
        return _read_other(data, ended=ended)
    end = data.find(_END)
    if end < 0:
        return _unfinished(data, ended=ended)
    headers = _headers(data[:end])
    if headers is None:
        return Doubt(Snag.UNCLEAR, _NO_HTTP)
    if "transfer-encoding" in headers or headers.get("content-length") != "0" or len(data) > end + len(_END):
        return Doubt(Snag.UNCLEAR, "the answer has a body")
    try:
        said = read_proof({name: headers.get(key, "") for name, key in _PROVING}, "")
    except NotOss:
        return Doubt(Snag.UNCLEAR, "a header cannot be the service's")
    if not said.signed:
        return Doubt(Snag.UNCLEAR, "the answer proves nothing")
    return Confirmed(said.etag, said.crc64, "close" not in headers.get("connection", "").lower())


def _unfinished(data: bytes, *, ended: bool) -> Doubt | None:
    if ended:
        return Doubt(Snag.NETWORK, "the answer was cut short")
    if len(data) > HEAD_BYTES or b"\n\n" in data:
        return Doubt(Snag.UNCLEAR, _NO_HTTP)
    return None


def _read_other(data: bytes, *, ended: bool) -> Doubt | None:
    line_end = data.find(b"\n")
    if line_end < 0:
        return _unfinished(data, ended=ended)
    found = _STATUS.match(data)
    if found is None:
        return Doubt(Snag.UNCLEAR, _NO_HTTP)
    status = int(found[1])
    if status < 300:
        return Doubt(Snag.UNCLEAR, f"status {status}")
    return _refusal(status, data, ended=ended)


def _refusal(status: int, data: bytes, *, ended: bool) -> Doubt | None:
    """Return a refusal once its document is there, or as much as will come of it."""
    bare = Doubt(Snag.REFUSED, f"status {status}")
    head, end, body = data.partition(_END)
    if not end:
        return bare if ended or len(data) > HEAD_BYTES else None
    headers = _headers(head)
    if headers is None:
        return bare
    length = headers.get("content-length", "")
    expected = int(length) if length.isdecimal() and len(length) < 10 else ERROR_BYTES
    if len(body) < min(expected, ERROR_BYTES) and not ended:
        return None
    code = read_reply(status, headers, body[:ERROR_BYTES]).code
    return Doubt(Snag.REFUSED, f"status {status} {code}".rstrip())


def _headers(head: bytes) -> dict[str, str] | None:
    """Return the headers that count, by their lower-case names; None where no server that can be trusted says so."""
    text = head.decode("latin-1")
    if len(text) > HEAD_BYTES or text.count("\r\n") > HEADERS_MOST or not _LINES.fullmatch(text, text.find("\r\n")):
        return None
    found = _COUNTING.findall(text)
    headers = {name.lower(): value.strip(" \t") for name, value in found}
    return headers if len(headers) == len(found) else None
