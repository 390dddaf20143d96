"""Copying within the service, and removing many objects at once."""

from __future__ import annotations

from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

from .clients import BUCKET, begin, finish

TEXT = bytes(range(256)) * 1000


@pytest.fixture
def stored(client: Any) -> Any:
    """The answer to storing an object with a type and metadata of its own."""
    return client.put_object(
        oss.PutObjectRequest(bucket=BUCKET, key="a b", body=TEXT, content_type="text/x", metadata={"who": "me"})
    )


def head(client: Any, key: str) -> Any:
    return client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key=key))


def test_a_copy_has_the_bytes_and_the_headers(client: Any, stored: Any) -> None:
    """A copy has the checksum of its source, and its type and metadata unless others are given."""
    done = client.copy_object(oss.CopyObjectRequest(bucket=BUCKET, key="copy", source_key="a b"))
    assert (done.etag, done.headers["x-oss-hash-crc64ecma"]) == (stored.etag, stored.hash_crc64)
    assert (head(client, "copy").content_type, head(client, "copy").metadata["who"]) == ("text/x", "me")
    other = oss.CopyObjectRequest(
        bucket=BUCKET, key="a b", source_key="a b", content_type="text/y", metadata_directive="REPLACE"
    )
    client.copy_object(other)
    assert (head(client, "a b").content_type, head(client, "a b").hash_crc64) == ("text/y", stored.hash_crc64)


def test_a_copy_that_cannot_be_is_refused(client: Any, stored: Any) -> None:
    """A missing source, one that has changed, and a target that must stay: each is told by its code."""
    refused: dict[str, dict[str, Any]] = {
        "NoSuchKey": {"source_key": "none"},
        "PreconditionFailed": {"source_key": "a b", "if_match": '"0"'},
        "FileAlreadyExists": {"source_key": "a b", "forbid_overwrite": True},
    }
    for code, given in refused.items():
        with pytest.raises(oss.exceptions.OperationError, match=code):
            client.copy_object(oss.CopyObjectRequest(bucket=BUCKET, key="a b", **given))


def test_ranges_of_an_object_become_parts(client: Any, stored: Any) -> None:
    """An object of copied parts has the bytes of its source; a range beyond it is refused."""
    upload_id = begin(client)
    etags = {}
    for number, wanted in ((1, "bytes=0-127999"), (2, "bytes=128000-255999")):
        request = oss.UploadPartCopyRequest(
            bucket=BUCKET, key="key", source_key="a b", upload_id=upload_id, part_number=number, source_range=wanted
        )
        etags[number] = client.upload_part_copy(request).etag
    finish(client, upload_id, etags)
    assert client.get_object(oss.GetObjectRequest(bucket=BUCKET, key="key")).body.read() == TEXT
    with pytest.raises(oss.exceptions.OperationError, match="InvalidArgument"):
        client.upload_part_copy(
            oss.UploadPartCopyRequest(
                bucket=BUCKET,
                key="key",
                source_key="a b",
                upload_id=begin(client),
                part_number=1,
                source_range="bytes=5-999999",
            )
        )


def test_many_objects_are_removed_at_once(client: Any, stored: Any) -> None:
    """What is named goes, whether it was there or not; other objects stay; more than a thousand are refused."""
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="stays", body=b"x"))
    named = [oss.DeleteObject(key=key) for key in ("a b", "never there")]
    done = client.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=named))
    assert [one.key for one in done.deleted_objects] == ["a b", "never there"]
    page = client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET))
    assert [one.key for one in page.contents] == ["stays"]
    many = [oss.DeleteObject(key=f"{number}") for number in range(1001)]
    with pytest.raises(oss.exceptions.OperationError, match="MalformedXML"):
        client.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=BUCKET, objects=many))
