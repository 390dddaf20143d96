"""HTTP as the service speaks it: what is sent, what is checked, and when a connection is kept."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import time
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

from oss_jupyter.sandbox import Fault, Sandbox

from .clients import BUCKET, Wire, begin, object_url, part_url


def _raw(sandbox: Sandbox, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", sandbox.port), timeout=30)
    connection.sendall(data)
    return connection


def _head(url: str, *headers: str) -> bytes:
    target = "/" + url.split("/", 3)[3]
    return "\r\n".join([f"PUT {target} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def test_headers_of_every_reply(sandbox: Sandbox, client: Any, wire: Wire) -> None:
    """Every reply says server, date, request id and time; x-oss- names are lower-case on the wire."""
    answer = wire.send("PUT", object_url(client), b"x")
    assert answer.headers["server"] == "AliyunOSS"
    assert re.fullmatch(r"[0-9A-F]{24}", answer.headers["x-oss-request-id"])
    assert answer.headers["date"].endswith(" GMT")
    assert answer.headers["x-oss-server-time"].isdecimal()
    with _raw(sandbox, _head(object_url(client), "Content-Length: 0")) as connection:
        assert b"\r\nx-oss-request-id: " in connection.recv(65536)


def test_a_connection_survives_a_refused_body(sandbox: Sandbox, client: Any, wire: Wire) -> None:
    """The body of a refused request is read away, and the next request is not read out of it."""
    upload_id = begin(client)
    url = part_url(client, upload_id, 1)
    body = b"PUT / HTTP/1.1\r\n\r\n" * 100_000
    assert wire.send("PUT", url.replace("x-oss-signature=", "x-oss-signature=0"), body).status == 403
    sandbox.faults.add(Fault("UploadPart"))
    assert wire.send("PUT", url, body).status == 503
    assert wire.send("PUT", url, body).status == 200
    records = [record for record in sandbox.requests if record.operation == "UploadPart"]
    assert [record.body_bytes for record in records] == [len(body)] * 3
    assert len({record.connection_id for record in records}) == 1


def test_a_body_too_large_to_read_away(sandbox: Sandbox, client: Any) -> None:
    """An object over 5 GB is refused by its declared size, and the connection is closed."""
    upload_id = begin(client)
    for url, code in ((object_url(client), b"InvalidArgument"), (part_url(client, upload_id, 1), b"EntityTooLarge")):
        with _raw(sandbox, _head(url, f"Content-Length: {5 * 1024**3 + 1}")) as connection:
            answer = connection.makefile("rb").read()
        assert b"HTTP/1.1 400" in answer
        assert b"Connection: close" in answer
        assert code in answer


@pytest.mark.parametrize(("spoiled", "status"), [(False, b"200"), (True, b"403")])
def test_expect_100_continue(sandbox: Sandbox, client: Any, spoiled: bool, status: bytes) -> None:
    """A client that waits for 100 Continue gets it, or the final error without sending a body."""
    url = object_url(client) + ("0" if spoiled else "")
    with _raw(sandbox, _head(url, "Content-Length: 5", "Expect: 100-continue")) as connection:
        first = connection.recv(65536)
        if not spoiled:
            assert first.startswith(b"HTTP/1.1 100")
            connection.sendall(b"hello")
            first = connection.recv(65536)
        assert first.startswith(b"HTTP/1.1 " + status)


def test_a_length_is_needed(sandbox: Sandbox, client: Any) -> None:
    """Without a length and without chunks there is no object."""
    with _raw(sandbox, _head(object_url(client))) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 411")


def test_a_body_in_chunks(sandbox: Sandbox, client: Any, wire: Wire) -> None:
    """A body without a length may come in chunks, as a part too."""
    upload_id = begin(client)
    pieces = [b"a" * 70_000, b"b" * 3, b"c" * 300_000]
    answer = wire.send("PUT", part_url(client, upload_id, 1), iter(pieces))
    assert answer.headers["etag"] == f'"{hashlib.md5(b"".join(pieces)).hexdigest().upper()}"'


def test_declared_checksums(client: Any) -> None:
    """A body that differs from its declared MD5 or CRC-64 is refused and leaves nothing."""

    def put(**headers: str) -> Any:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=b"hello world", headers=headers))

    with pytest.raises(oss.exceptions.OperationError, match="InvalidDigest"):
        put(content_md5=base64.b64encode(hashlib.md5(b"other").digest()).decode())
    with pytest.raises(oss.exceptions.OperationError, match="InvalidCRC64"):
        put(x_oss_hash_crc64ecma="1")
    assert not client.is_object_exist(bucket=BUCKET, key="k")
    put(
        content_md5=base64.b64encode(hashlib.md5(b"hello world").digest()).decode(),
        x_oss_hash_crc64ecma="5981764153023615706",
    )


def test_a_client_that_goes_away_leaves_nothing(sandbox: Sandbox, client: Any, tmp_path: Any) -> None:
    """A body that breaks off is no part, and its bytes do not stay on the disk."""
    upload_id = begin(client)
    connection = _raw(sandbox, _head(part_url(client, upload_id, 1), "Content-Length: 1000000") + b"x" * 500_000)
    while not sandbox.active_requests:
        time.sleep(0.005)
    connection.close()
    sandbox.stop()
    assert sandbox.parts(BUCKET, "key", upload_id) == ()
    assert list((tmp_path / "sandbox" / "incoming").iterdir()) == []
    assert sandbox.requests[-1].status is None


def test_no_xmlns_and_a_declaration_first(client: Any, wire: Wire) -> None:
    """oss2 and the .NET SDK find nothing behind a namespace."""
    answer = wire.send("GET", client.presign(oss.GetObjectRequest(bucket=BUCKET, key="no")).url)
    assert answer.body.startswith(b'<?xml version="1.0"')
    assert b"xmlns" not in answer.body
    assert answer.headers["content-type"] == "application/xml"
