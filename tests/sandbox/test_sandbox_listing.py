"""Pages of names: right for every prefix and delimiter, without going through all names."""

from __future__ import annotations

import hashlib
import random
from bisect import bisect_right
from pathlib import Path

import alibabacloud_oss_v2 as oss
import pytest

from oss_jupyter.sandbox import Sandbox
from oss_jupyter.sandbox.listing import page_of
from oss_jupyter.sandbox.records import ObjectRecord
from oss_jupyter.sandbox.storage import Storage

from .clients import BUCKET, sdk_client

LETTERS = "ab/\u00e9\U0001f9ea"


def plainly(names: list[str], prefix: str, delimiter: str) -> list[str]:
    """Return what all pages show, as one goes through all names."""
    shown: list[str] = []
    for name in filter(lambda name: name.startswith(prefix), names):
        end = name.find(delimiter, len(prefix)) if delimiter else -1
        one = name if end < 0 else name[: end + len(delimiter)]
        if one not in shown:
            shown.append(one)
    return shown


def gone_through(names: list[str], prefix: str, delimiter: str, limit: int) -> list[str]:
    """Return what the pages show, one after the other."""
    after, shown, truncated = "", list[str](), True
    while truncated:
        place = bisect_right(names, after)
        page = page_of(names, str, prefix=prefix, delimiter=delimiter, limit=limit, after=after, place=place)
        assert page.count <= limit
        shown += sorted([*page.entries, *page.prefixes])
        after, truncated = str(page.last), page.is_truncated
    return shown


@pytest.mark.parametrize("prefix", ["", "a", "a/", "\u00e9"])
@pytest.mark.parametrize("delimiter", ["", "/", "ab"])
def test_pages_are_what_going_through_all_names_gives(prefix: str, delimiter: str) -> None:
    """Each page begins where the one before ended, no name is left out, and none comes twice."""
    drawn = random.Random(prefix + delimiter)
    for _ in range(200):
        count = drawn.randrange(30)
        items = sorted({"".join(drawn.choices(LETTERS, k=drawn.randint(1, 5))) for _ in range(count)})
        assert gone_through(items, prefix, delimiter, drawn.randint(1, 5)) == plainly(items, prefix, delimiter)


@pytest.mark.parametrize("delimiter", ["", "/"])
def test_a_page_of_many_objects_looks_at_few(delimiter: str) -> None:
    """What the prefix, the place and the folding leave out costs nothing."""
    items = [f"d{number // 50_000}/{number // 100:04}/{number % 100}" for number in range(100_000)]
    looked = []

    def name_of(item: str) -> str:
        looked.append(item)
        return item

    page = page_of(items, name_of, prefix="d1/", delimiter=delimiter, limit=100, after="d1/0600/", place=60_100)
    assert page.count == 100
    assert len(looked) < 2_500


def test_keys_stay_in_order_whatever_is_put_and_deleted(tmp_path: Path) -> None:
    """Lists follow each change, and what was on the disk is listed by the next process as by this one."""
    record = ObjectRecord("", 1, "E", 1, "Normal", 0.0, "")
    with Sandbox(tmp_path, keys=[]) as sandbox:
        sandbox.create_bucket(BUCKET)
        storage = sandbox._core.storage
        for number in (5, 3, 9, 3, 1):
            name = f"b{number}-{len(storage.bucket(BUCKET).keys)}"
            storage.put_object(BUCKET, _like(record, f"k{number}", name), b"x", may_replace=True)
        storage.delete_object(BUCKET, "k3")
        storage.delete_object(BUCKET, "k4")
    for one in (storage, Storage(tmp_path)):
        page = one.page(BUCKET, "k1", prefix="k", delimiter="", limit=10)
        assert [listed.key for listed in page.entries] == ["k5", "k9"]
        assert one.object(BUCKET, "k5")[1].read_bytes() == b"x"


def test_a_client_reads_all_pages_whatever_it_goes_on_by(sandbox: Sandbox) -> None:
    """By the token or by the last key, with every odd character, each object is there once."""
    client = sdk_client(sandbox)
    keys = sorted(
        f"p/{name}" for name in ("a b", "a+b", "a%2Fb", "n\nl", "t\tb", 'q"<&>', "\u00e9", "e\u0301", "\U0001f9ea")
    )
    for key in [*keys, "other"]:
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key=key, body=b"x"))
    for by_token in (True, False):
        found: list[str] = []
        going_on: dict[str, str] = {}
        while True:
            page = client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET, prefix="p/", max_keys=2, **going_on))
            found += [listed.key for listed in page.contents or ()]
            if not page.is_truncated:
                break
            going_on = {"continuation_token": page.next_continuation_token} if by_token else {"start_after": found[-1]}
        assert found == keys


@pytest.mark.parametrize("encryption", ["AES256", "KMS", "SM4"])
def test_the_etag_of_an_object_that_kms_encrypts_is_no_md5(sandbox: Sandbox, encryption: str) -> None:
    """Put, list and HEAD agree in it, and only HEAD tells why it is another one."""
    client = sdk_client(sandbox)
    put = client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=b"x", server_side_encryption=encryption))
    listed = client.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET)).contents[0]
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="k"))
    md5 = hashlib.md5(b"x").hexdigest().upper()
    assert put.etag == listed.etag == head.etag
    assert len(put.etag.strip('"')) == 32
    assert (put.etag.strip('"') == md5) == (encryption == "AES256")
    assert head.server_side_encryption == encryption


def _like(record: ObjectRecord, key: str, body: str) -> ObjectRecord:
    return ObjectRecord(key, record.size_bytes, record.etag, record.crc64, record.kind, record.modified_at, body)
