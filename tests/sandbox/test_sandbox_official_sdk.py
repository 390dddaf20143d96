"""The official SDK works with the sandbox as it does with the service."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

from oss_jupyter.sandbox import Fault, Sandbox

from .clients import BUCKET, Wire, finish, object_url, refusal, sdk_client

KEYS = ["plain", "a b", "a+b", "100%", "a&b=c?d#e", "ünï/日本.bin", "dir//x", "dir/", "<&>'\"", "~-_.!*()"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("signature_version", ["v4", "v1"])
def test_every_key_comes_back(sandbox: Sandbox, key: str, signature_version: str) -> None:
    """Whatever a key is made of, it is signed, stored, listed and read back as it was given."""
    client = sdk_client(sandbox, signature_version=signature_version)
    put = client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=b"hello world"))
    assert put.hash_crc64 == "5981764153023615706"
    with client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=key)).body as body:
        assert body.read() == b"hello world"
    listing = client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET, prefix=key))
    assert [entry.key for entry in listing.contents] == [key]
    assert client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key=key)).content_length == 11
    client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key=key))
    assert not client.is_object_exist(bucket=BUCKET, key=key)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_can_be_signed_into_a_url(client: Any, wire: Wire, key: str) -> None:
    """A signed URL opens the object it was made for."""
    assert wire.send("PUT", object_url(client, key), b"hello world").status == 200
    url = client.presign(oss.GetObjectRequest(bucket=BUCKET, key=key)).url
    assert wire.send("GET", url).body == b"hello world"


def test_uploader(sandbox: Sandbox, client: Any, source: Path) -> None:
    """The SDK's uploader sends parts in parallel and is content with every checksum."""
    uploader = client.uploader(part_size=204_800, parallel_num=3)
    result = uploader.upload_file(oss.PutObjectRequest(bucket=BUCKET, key="big"), filepath=str(source))
    assert result.status_code == 200
    assert sandbox.object_path(BUCKET, "big").read_bytes() == source.read_bytes()
    assert sandbox.uploads(BUCKET) == ()


def test_uploader_resumes(sandbox: Sandbox, client: Any, source: Path, tmp_path: Path) -> None:
    """The SDK's uploader resumes from its checkpoint and sends only what was missing."""
    (tmp_path / "checkpoints").mkdir()
    uploader = client.uploader(
        part_size=204_800, parallel_num=1, enable_checkpoint=True, checkpoint_dir=str(tmp_path / "checkpoints")
    )
    request = oss.PutObjectRequest(bucket=BUCKET, key="big")
    sandbox.faults.add(Fault("UploadPart", "answer", part_number=4, code="ServiceUnavailable"))
    with pytest.raises(Exception, match="ServiceUnavailable"):
        uploader.upload_file(request, filepath=str(source))
    [upload] = sandbox.uploads(BUCKET)
    assert [part.number for part in sandbox.parts(BUCKET, "big", upload.upload_id)] == [1, 2, 3]

    sandbox.clear_requests()
    result = uploader.upload_file(request, filepath=str(source))
    assert result.upload_id == upload.upload_id
    assert [r.part_number for r in sandbox.requests if r.operation == "UploadPart"] == [4, 5, 6]
    assert sandbox.object_path(BUCKET, "big").read_bytes() == source.read_bytes()


def test_buckets(sandbox: Sandbox, client: Any) -> None:
    """Buckets are made, found, described and removed."""
    client.put_bucket(oss.PutBucketRequest(bucket="another-bucket"))
    names = [bucket.name for bucket in client.list_buckets(oss.ListBucketsRequest()).buckets]
    assert names == ["another-bucket", BUCKET]
    paged = [p.buckets[0].name for p in client.list_buckets_paginator().iter_page(oss.ListBucketsRequest(max_keys=1))]
    assert paged == names
    info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=BUCKET)).bucket_info
    assert (info.name, info.location, info.acl) == (BUCKET, "oss-cn-hangzhou", "private")
    location = client.get_bucket_location(oss.GetBucketLocationRequest(bucket=BUCKET))
    assert location.location == "oss-cn-hangzhou"
    client.delete_bucket(oss.DeleteBucketRequest(bucket="another-bucket"))
    assert not client.is_bucket_exist(bucket="another-bucket")


def test_a_bucket_with_something_in_it_stays(client: Any) -> None:
    """A bucket is removed only when neither objects nor unfinished uploads are in it."""
    client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket=BUCKET, key="k"))
    with pytest.raises(oss.exceptions.OperationError) as error:
        client.delete_bucket(oss.DeleteBucketRequest(bucket=BUCKET))
    assert refusal(error).code == "BucketNotEmpty"


@pytest.mark.parametrize("name", ["ab", "-abc", "abc-", "a" * 64])
def test_bucket_names(sandbox: Sandbox, name: str) -> None:
    """Names that the service forbids are refused."""
    with pytest.raises(Exception, match="InvalidBucketName"):
        sandbox.create_bucket(name)


@pytest.mark.parametrize("url_encoded", [True, False])
def test_object_listing_pages(client: Any, wire: Wire, url_encoded: bool) -> None:
    """A listing is complete and without repeats over pages, folded by a delimiter."""
    keys = [f"dir{n}/file {m}&" for n in range(3) for m in range(3)] + ["top 1", "top+2"]
    for key in keys:
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=b"x"))
    listed: list[str] = []
    folded: list[str] = []
    pages = client.list_objects_v2_paginator(limit=2).iter_page(oss.ListObjectsV2Request(bucket=BUCKET))
    for page in pages:
        assert page.key_count <= 2
        listed += [entry.key for entry in page.contents or []]
    assert listed == sorted(keys)
    request = oss.ListObjectsV2Request(bucket=BUCKET, delimiter="/", max_keys=2)
    for page in client.list_objects_v2_paginator().iter_page(request):
        folded += [entry.prefix for entry in page.common_prefixes or []]
        folded += [entry.key for entry in page.contents or []]
    assert folded == ["dir0/", "dir1/", "dir2/", "top 1", "top+2"]


def test_object_headers_come_back(client: Any) -> None:
    """Headers given with an object are returned with it."""
    client.put_object(
        oss.PutObjectRequest(
            bucket=BUCKET,
            key="k",
            body=b"x",
            content_type="text/x-test",
            cache_control="no-store",
            content_disposition="attachment",
            metadata={"Author": "someone ü"},
            storage_class="IA",
            tagging="a=1&b=2",
            server_side_encryption="AES256",
        )
    )
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="k"))
    assert head.content_type == "text/x-test"
    assert head.cache_control == "no-store"
    assert head.content_disposition == "attachment"
    assert list(head.metadata) == ["author"]
    assert (head.storage_class, head.tagging_count) == ("IA", 2)
    assert head.server_side_encryption == "AES256"
    assert head.object_type == "Normal"
    assert head.content_md5 == base64.b64encode(hashlib.md5(b"x").digest()).decode()


def test_additional_headers_are_checked(sandbox: Sandbox) -> None:
    """Headers that a client chose to sign are part of the signature."""
    client = sdk_client(sandbox, additional_headers=["host", "content-length"])
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=b"x"))
    with client.get_object(oss.GetObjectRequest(bucket=BUCKET, key="k")).body as body:
        assert body.read() == b"x"


def test_errors_arrive_whole(client: Any) -> None:
    """An error carries code, EC and request id; for a HEAD they travel in a header."""
    with pytest.raises(oss.exceptions.OperationError) as missing_bucket:
        client.put_object(oss.PutObjectRequest(bucket="no-such-bucket", key="k", body=b"x"))
    assert (refusal(missing_bucket).status_code, refusal(missing_bucket).code) == (404, "NoSuchBucket")
    assert len(refusal(missing_bucket).request_id) == 24
    with pytest.raises(oss.exceptions.OperationError) as missing_key:
        client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="nothing"))
    assert (refusal(missing_key).code, refusal(missing_key).ec) == ("NoSuchKey", "0026-00000001")
    with pytest.raises(oss.exceptions.OperationError) as missing_upload:
        finish(client, "0" * 32, {1: "x"})
    assert refusal(missing_upload).ec == "0042-00000203"
    assert refusal(missing_upload).error_fileds["UploadId"] == "0" * 32


def test_a_bucket_of_another_region_names_its_endpoint(sandbox: Sandbox, client: Any) -> None:
    """A request for a bucket of another region is told where to go."""
    sandbox.create_bucket("far-bucket", region="cn-shanghai")
    with pytest.raises(oss.exceptions.OperationError) as error:
        client.put_object(oss.PutObjectRequest(bucket="far-bucket", key="k", body=b"x"))
    assert refusal(error).code == "AccessDenied"
    assert refusal(error).error_fileds["Endpoint"] == "oss-cn-shanghai.aliyuncs.com"
