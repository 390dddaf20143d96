"""The older SDK, oss2, works with the sandbox, with Signature V4 and with V1."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import oss2
import pytest

from oss_jupyter.sandbox import Fault, Sandbox

from .clients import KEY_ID, KEY_SECRET, Wire, oss2_bucket
from .test_sandbox_official_sdk import KEYS


class _Provider(oss2.credentials.CredentialsProvider):  # type: ignore[misc]
    def get_credentials(self) -> Any:
        return oss2.credentials.Credentials(KEY_ID, KEY_SECRET)


AUTHS = [oss2.AuthV4(KEY_ID, KEY_SECRET), oss2.ProviderAuthV4(_Provider()), oss2.Auth(KEY_ID, KEY_SECRET)]


@pytest.fixture(params=AUTHS, ids=["v4", "provider-v4", "v1"])
def bucket(sandbox: Sandbox, request: pytest.FixtureRequest) -> Any:
    """A bucket of oss2, for each way it signs."""
    return oss2_bucket(sandbox, request.param)


@pytest.mark.parametrize("key", KEYS)
def test_every_key_comes_back(bucket: Any, wire: Wire, key: str) -> None:
    """Keys are stored and read as given, with slashes sent as %2F or not."""
    bucket.put_object(key, b"hello world")
    assert bucket.get_object(key).read() == b"hello world"
    assert bucket.head_object(key).content_length == 11
    assert [entry.key for entry in oss2.ObjectIteratorV2(bucket, prefix=key)] == [key]
    for slash_safe in (True, False):
        url = bucket.sign_url("GET", key, 60, slash_safe=slash_safe)
        assert wire.send("GET", url).body == b"hello world"
    bucket.delete_object(key)
    assert not bucket.object_exists(key)


def test_resumable_upload(sandbox: Sandbox, bucket: Any, source: Path, tmp_path: Path) -> None:
    """oss2 resumes where it failed and sends only what was missing."""
    store = oss2.ResumableStore(str(tmp_path / "store"))

    def upload() -> None:
        oss2.resumable_upload(
            bucket, "big", str(source), store=store, multipart_threshold=1, part_size=204_800, num_threads=1
        )

    sandbox.faults.add(Fault("UploadPart", "answer", part_number=3, code="InternalError"))
    with pytest.raises(oss2.exceptions.ServerError):
        upload()
    sandbox.clear_requests()
    upload()
    assert [r.part_number for r in sandbox.requests if r.operation == "UploadPart"] == [3, 4, 5, 6]
    assert bucket.get_object("big").read() == source.read_bytes()


def test_listings(bucket: Any) -> None:
    """oss2's iterators walk over parts and uploads, with names it must decode."""
    uploads = [bucket.init_multipart_upload(f"key {n}&+").upload_id for n in range(3)]
    for number in (1, 2, 3):
        bucket.upload_part("key 0&+", uploads[0], number, b"x" * number)
    parts = oss2.PartIterator(bucket, "key 0&+", uploads[0], max_parts=2)
    assert [(part.part_number, part.size) for part in parts] == [(1, 1), (2, 2), (3, 3)]
    found = oss2.MultipartUploadIterator(bucket, max_uploads=2)
    assert [(upload.key, upload.upload_id) for upload in found] == [
        (f"key {n}&+", upload_id) for n, upload_id in enumerate(uploads)
    ]
    assert bucket.get_bucket_info().owner.id


def test_an_unsized_body(bucket: Any) -> None:
    """A generator arrives as chunked encoding and is stored whole."""
    pieces = (bytes([n]) * 50_000 for n in range(10))
    first, rest = itertools.tee(pieces)
    bucket.put_object("generated", rest)
    assert bucket.get_object("generated").read() == b"".join(first)


def test_a_wrong_secret(sandbox: Sandbox) -> None:
    """A wrong secret is refused, however it is used."""
    for auth in (oss2.AuthV4(KEY_ID, "wrong"), oss2.Auth(KEY_ID, "wrong")):
        with pytest.raises(oss2.exceptions.SignatureDoesNotMatch):
            oss2_bucket(sandbox, auth).put_object("k", b"x")
