"""A small OSS of raw sockets, for answers that no server library would give.

It keeps real objects and parts, so what a client claims can be compared with what is there, and it shares no code with
the sandbox. It checks no signatures, but Content-MD5. A thread serves each connection; `_lock` guards `objects`,
`uploads`, `requests` and the traps.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from typing import BinaryIO
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import anycrc

_CRC64 = anycrc.Model("CRC64-XZ")
_REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 403: "Forbidden", 404: "Not Found"}


@dataclass(frozen=True)
class Reply:
    """What the service would answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    of_head: bool = False

    def but(self, body: bytes | None = None, **headers: str | None) -> Reply:
        """Return it with another body or other headers; underscores stand for dashes, None takes one away."""
        changed = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        kept = {name: value for name, value in changed.items() if value is not None}
        return replace(self, headers=kept, body=self.body if body is None else body)

    def wire(self) -> bytes:
        """Return it as it goes over the line."""
        length = {} if self.of_head or self.status == 204 else {"Content-Length": str(len(self.body))}
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Something')}"]
        lines += [f"{name}: {value}" for name, value in {**length, **self.headers}.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if self.of_head else self.body)


@dataclass(frozen=True)
class Asked:
    """One request."""

    operation: str
    key: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Trap:
    """Answers some requests for an operation with what `answer` makes of the right reply.

    done: whether the request takes effect all the same. skip, times: how many requests pass first, and how many after
    those it catches; None is for ever. keys: of which objects, none: of all.
    """

    operation: str
    answer: Callable[[Reply], bytes]
    done: bool = False
    times: int | None = None
    skip: int = 0
    keys: tuple[str, ...] = ()

    def catches(self, operation: str, key: str) -> bool:
        """Whether this request is one of them; it is counted."""
        if operation != self.operation or (self.keys and key not in self.keys):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return self.times is None or self.times >= 0


class Stub:
    """Use it as a context: it listens on a free port of this machine."""

    def __init__(self, *traps: Trap) -> None:
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.requests: list[str] = []
        self._traps = list(traps)
        self._lock = threading.Lock()
        self._ids = count(1)
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.endpoint = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> Stub:
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def set_traps(self, *traps: Trap) -> None:
        """Put other traps in the place of those there are."""
        with self._lock:
            self._traps = list(traps)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as lines:
            while (asked := _read(lines)) is not None:
                with self._lock:
                    self.requests.append(asked.operation)
                    trap = next((trap for trap in self._traps if trap.catches(asked.operation, asked.key)), None)
                    right = self._carry_out(asked, take_effect=trap is None or trap.done)
                if trap is not None:
                    connection.sendall(_and_closes(trap.answer(right)))
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):  # what the client still sends, so that it can read the answer
                        pass
                    return
                connection.sendall(right.wire())

    def _carry_out(self, asked: Asked, *, take_effect: bool) -> Reply:
        before = dict(self.objects), {upload_id: dict(parts) for upload_id, parts in self.uploads.items()}
        reply = _DEEDS[asked.operation](self, asked)
        if not take_effect:
            self.objects, self.uploads = before
        return reply.but(x_oss_request_id=f"{next(self._ids):024X}")

    def _head(self, asked: Asked) -> Reply:
        data = self.objects.get(asked.key)
        if data is None:
            return Reply(404, of_head=True)
        checksums = _checksums(data, multipart=True)
        return Reply(200, {**checksums, "Content-Length": str(len(data))}, of_head=True)

    def _put(self, asked: Asked) -> Reply:
        if _is_damaged(asked):
            return _refusal(400, "InvalidDigest")
        self.objects[asked.key] = asked.body
        return Reply(200, _checksums(asked.body))

    def _initiate(self, asked: Asked) -> Reply:
        upload_id = f"{next(self._ids):032X}"
        self.uploads[upload_id] = {}
        return _document("InitiateMultipartUploadResult", asked, UploadId=upload_id)

    def _part(self, asked: Asked) -> Reply:
        if asked.query["uploadId"] not in self.uploads:
            return _refusal(404, "NoSuchUpload")
        if _is_damaged(asked):
            return _refusal(400, "InvalidDigest")
        self.uploads[asked.query["uploadId"]][int(asked.query["partNumber"])] = asked.body
        return Reply(200, _checksums(asked.body))

    def _objects(self, asked: Asked) -> Reply:
        prefix, after = asked.query["prefix"], asked.query.get("start-after", "")
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        shown = keys[: int(asked.query["max-keys"])]
        told = {"Name": "test-bucket", "Prefix": quote(prefix, safe=""), "EncodingType": "url", "KeyCount": len(shown)}
        cut = "true" if shown != keys else "false"
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in {**told, "IsTruncated": cut}.items())
        for key in shown:
            etag = escape(_checksums(self.objects[key])["ETag"])
            inner += f"<Contents><Key>{quote(key, safe='')}</Key><ETag>{etag}</ETag><Type>Normal</Type>"
            inner += f"<Size>{len(self.objects[key])}</Size></Contents>"
        body = f"<ListBucketResult>{inner}</ListBucketResult>".encode()
        return Reply(200, {"Content-Type": "application/xml"}, body)

    def _list(self, asked: Asked) -> Reply:
        parts = self.uploads.get(asked.query["uploadId"])
        if parts is None:
            return _refusal(404, "NoSuchUpload")
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(_checksums(data)['ETag'])}</ETag>"
            f"<HashCrc64ecma>{_CRC64.calc(data)}</HashCrc64ecma><Size>{len(data)}</Size></Part>"
            for number, data in sorted(parts.items())
        )
        reply = _document("ListPartsResult", asked, UploadId=asked.query["uploadId"], IsTruncated="false")
        return reply.but(reply.body.replace(b"</ListPartsResult>", f"{listed}</ListPartsResult>".encode()))

    def _uploads(self, asked: Asked) -> Reply:
        told = {"Bucket": "test-bucket", "Prefix": quote(asked.query["prefix"], safe=""), "EncodingType": "url"}
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in {**told, "IsTruncated": "false"}.items())
        for upload_id in self.uploads:
            inner += f"<Upload><Key>{told['Prefix']}</Key><UploadId>{upload_id}</UploadId>"
            inner += "<Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload>"
        body = f"<ListMultipartUploadsResult>{inner}</ListMultipartUploadsResult>".encode()
        return Reply(200, {"Content-Type": "application/xml"}, body)

    def _complete(self, asked: Asked) -> Reply:
        parts = self.uploads.get(asked.query["uploadId"])
        if parts is None:
            return _refusal(404, "NoSuchUpload")
        numbers = [int(element.text or "0") for element in ElementTree.fromstring(asked.body).iter("PartNumber")]
        if not set(numbers) <= set(parts):
            return _refusal(400, "InvalidPart")
        whole = self.objects[asked.key] = b"".join(parts[number] for number in numbers)
        del self.uploads[asked.query["uploadId"]]
        checksums = _checksums(whole, multipart=True)
        return _document("CompleteMultipartUploadResult", asked, ETag=checksums["ETag"]).but(
            ETag=checksums["ETag"], x_oss_hash_crc64ecma=checksums["x-oss-hash-crc64ecma"]
        )

    def _abort(self, asked: Asked) -> Reply:
        found = self.uploads.pop(asked.query["uploadId"], None)
        return _refusal(404, "NoSuchUpload") if found is None else Reply(204)


_DEEDS: dict[str, Callable[[Stub, Asked], Reply]] = {
    "HeadObject": Stub._head,
    "PutObject": Stub._put,
    "InitiateMultipartUpload": Stub._initiate,
    "UploadPart": Stub._part,
    "ListParts": Stub._list,
    "ListObjectsV2": Stub._objects,
    "ListMultipartUploads": Stub._uploads,
    "CompleteMultipartUpload": Stub._complete,
    "AbortMultipartUpload": Stub._abort,
}
_OPERATIONS = {
    ("HEAD", False): "HeadObject",
    ("PUT", False): "PutObject",
    ("PUT", True): "UploadPart",
    ("POST", False): "InitiateMultipartUpload",
    ("POST", True): "CompleteMultipartUpload",
    ("GET", True): "ListParts",
    ("GET", False): "ListObjectsV2",
    ("DELETE", True): "AbortMultipartUpload",
}


def _read(lines: BinaryIO) -> Asked | None:
    first = lines.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    while line := lines.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = lines.read(int(headers.get("content-length", "0")))
    url = urlsplit(first[1])
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    operation = "ListMultipartUploads" if "uploads" in query and first[0] == "GET" else ""
    operation = operation or _OPERATIONS[first[0], "uploadId" in query]
    return Asked(operation, unquote(url.path).split("/", 2)[2], query, headers, body)


def _and_closes(answer: bytes) -> bytes:
    """Let it tell, where it is an answer, that no other comes: whoever asks at that moment would get none."""
    first, end, rest = answer.partition(b"\r\n")
    return first + end + b"Connection: close\r\n" + rest if first.startswith(b"HTTP/1.1 ") and end else answer


def _is_damaged(asked: Asked) -> bool:
    declared = asked.headers.get("content-md5")
    return declared is not None and base64.b64decode(declared) != hashlib.md5(asked.body).digest()


def _checksums(data: bytes, *, multipart: bool = False) -> dict[str, str]:
    digest = hashlib.md5(data).hexdigest().upper()
    return {"ETag": f'"{digest}{"-1" if multipart else ""}"', "x-oss-hash-crc64ecma": str(_CRC64.calc(data))}


def _document(root: str, asked: Asked, **elements: str) -> Reply:
    told = {"Bucket": "test-bucket", "Key": asked.key, **elements}
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in told.items())
    return Reply(200, {"Content-Type": "application/xml"}, f"<{root}>{inner}</{root}>".encode())


def _refusal(status: int, code: str) -> Reply:
    return Reply(status, {"Content-Type": "application/xml"}, f"<Error><Code>{code}</Code></Error>".encode())
