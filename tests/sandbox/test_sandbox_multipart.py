"""The multipart family keeps the service's rules."""

from __future__ import annotations

import base64
import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

from oss_jupyter.sandbox import Fault, Sandbox

from .clients import BUCKET, Wire, begin, finish, oss2_bucket, part_url, put_part, refusal

SMALLEST = 102_400
A, B, C = (letter * SMALLEST for letter in (b"a", b"b", b"c"))


def _refused(action: Callable[[], Any]) -> Any:
    with pytest.raises(oss.exceptions.OperationError) as error:
        action()
    return refusal(error)


def _read(client: Any, key: str = "key") -> bytes:
    with client.get_object(oss.GetObjectRequest(bucket=BUCKET, key=key)).body as body:
        return bytes(body.read())


def test_parts_in_any_order(sandbox: Sandbox, client: Any) -> None:
    """Parts come in any order, with gaps, and are replaced when they come again."""
    upload_id = begin(client)
    etags = {}
    for number, body in ((900, b"end"), (7, B), (3, C), (3, A)):
        etags[number] = put_part(client, upload_id, number, body).etag
    assert [(part.number, part.size_bytes) for part in sandbox.parts(BUCKET, "key", upload_id)] == [
        (3, SMALLEST),
        (7, SMALLEST),
        (900, 3),
    ]
    result = finish(client, upload_id, dict(sorted(etags.items())))
    assert _read(client) == A + B + b"end"
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="key"))
    assert (head.hash_crc64, head.etag, head.object_type) == (result.hash_crc64, result.etag, "Multipart")
    assert head.content_md5 is None


def test_crc_of_parts_is_combined(client: Any) -> None:
    """The CRC-64 of the object is that of its bytes, though nobody read them again."""
    upload_id = begin(client)
    parts = [A, b"", b"67890"]
    etags = {1: put_part(client, upload_id, 1, A).etag, 2: put_part(client, upload_id, 2, b"67890").etag}
    whole = client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="whole", body=b"".join(parts)))
    assert finish(client, upload_id, etags).hash_crc64 == whole.hash_crc64


def test_parts_not_listed_are_dropped(client: Any) -> None:
    """Complete takes what it is told, however short the object becomes."""
    upload_id = begin(client)
    etags = {number: put_part(client, upload_id, number, body).etag for number, body in ((1, A), (2, B), (3, C))}
    finish(client, upload_id, {1: etags[1], 3: etags[3]})
    assert _read(client) == A + C


@pytest.mark.parametrize(
    ("listed", "code"),
    [([2, 1], "InvalidPartOrder"), ([1, 1], "InvalidPartOrder"), ([1, 5], "InvalidPart"), ([], "MalformedXML")],
)
def test_bad_lists(client: Any, wire: Wire, listed: list[int], code: str) -> None:
    """A list that is out of order, unknown or empty is refused, and the upload stays."""
    upload_id = begin(client)
    etags = {number: put_part(client, upload_id, number, A).etag for number in (1, 2)}
    parts = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{etags.get(n, 'none')}</ETag></Part>" for n in listed)
    request = oss.CompleteMultipartUploadRequest(bucket=BUCKET, key="key", upload_id=upload_id)
    url = client.presign(request).url
    answer = wire.send("POST", url, f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
    assert (answer.status, f"<Code>{code}</Code>".encode() in answer.body) == (400, True)
    finish(client, upload_id, etags)


def test_a_list_may_be_written_freely(client: Any, wire: Wire) -> None:
    """A namespace, a declaration, line breaks, bare and lower-case ETags are all understood."""
    upload_id = begin(client)
    etag = put_part(client, upload_id, 1, A).etag.strip('"').lower()
    url = client.presign(oss.CompleteMultipartUploadRequest(bucket=BUCKET, key="key", upload_id=upload_id)).url
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<CompleteMultipartUpload xmlns="http://example.com/">\n'
        f"<Part>\n<PartNumber>1</PartNumber>\n<ETag>{etag}</ETag>\n</Part>\n</CompleteMultipartUpload>\n"
    )
    assert wire.send("POST", url, body).status == 200


def test_small_parts_are_refused_only_at_complete(client: Any) -> None:
    """A part below 100 KB is taken, and refused at Complete unless it is the last."""
    upload_id = begin(client)
    etags = {1: put_part(client, upload_id, 1, A[:-1]).etag, 2: put_part(client, upload_id, 2, b"x").etag}
    error = _refused(lambda: finish(client, upload_id, etags))
    assert (error.code, error.ec) == ("EntityTooSmall", "0042-00000213")
    finish(client, upload_id, {1: etags[1]})


@pytest.mark.parametrize("number", ["0", "10001", "x", "-1", ""])
def test_part_numbers(client: Any, wire: Wire, sandbox: Sandbox, number: str) -> None:
    """A part number outside 1 to 10000 is an invalid argument."""
    upload_id = begin(client)
    request = oss.UploadPartRequest(bucket=BUCKET, key="key", upload_id=upload_id, part_number=number)
    answer = wire.send("PUT", client.presign(request).url, b"x")
    assert (answer.status, b"<ArgumentName>partNumber" in answer.body) == (400, True)


def test_listing_parts_in_pages(client: Any) -> None:
    """ListParts pages by number, and says CRC-64, ETag and size of each part."""
    upload_id = begin(client, "key &+")
    sent = {number: put_part(client, upload_id, number, b"x" * number, "key &+") for number in (1, 2, 5, 9, 10)}
    paginator = client.list_parts_paginator(limit=2)
    pages = list(paginator.iter_page(oss.ListPartsRequest(bucket=BUCKET, key="key &+", upload_id=upload_id)))
    assert [[part.part_number for part in page.parts] for page in pages] == [[1, 2], [5, 9], [10]]
    assert [page.is_truncated for page in pages] == [True, True, False]
    assert pages[-1].key == "key &+"
    for page in pages:
        for part in page.parts:
            assert (part.etag, part.size) == (sent[part.part_number].etag, part.part_number)
            assert str(part.hash_crc64) == sent[part.part_number].hash_crc64


def test_an_upload_without_parts(client: Any, wire: Wire) -> None:
    """Listing an upload without parts is a normal answer; so is an empty marker."""
    upload_id = begin(client)
    listing = oss.ListPartsRequest(bucket=BUCKET, key="key", upload_id=upload_id)
    assert not client.list_parts(listing).parts
    answer = wire.send("GET", client.presign(oss.GetObjectRequest(bucket=BUCKET, key="key")).url)
    assert answer.status == 404


def test_listing_uploads_in_pages(sandbox: Sandbox, client: Any) -> None:
    """ListMultipartUploads pages by key and id, with a prefix and a delimiter."""
    keys = ["a/1", "a/2", "b &+", "b &+", "c"]
    ids = sorted((key, begin(client, key)) for key in keys)
    paginator = client.list_multipart_uploads_paginator(limit=2)
    found = [
        (upload.key, upload.upload_id)
        for page in paginator.iter_page(oss.ListMultipartUploadsRequest(bucket=BUCKET))
        for upload in page.uploads
    ]
    assert found == ids
    folded = oss2_bucket(sandbox).list_multipart_uploads(delimiter="/")  # the SDK reads no common prefixes here
    assert folded.prefix_list == ["a/"]
    narrowed = client.list_multipart_uploads(oss.ListMultipartUploadsRequest(bucket=BUCKET, prefix="a/"))
    assert [upload.key for upload in narrowed.uploads] == ["a/1", "a/2"]


def test_abort(sandbox: Sandbox, client: Any) -> None:
    """An aborted upload is gone, with its parts."""
    upload_id = begin(client)
    put_part(client, upload_id, 1, A)
    request = oss.AbortMultipartUploadRequest(bucket=BUCKET, key="key", upload_id=upload_id)
    client.abort_multipart_upload(request)
    assert sandbox.uploads(BUCKET) == ()
    for action in (
        lambda: client.abort_multipart_upload(request),
        lambda: put_part(client, upload_id, 2, A),
        lambda: finish(client, upload_id, {1: "x"}),
        lambda: client.list_parts(oss.ListPartsRequest(bucket=BUCKET, key="key", upload_id=upload_id)),
    ):
        assert _refused(action).code == "NoSuchUpload"


def test_a_second_complete_finds_no_upload(client: Any) -> None:
    """The upload id ends with Complete: a repeated one gets NoSuchUpload."""
    upload_id = begin(client)
    etags = {1: put_part(client, upload_id, 1, b"x").etag}
    finish(client, upload_id, etags)
    assert _refused(lambda: finish(client, upload_id, etags)).code == "NoSuchUpload"


def test_complete_all(client: Any) -> None:
    """With complete-all the server takes every part, and a list beside it is an error."""
    upload_id = begin(client)
    etags = {number: put_part(client, upload_id, number, A).etag for number in (1, 2)}
    assert _refused(lambda: finish(client, upload_id, etags, complete_all="yes")).code == "InvalidArgument"
    finish(client, upload_id, None, complete_all="yes")
    assert _read(client) == A + A


def test_forbid_overwrite(client: Any) -> None:
    """What must not be overwritten is not, at Put, at Initiate and at Complete."""
    upload_id = begin(client)
    etags = {1: put_part(client, upload_id, 1, b"new").etag}
    client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="key", body=b"old"))
    put = oss.PutObjectRequest(bucket=BUCKET, key="key", body=b"new", forbid_overwrite=True)
    for action in (
        lambda: client.put_object(put),
        lambda: begin(client, forbid_overwrite=True),
        lambda: finish(client, upload_id, etags, forbid_overwrite=True),
    ):
        error = _refused(action)
        assert (error.status_code, error.code) == (409, "FileAlreadyExists")
    assert _read(client) == b"old"
    finish(client, upload_id, etags)
    assert _read(client) == b"new"


CALLBACK = base64.b64encode(b'{"callbackUrl":"http://127.0.0.1/","callbackBody":"x"}').decode()


def test_callback(client: Any) -> None:
    """A callback's answer takes the place of the XML."""
    upload_id = begin(client)
    etags = {1: put_part(client, upload_id, 1, b"x").etag}
    assert finish(client, upload_id, etags, callback=CALLBACK).callback_result == '{"Status":"OK"}'


def test_failed_callback(sandbox: Sandbox, client: Any) -> None:
    """When only the callback fails the reply is 203 and the object is there."""
    sandbox.faults.add(Fault("CompleteMultipartUpload", "callback_failed"))
    upload_id = begin(client)
    etags = {1: put_part(client, upload_id, 1, b"x").etag}
    finish(client, upload_id, etags, callback=CALLBACK)  # the SDK takes 203 for a success
    assert (sandbox.requests[-1].status, sandbox.requests[-1].code) == (203, "CallbackFailed")
    assert _read(client) == b"x"


def test_headers_belong_to_initiate(client: Any) -> None:
    """The object gets the headers of Initiate; encryption on a part is refused."""
    upload_id = begin(client, content_type="text/x-test", metadata={"a": "b"}, storage_class="IA")
    finish(client, upload_id, {1: put_part(client, upload_id, 1, b"x").etag})
    head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="key"))
    assert (head.content_type, head.metadata, head.storage_class) == ("text/x-test", {"a": "b"}, "IA")
    other = begin(client)
    request = oss.UploadPartRequest(
        bucket=BUCKET,
        key="key",
        upload_id=other,
        part_number=1,
        body=b"x",
        headers={"x-oss-server-side-encryption": "AES256"},
    )
    assert _refused(lambda: client.upload_part(request)).code == "InvalidArgument"


@pytest.mark.parametrize(("limit", "status"), [(819_199, 400), (819_200, 200), (838_860_800, 200), (838_860_801, 400)])
def test_traffic_limit(sandbox: Sandbox, client: Any, limit: int, status: int) -> None:
    """A traffic limit is checked and recorded."""
    upload_id = begin(client)
    if status == 200:
        put_part(client, upload_id, 1, b"x", traffic_limit=limit)
    else:
        assert _refused(lambda: put_part(client, upload_id, 1, b"x", traffic_limit=limit)).ec == "0004-00000502"
    record = sandbox.requests[-1]
    assert (record.status, record.headers["x-oss-traffic-limit"]) == (status, str(limit))


def test_many_parts_of_one_upload(sandbox: Sandbox, client: Any, wire: Wire) -> None:
    """Sixty-four parts over one connection make one object."""
    upload_id = begin(client)
    body = os.urandom(SMALLEST)
    etags = {n: wire.send("PUT", part_url(client, upload_id, n), body).headers["etag"] for n in range(1, 65)}
    finish(client, upload_id, etags)
    assert sandbox.object_path(BUCKET, "key").read_bytes() == body * 64
    assert len({record.connection_id for record in sandbox.requests if record.operation == "UploadPart"}) == 1


def test_a_part_that_comes_again_while_the_parts_are_joined(client: Any) -> None:
    """A part that a client sent once more, with the same bytes, does not take the upload away from Complete."""
    bodies = {number: number.to_bytes(2, "big") * (SMALLEST // 2) for number in range(1, 201)}
    upload_id = begin(client)
    etags = {number: put_part(client, upload_id, number, body).etag for number, body in bodies.items()}
    joined = threading.Event()

    def send_again() -> None:
        with contextlib.suppress(oss.exceptions.OperationError):  # NoSuchUpload, once the parts are joined
            while not joined.is_set():
                for number in range(181, 201):  # the last to be joined
                    put_part(client, upload_id, number, bodies[number])

    with ThreadPoolExecutor(2) as pool:
        again = [pool.submit(send_again) for _ in range(2)]
        try:
            finish(client, upload_id, etags)
        finally:
            joined.set()
        for sent in again:
            sent.result()
    assert _read(client) == b"".join(bodies.values())
