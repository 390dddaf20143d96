"""Reading and writing whole objects."""

from __future__ import annotations

import http.client
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

from oss_jupyter.sandbox import Sandbox

from .clients import BUCKET, KEY_ID, KEY_SECRET, REGION, Wire, begin, finish, object_url, put_part, refusal

TEXT = bytes(range(200))


@pytest.fixture
def url(client: Any) -> str:
    """A signed URL of an object of 200 bytes."""
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="key", body=TEXT))
    return str(client.presign(oss.GetObjectRequest(bucket=BUCKET, key="key")).url)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-0", 0, 0), ("10-19", 10, 19), ("190-", 190, 199), ("-5", 195, 199), ("150-999", 150, 199), ("-999", 0, 199)],
)
def test_ranges(wire: Wire, url: str, asked: str, first: int, last: int) -> None:
    """One range is answered with 206, and with the checksum of the whole object."""
    whole = wire.send("GET", url)
    answer = wire.send("GET", url, Range=f"bytes={asked}")
    assert (answer.status, answer.body) == (206, TEXT[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/200"
    assert answer.headers["x-oss-hash-crc64ecma"] == whole.headers["x-oss-hash-crc64ecma"]


@pytest.mark.parametrize("asked", ["bytes=200-", "bytes=9-3", "bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes=-0"])
def test_bad_ranges(wire: Wire, client: Any, url: str, asked: str) -> None:
    """A bad range gives the whole object, or 416 to those who ask for the standard."""
    answer = wire.send("GET", url, Range=asked)
    assert (answer.status, answer.body) == (200, TEXT)
    request = oss.GetObjectRequest(bucket=BUCKET, key="key", range_behavior="standard")
    strict = client.presign(request)
    answer = wire.send("GET", strict.url, Range=asked, **strict.signed_headers)
    assert answer.status == 416


def test_conditions(client: Any, wire: Wire, url: str) -> None:
    """Conditional reads answer 304 and 412."""
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="key"))
    assert wire.send("GET", url, If_None_Match=head.etag).status == 304
    assert wire.send("GET", url, If_Match=head.etag).status == 200
    assert wire.send("GET", url, If_Match='"0"').status == 412
    assert wire.send("GET", url, If_Modified_Since="Fri, 01 Jan 2100 00:00:00 GMT").status == 304
    assert wire.send("GET", url, If_Unmodified_Since="Thu, 01 Jan 1970 00:00:00 GMT").status == 412
    assert wire.send("GET", url).status == 200


def test_response_headers_can_be_chosen(client: Any, wire: Wire, url: str) -> None:
    """A reader may ask for another content type."""
    request = oss.GetObjectRequest(bucket=BUCKET, key="key", response_content_type="text/x-other")
    assert wire.send("GET", client.presign(request).url).headers["content-type"] == "text/x-other"


@pytest.mark.parametrize("key", ["/absolute", "\\windows", "é" * 512])
def test_forbidden_keys(client: Any, key: str) -> None:
    """A key that begins with a slash or is longer than 1023 bytes is refused."""
    with pytest.raises(oss.exceptions.OperationError) as error:
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=b"x"))
    assert refusal(error).code == "InvalidObjectName"


def test_the_longest_key(client: Any) -> None:
    """A key of 1023 bytes is fine, whatever the file system thinks of such names."""
    key = "é" * 511 + "x"
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=b"x"))
    assert client.is_object_exist(bucket=BUCKET, key=key)


def test_metadata_has_rules(client: Any) -> None:
    """Metadata names have no underscore, and all of it together at most 8 KB."""
    for metadata in ({"a_b": "c"}, {"a": "x" * 8192}):
        with pytest.raises(oss.exceptions.OperationError) as error:
            client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=b"x", metadata=metadata))
        assert refusal(error).code == "InvalidArgument"


def test_an_object_is_replaced_while_it_is_read(sandbox: Sandbox, client: Any) -> None:
    """Whoever began to read an object reads it to its end."""
    body = b"old" * 1_000_000
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=body))
    reading = client.get_object(oss.GetObjectRequest(bucket=BUCKET, key="k"))
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=b"new"))
    with reading.body as old:
        assert old.read() == body
    assert sandbox.object_path(BUCKET, "k").read_bytes() == b"new"
    assert len(list(sandbox.object_path(BUCKET, "k").parent.iterdir())) == 2


@pytest.mark.parametrize("suffix", ["localhost", "oss-cn-hangzhou.aliyuncs.com"])
def test_the_bucket_may_be_in_the_host(sandbox: Sandbox, client: Any, suffix: str) -> None:
    """Virtual-host style: the bucket is in the Host header, and signed as if it were in the path."""
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(KEY_ID, KEY_SECRET)
    config.region, config.endpoint = REGION, f"http://{suffix}"
    virtual = oss.Client(config)
    url = virtual.presign(oss.PutObjectRequest(bucket=BUCKET, key="a b/c")).url
    assert url.startswith(f"http://{BUCKET}.{suffix}/a")
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port)
    path = url.partition(suffix)[2]
    connection.request("PUT", path, body=b"x", headers={"Host": f"{BUCKET}.{suffix}:{sandbox.port}"})
    assert connection.getresponse().status == 200
    connection.close()
    assert client.is_object_exist(bucket=BUCKET, key="a b/c")


def test_what_is_not_served_is_said(client: Any) -> None:
    """An operation the sandbox does not have is answered with 501, not with something else."""
    with pytest.raises(oss.exceptions.OperationError) as error:
        client.get_bucket_lifecycle(oss.GetBucketLifecycleRequest(bucket=BUCKET))
    assert (refusal(error).status_code, refusal(error).code) == (501, "NotImplemented")


def test_encryption_is_echoed(client: Any) -> None:
    """Replies to writes repeat how the object is encrypted."""
    chosen = {"server_side_encryption": "KMS", "server_side_encryption_key_id": "my-key"}
    put = client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=b"x", **chosen))
    assert put.headers["x-oss-server-side-encryption"] == "KMS"
    upload_id = begin(client, **chosen)
    done = finish(client, upload_id, {1: put_part(client, upload_id, 1, b"x").etag})
    assert done.headers["x-oss-server-side-encryption-key-id"] == "my-key"
    with pytest.raises(oss.exceptions.OperationError, match="InvalidEncryptionAlgorithmError"):
        begin(client, server_side_encryption="ROT13")


def test_an_empty_object(client: Any, wire: Wire) -> None:
    """An object may be empty; its CRC-64 is 0."""
    assert wire.send("PUT", object_url(client), b"").headers["x-oss-hash-crc64ecma"] == "0"
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="key"))
    assert (head.content_length, head.hash_crc64) == (0, "0")
