"""The control plane against a local server, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import NetworkError, ServiceError
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import SignedRequest
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import Credentials
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.sandbox import Fault, Key, Sandbox

TARGET = Target("test-bucket", "dir/data.bin")
PLAIN = ObjectOptions({"content_type": "text/plain"})
PART = b"x" * 102_400
AT_ONCE = RetryPolicy(attempts=3, base_seconds=0.0)


def key_pair() -> Credentials:
    return Credentials("test-key-id", "test-key-secret")


def reach(sandbox: Sandbox, **how: Any) -> EndpointSettings:
    return EndpointSettings(region=sandbox.region, endpoint=sandbox.endpoint, **how)


@pytest.fixture
def control(sandbox: Sandbox) -> Iterator[SdkControl]:
    made = SdkControl(reach(sandbox), key_pair, AT_ONCE)
    yield made
    made.close()


def put(signed: SignedRequest, body: bytes) -> requests.Response:
    """Send as a part is sent: the signed URL and the signed headers, by `requests` and whatever it does to them."""
    return requests.put(signed.url, body, headers=dict(signed.headers), timeout=60)


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest().upper()


def upload(control: SdkControl, target: Target, upload_id: str, count: int) -> list[tuple[int, str]]:
    parts = []
    for number in range(1, count + 1):
        reply = put(control.sign_part(target, upload_id, number, PLAIN), PART)
        assert reply.status_code == 200, reply.text
        parts.append((number, reply.headers["ETag"].strip('"')))
    return parts


def last(sandbox: Sandbox) -> Any:
    return sandbox.requests[-1]


@pytest.mark.parametrize("signature_version", ["v4", "v1"])
def test_an_upload_from_initiate_to_head(sandbox: Sandbox, signature_version: str) -> None:
    """What one upload asks of the control plane is answered with what was really sent, under both signatures."""
    control = SdkControl(reach(sandbox, signature_version=signature_version), key_pair, AT_ONCE)
    upload_id = control.initiate(TARGET, PLAIN)
    parts = upload(control, TARGET, upload_id, 2)

    listed = control.list_parts(TARGET, upload_id)
    completed = control.complete(TARGET, upload_id, parts, PLAIN)
    head = control.head(TARGET)
    control.close()

    assert [(part.part_number, part.etag) for part in listed] == parts
    assert {part.crc64 for part in listed} == {crc64(PART)}
    assert {part.size for part in listed} == {len(PART)}
    assert head is not None
    assert (head.size, head.crc64, head.etag) == (2 * len(PART), crc64(PART + PART), completed.etag)
    assert completed.crc64 == head.crc64
    assert completed.request_id
    assert not completed.warning


@pytest.mark.parametrize(
    "key",
    [
        "a b+c",
        "æøå/数据.bin",
        "100%",
        "a&b=c?d#e",
        "x//y",
        "./here",
        "a/../b",
        "tab\there",
        "q'\"<>",
        "~-_.!*()",
        "ends/",
    ],
)
@pytest.mark.parametrize("signature_version", ["v4", "v1"])
def test_keys_with_special_characters_survive(sandbox: Sandbox, key: str, signature_version: str) -> None:
    """The object gets the key that the user wrote, whatever a URL or a signature makes of its characters."""
    control = SdkControl(reach(sandbox, signature_version=signature_version), key_pair, AT_ONCE)
    target = Target("test-bucket", key)
    upload_id = control.initiate(target, PLAIN)
    parts = upload(control, target, upload_id, 1)
    control.complete(target, upload_id, parts, PLAIN)
    head = control.head(target)
    control.close()

    assert head is not None
    assert {request.key for request in sandbox.requests} == {key}


def test_a_single_put_carries_every_option_of_the_object(sandbox: Sandbox, control: SdkControl) -> None:
    """A small file is stored with the same options as a large one: none is lost in the single request."""
    options = ObjectOptions(
        {
            "content_type": "text/csv",
            "metadata": {"project": "taxi"},
            "cache_control": "no-cache",
            "content_disposition": "attachment",
            "content_encoding": "gzip",
            "expires": "Wed, 21 Oct 2026 07:28:00 GMT",
            "storage_class": "IA",
            "tagging": "k=v",
            "forbid_overwrite": True,
            "request_payer": "requester",
            "traffic_limit": 819_200 * 10,
            "acl": "private",
        }
    )

    reply = put(control.sign_put(TARGET, options, md5(b"12345")), b"12345")

    assert reply.status_code == 200, reply.text
    sent = sandbox.requests[0].headers
    assert sent["content-type"] == "text/csv"
    assert sent["cache-control"] == "no-cache"
    assert sent["x-oss-storage-class"] == "IA"
    assert sent["x-oss-tagging"] == "k=v"
    assert sent["x-oss-traffic-limit"] == "8192000"
    assert sent["x-oss-forbid-overwrite"] == "true"
    assert sent["user-agent"].startswith("oss_jupyter/")


def test_the_signed_put_names_all_headers_that_have_to_be_sent(control: SdkControl) -> None:
    """A sender that knows no options needs only the signed headers, or its signature would not match."""
    options = ObjectOptions(
        {"content_type": "text/csv", "metadata": {"a": "b"}, "cache_control": "no-cache", "callback": "e30="}
    )

    headers = {name.lower(): value for name, value in control.sign_put(TARGET, options, md5(b"")).headers}

    assert headers.pop("user-agent")
    assert headers == {
        "content-type": "text/csv",
        "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==",
        "x-oss-meta-a": "b",
        "cache-control": "no-cache",
        "x-oss-callback": "e30=",
    }


@pytest.mark.parametrize("signature_version", ["v4", "v1"])
def test_the_declared_checksum_is_signed_and_compared_before_anything_is_stored(
    sandbox: Sandbox, signature_version: str
) -> None:
    """Other bytes than those that were declared are refused, and a declaration that was changed as well."""
    control = SdkControl(reach(sandbox, signature_version=signature_version), key_pair, AT_ONCE)
    signed = control.sign_put(TARGET, PLAIN, md5(b"12345"))
    others = dict(signed.headers) | {"Content-MD5": base64.b64encode(hashlib.md5(b"67890").digest()).decode()}

    damaged = put(signed, b"12346")
    changed = put(replace(signed, headers=tuple(others.items())), b"67890")
    assert control.head(TARGET) is None
    right = put(signed, b"12345")
    control.close()

    assert (damaged.status_code, "InvalidDigest" in damaged.text) == (400, True)
    assert (changed.status_code, "SignatureDoesNotMatch" in changed.text) == (403, True)
    assert right.status_code == 200


def test_every_part_carries_the_traffic_limit_and_the_payer(sandbox: Sandbox, control: SdkControl) -> None:
    """A limit or a payer that only Initiate named would not hold for the bytes."""
    options = ObjectOptions({"traffic_limit": 819_200 * 10, "request_payer": "requester"})
    upload_id = control.initiate(TARGET, options)

    for number in (1, 2):
        assert put(control.sign_part(TARGET, upload_id, number, options), PART).status_code == 200

    parts = [request for request in sandbox.requests if request.operation == "UploadPart"]
    assert {request.headers["x-oss-traffic-limit"] for request in parts} == {"8192000"}
    assert {request.headers["x-oss-request-payer"] for request in parts} == {"requester"}


def test_a_signature_lives_an_hour_and_the_repr_shows_none_of_it(control: SdkControl) -> None:
    """A stalled part can still begin late, and a traceback shows nobody the URL."""
    signed = control.sign_part(TARGET, "ID", 1, PLAIN)

    query = parse_qs(urlsplit(signed.url).query)
    assert 3590 <= int(query["x-oss-expires"][0]) <= 3600
    assert "x-oss" not in repr(signed)


def test_all_pages_of_parts_are_read(sandbox: Sandbox) -> None:
    """An upload of 10,000 parts would send most of them again if only the first page counted."""
    control = SdkControl(reach(sandbox), key_pair, AT_ONCE, page_size=2)
    upload_id = control.initiate(TARGET, PLAIN)
    for number in (1, 2, 5, 8, 10_000):
        assert put(control.sign_part(TARGET, upload_id, number, PLAIN), b"x").status_code == 200

    listed = control.list_parts(TARGET, upload_id)
    control.close()

    assert [part.part_number for part in listed] == [1, 2, 5, 8, 10_000]


def test_a_page_of_objects_goes_on_behind_a_key(sandbox: Sandbox) -> None:
    """The next page is asked for by the last key, whatever characters it has, and the last one says that it is."""
    control = SdkControl(reach(sandbox), key_pair, AT_ONCE, page_size=2)
    keys = sorted(f"d/{name}" for name in ("a b", "a+b", "a%20b", "a\n", "\x01", "é", "\U0001f9ea", "z" * 900))
    for key in keys:
        assert put(control.sign_put(Target("test-bucket", key), PLAIN, md5(b"x")), b"x").status_code == 200
    found: list[str] = []
    complete = False
    while not complete:
        page = control.list_objects("test-bucket", "d/", found[-1] if found else "")
        found += [listed.key for listed in page.objects]
        complete = page.complete
    control.close()

    assert found == keys
    assert [record.operation for record in sandbox.requests].count("ListObjectsV2") == 4


def test_a_page_of_objects_can_go_to_another_process(control: SdkControl) -> None:
    """Whoever compares loads no SDK, so nothing of it may be in a page, such as its own time zone."""
    put(control.sign_put(TARGET, PLAIN, md5(b"content")), b"content")
    page, head = control.list_objects("test-bucket", ""), control.head(TARGET)
    assert page.objects[0].modified_at is not None
    assert pickle.loads(pickle.dumps((page, head))) == (page, head)
    assert b"alibabacloud" not in pickle.dumps((page, head))


def test_an_object_that_was_made_of_parts_is_listed_as_such(sandbox: Sandbox, control: SdkControl) -> None:
    """Its ETag is taken for no MD5, and HEAD has its CRC-64 and how it is encrypted."""
    options = ObjectOptions({**PLAIN.values, "server_side_encryption": "KMS"})
    upload_id = control.initiate(TARGET, options)
    control.complete(TARGET, upload_id, upload(control, TARGET, upload_id, 1), options)

    listed = control.list_objects("test-bucket", TARGET.key).objects[0]
    head = control.head(TARGET)

    assert (listed.kind, listed.md5, listed.size) == ("Multipart", "", len(PART))
    assert head is not None
    assert (head.crc64, head.options["server_side_encryption"]) == (crc64(PART), "KMS")


def test_without_permission_to_list_the_error_names_the_action(sandbox: Sandbox) -> None:
    """Whoever reads it knows what to allow."""
    sandbox.keys.put(Key("PutOnly", "secret", permissions=frozenset({"oss:PutObject"})))
    control = SdkControl(reach(sandbox), lambda: Credentials("PutOnly", "secret"), AT_ONCE)
    with pytest.raises(ServiceError) as caught:
        control.list_objects("test-bucket", "d/")
    control.close()

    assert (caught.value.reply.status, caught.value.code) == (403, "AccessDenied")
    assert "oss:ListObjects" in str(caught.value)


def test_no_parts_yet_is_an_empty_list(control: SdkControl) -> None:
    """An upload that was given up before its first part can be resumed."""
    assert control.list_parts(TARGET, control.initiate(TARGET, PLAIN)) == []


def test_an_abort_that_finds_nothing_counts_as_done(sandbox: Sandbox, control: SdkControl) -> None:
    """An abort whose first answer got lost does not end in an error."""
    upload_id = control.initiate(TARGET, PLAIN)

    control.abort(TARGET, upload_id)
    control.abort(TARGET, upload_id)

    assert sandbox.uploads("test-bucket") == ()


def test_an_object_that_is_not_there_is_none_and_a_bucket_that_is_not_there_an_error(control: SdkControl) -> None:
    """A misspelt bucket is not taken for an object that is still to be uploaded."""
    assert control.head(TARGET) is None
    with pytest.raises(ServiceError) as caught:
        control.head(Target("no-such-bucket", "k"))
    assert caught.value.reply.code == "NoSuchBucket"


def test_an_existing_object_is_refused_where_overwriting_is_forbidden(control: SdkControl) -> None:
    """Somebody else's object stays, and the error names the option that kept it."""
    options = ObjectOptions({**PLAIN.values, "forbid_overwrite": True})
    upload_id = control.initiate(TARGET, options)
    parts = upload(control, TARGET, upload_id, 1)
    put(control.sign_put(TARGET, PLAIN, md5(b"somebody was faster")), b"somebody was faster")

    with pytest.raises(ServiceError) as caught:
        control.complete(TARGET, upload_id, parts, options)

    assert caught.value.reply.code == "FileAlreadyExists"
    assert "forbid_overwrite" in caught.value.advice


def test_a_callback_answers_in_the_place_of_the_document(control: SdkControl) -> None:
    """The user gets the callback's answer, and the checksum is compared all the same."""
    options = ObjectOptions(
        {**PLAIN.values, "callback": base64.b64encode(json.dumps({"callbackUrl": "http://x.test"}).encode()).decode()}
    )
    upload_id = control.initiate(TARGET, options)

    completed = control.complete(TARGET, upload_id, upload(control, TARGET, upload_id, 1), options)

    assert json.loads(completed.callback_body) is not None
    assert completed.etag
    assert completed.crc64 == crc64(PART)
    assert not completed.warning


def test_a_failed_callback_is_a_warning_because_the_object_is_stored(sandbox: Sandbox, control: SdkControl) -> None:
    """Whoever took this for a failure would upload everything again."""
    options = ObjectOptions(
        {**PLAIN.values, "callback": base64.b64encode(b'{"callbackUrl": "http://x.test"}').decode()}
    )
    upload_id = control.initiate(TARGET, options)
    parts = upload(control, TARGET, upload_id, 1)
    sandbox.faults.add(Fault("CompleteMultipartUpload", "callback_failed"))

    completed = control.complete(TARGET, upload_id, parts, options)

    assert "stored" in completed.warning
    assert "Do not upload again" in completed.warning
    assert completed.callback_body == ""
    assert control.head(TARGET) is not None


@pytest.mark.parametrize(
    ("operation", "asked"), [("ListParts", 3), ("HeadObject", 3), ("AbortMultipartUpload", 3), ("ListObjectsV2", 3)]
)
def test_harmless_requests_are_repeated(sandbox: Sandbox, control: SdkControl, operation: str, asked: int) -> None:
    """A hiccup of the service while asking or tidying up reaches nobody."""
    upload_id = control.initiate(TARGET, PLAIN)
    calls: dict[str, Callable[[], object]] = {
        "ListParts": lambda: control.list_parts(TARGET, upload_id),
        "HeadObject": lambda: control.head(TARGET),
        "ListObjectsV2": lambda: control.list_objects("test-bucket", ""),
        "AbortMultipartUpload": lambda: control.abort(TARGET, upload_id),
    }
    sandbox.faults.add(Fault(operation, code="InternalError", times=2))

    calls[operation]()

    assert [request.operation for request in sandbox.requests].count(operation) == 3


def test_initiate_and_complete_are_asked_once(sandbox: Sandbox, control: SdkControl) -> None:
    """Repeating them blindly would leave an upload behind, or report a stored object as missing."""
    upload_id = control.initiate(TARGET, PLAIN)
    parts = upload(control, TARGET, upload_id, 1)
    sandbox.faults.add(Fault("InitiateMultipartUpload", code="InternalError"))
    sandbox.faults.add(Fault("CompleteMultipartUpload", "drop_reply"))

    with pytest.raises(ServiceError):
        control.initiate(TARGET, PLAIN)
    with pytest.raises(NetworkError):
        control.complete(TARGET, upload_id, parts, PLAIN)

    operations = [request.operation for request in sandbox.requests]
    assert operations.count("InitiateMultipartUpload") == 2
    assert operations.count("CompleteMultipartUpload") == 1


def test_a_throttled_reply_tells_how_long_to_wait(sandbox: Sandbox, control: SdkControl) -> None:
    """The service's own delay is heeded in the place of ours."""
    delay = {"x-oss-qos-delay-time": "250"}
    sandbox.faults.add(Fault("InitiateMultipartUpload", code="UploadTrafficRateLimitExceeded", headers=delay))

    with pytest.raises(ServiceError) as caught:
        control.initiate(TARGET, PLAIN)

    assert caught.value.reply.retry_after_seconds == 0.25


def test_any_thread_may_ask(sandbox: Sandbox, control: SdkControl) -> None:
    """Several transfers share one control plane, and none gets the answer of another."""
    targets = [Target("test-bucket", f"k/{number}") for number in range(24)]

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda target: control.initiate(target, PLAIN), targets))
        empty = list(pool.map(control.list_parts, targets, ids))

    assert len(set(ids)) == 24
    assert empty == [[]] * 24


def test_the_version_changes_with_the_credentials_and_tells_nothing(sandbox: Sandbox) -> None:
    """New credentials are noticed by a word that may stand in a log."""
    keys = [key_pair(), key_pair(), Credentials("test-key-id", "test-key-secret", "token")]
    control = SdkControl(reach(sandbox), iter(keys).__next__)

    first, second, third = (control.credentials_version() for _ in range(3))

    assert first == second != third
    assert not any("key" in version for version in (first, third))


def test_new_credentials_are_used_by_the_next_request(sandbox: Sandbox) -> None:
    """A token that was renewed an hour into an upload counts without a restart."""
    sandbox.keys.put(Key("sts-1", "secret-1", "token-1"))
    sandbox.keys.put(Key("sts-2", "secret-2", "token-2"))
    keys = iter([Credentials("sts-1", "secret-1", "token-1"), Credentials("sts-2", "secret-2", "token-2")])
    control = SdkControl(reach(sandbox), keys.__next__, AT_ONCE)

    upload_id = control.initiate(TARGET, PLAIN)
    reply = put(control.sign_part(TARGET, upload_id, 1, PLAIN), PART)
    control.close()

    assert reply.status_code == 200
    assert [request.access_key_id for request in sandbox.requests] == ["sts-1", "sts-2"]


@pytest.mark.parametrize("signature_version", ["v4", "v1"])
def test_a_session_token_is_understood_in_headers_and_in_urls(sandbox: Sandbox, signature_version: str) -> None:
    """Temporary credentials work for small requests and for parts, under both signatures."""
    sandbox.keys.put(Key("sts-1", "secret-1", "CAIS+/=token"))
    control = SdkControl(
        reach(sandbox, signature_version=signature_version), lambda: Credentials("sts-1", "secret-1", "CAIS+/=token")
    )

    upload_id = control.initiate(TARGET, PLAIN)
    reply = put(control.sign_part(TARGET, upload_id, 1, PLAIN), PART)
    control.close()

    assert reply.status_code == 200, reply.text
