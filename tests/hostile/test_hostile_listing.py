"""The list of objects against hostile answers: a page is what the service holds, or there is none.

Whoever believed another one would leave out files that are nowhere, or send all of them again without a word.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timezone

import pytest

from oss_jupyter.errors import NotOss, OssJupyterError
from oss_jupyter.model.retry import RetryPolicy
from oss_jupyter.model.wire_values import ListedObject, ObjectPage
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import Credentials
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.unfinished import list_uploads

from .answers import ANSWERS, Answer, in_body
from .stub import Reply, Stub, Trap, _checksums

PREFIX = "data/é &+/"
OBJECTS = {f"{PREFIX}{name}": name.encode() for name in ("a b.bin", "c%2Fd.bin", "e\nf\x01.bin")}
PAGE = ObjectPage(
    tuple(ListedObject(key, len(data), _checksums(data)["ETag"].strip('"')) for key, data in OBJECTS.items()), True
)
UPLOADS_END = b"<IsTruncated>false</IsTruncated>"
UPLOADS_STAND = (
    b"<IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>b</NextUploadIdMarker>"
)
POLICY = RetryPolicy(attempts=2, base_seconds=0.01, cap_seconds=0.05)
MOST_SECONDS = 30.0


def beyond(count: int) -> Callable[[Reply], bytes]:
    """Return the right reply with more objects than were asked for."""
    one = b"<Contents><Key>data%2F%C3%A9%20%26%2B%2Fz%05d</Key><Size>1</Size></Contents>"
    many = b"".join(one.replace(b"%05d", b"%05d" % number) for number in range(count))
    return in_body(b"</ListBucketResult>", many + b"</ListBucketResult>")


# What is no page of ours, although it looks like one.
PAGES: dict[str, Callable[[Reply], bytes]] = {
    "another bucket": in_body(b"<Name>test-bucket", b"<Name>other-bucket"),
    "no bucket": in_body(b"<Name>test-bucket</Name>", b""),
    "another prefix": in_body(b"<Prefix>data", b"<Prefix>date"),
    "no prefix": in_body(b"<Prefix>data%2F%C3%A9%20%26%2B%2F</Prefix>", b""),
    "a key of elsewhere": in_body(b"<Key>data%2F%C3%A9", b"<Key>data%2F%C3%A8"),
    "keys not encoded": in_body(b"<EncodingType>url</EncodingType>", b""),
    "keys that descend": in_body(b"a%20b", b"z"),
    "one key twice": in_body(b"c%252Fd", b"a%20b"),
    "an empty key": in_body(b"<Key>data%2F%C3%A9%20%26%2B%2Fa%20b.bin</Key>", b"<Key></Key>"),
    "no key": in_body(b"<Key>data%2F%C3%A9%20%26%2B%2Fa%20b.bin</Key>", b""),
    "a size in words": in_body(b"<Size>7", b"<Size>seven"),
    "a size below 0": in_body(b"<Size>7", b"<Size>-7"),
    "no size": in_body(b"<Size>7</Size>", b""),
    "an ETag of markup": in_body(b"<ETag>", b"<ETag>&lt;a href=1&gt;"),
    "another count": in_body(b"<KeyCount>3", b"<KeyCount>2"),
    "a count in words": in_body(b"<KeyCount>3", b"<KeyCount>three"),
    "more than asked for": beyond(998),
    "folded keys": in_body(b"<Contents>", b"<CommonPrefixes><Prefix>data%2F</Prefix></CommonPrefixes><Contents>"),
    "no word of an end": in_body(b"<IsTruncated>false</IsTruncated>", b""),
    "cut, and empty": lambda right: right.but(
        b"<ListBucketResult><Name>test-bucket</Name><Prefix>data%2F%C3%A9%20%26%2B%2F</Prefix>"
        b"<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated></ListBucketResult>"
    ).wire(),
}  # fmt: skip


def asked(stub: Stub, start_after: str = "") -> ObjectPage:
    """Ask the stub for its objects."""
    settings = EndpointSettings(region="cn-hangzhou", endpoint=stub.endpoint, stall_seconds=5.0)
    control = SdkControl(settings, lambda: Credentials("key-id", "secret"), POLICY)
    try:
        return control.list_objects("test-bucket", PREFIX, start_after)
    finally:
        control.close()


def outcome(stub: Stub) -> tuple[ObjectPage | None, OssJupyterError | None]:
    """Return the page, or why there is none."""
    try:
        return asked(stub), None
    except OssJupyterError as error:
        return None, error


def test_the_right_answer_is_taken() -> None:
    """Names with every odd character come back as they are."""
    with Stub() as stub:
        stub.objects.update(OBJECTS)
        stub.objects["data/other"] = b""
        assert asked(stub) == PAGE
        assert asked(stub, PAGE.objects[0].key) == ObjectPage(PAGE.objects[1:], True)


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
def test_a_page_is_what_the_service_holds_or_there_is_none(times: int | None, subtests: pytest.Subtests) -> None:
    """Whatever comes back, the page is the right one, or an error says in time why there is none."""
    for name in (name for name in ANSWERS if name != "no ETag"):
        with subtests.test(name):
            check_answered(ANSWERS[name], times)


def check_answered(row: Answer, times: int | None) -> None:
    """Ask where this is answered, once or always."""
    began_at = time.monotonic()
    with Stub(Trap("ListObjectsV2", row.make, row.done, times)) as stub:
        stub.objects.update(OBJECTS)
        page, error = outcome(stub)
    assert time.monotonic() - began_at < MOST_SECONDS
    if error is None:
        assert page == PAGE
        assert times == 1 or row.done
        return
    assert type(error) is not OssJupyterError
    assert error.what
    assert error.advice
    if times is None:
        assert row.told in str(error)


def test_an_object_without_an_etag_is_listed_without_one() -> None:
    """A gateway that leaves it out costs a HEAD, and nothing is taken for the file's bytes."""
    with Stub(Trap("ListObjectsV2", ANSWERS["no ETag"].make, done=True)) as stub:
        stub.objects.update(OBJECTS)
        first = asked(stub).objects[0]
    assert (first.etag, first.md5, first.size) == ("", "", 7)


def test_a_page_of_something_else_is_refused(subtests: pytest.Subtests) -> None:
    """Another bucket, prefix, order or count is no answer to what was asked."""
    for name, answer in PAGES.items():
        with subtests.test(name), Stub(Trap("ListObjectsV2", answer)) as stub:
            stub.objects.update(OBJECTS)
            with pytest.raises(NotOss):
                asked(stub)


@pytest.mark.parametrize(
    "answer",
    [in_body(UPLOADS_END, UPLOADS_STAND), in_body(b"<Bucket>test-bucket", b"<Bucket>other-bucket")],
    ids=["never leads on", "of another bucket, and empty"],
)
def test_unfinished_uploads_are_all_there_are_or_there_is_no_list(answer: Callable[[Reply], bytes]) -> None:
    """Half a list would be taken for the whole, and an empty one of something else for a clean bucket."""
    with Stub(Trap("ListMultipartUploads", answer)) as stub:
        settings = EndpointSettings(region="cn-hangzhou", endpoint=stub.endpoint, stall_seconds=5.0)
        control = SdkControl(settings, lambda: Credentials("key-id", "secret"), POLICY)
        with closing(control), pytest.raises(NotOss):
            list(list_uploads(control.requests, "test-bucket", "", datetime.now(timezone.utc)))
