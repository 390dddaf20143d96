"""Requests about objects that are in OSS already, for whoever treats a bucket like a folder of files.

Each is a function of a control plane. They raise what its methods raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from oss_jupyter.errors import IntegrityError
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import ObjectHead, ObjectPage
from oss_jupyter.oss.answers import check_answered, read_objects
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.failures import not_oss
from oss_jupyter.oss.proof import read_crc64
from oss_jupyter.oss.sdk_requests import load_sdk
from oss_jupyter.texts import tr

# What the service lists and removes with one request (documentation "Limits").
PAGE_OBJECTS = 1000
# Above it the service wants ranges that become parts (documentation "Copy objects"), and takes long to answer.
COPIED_WHOLE_BYTES = 1024**3
# The longest silence while the service copies.
_COPY_SECONDS = 300.0

# Calls functions, side by side or one after the other, and returns what they return in the same order.
Together = Callable[[Sequence[Callable[[], Any]]], Sequence[Any]]


def one_by_one(calls: Sequence[Callable[[], Any]]) -> Sequence[Any]:
    """Call them one after the other."""
    return [call() for call in calls]


def list_folder(control: SdkControl, bucket: str, prefix: str, most: int = PAGE_OBJECTS) -> Iterator[ObjectPage]:
    """Yield the pages of what lies directly below a prefix: objects, and the prefixes of those that lie deeper."""
    given: dict[str, Any] = {"prefix": prefix, "delimiter": "/", "max_keys": most, "encoding_type": "url"}
    while True:
        target = Target(bucket, "")
        answer = control.requests.ask("ListObjectsV2", target, given)
        page = read_objects(answer, given, control.requests.asked("ListObjectsV2", target))
        yield page
        if page.complete or page.token in ("", given.get("continuation_token")):
            return
        given["continuation_token"] = page.token


def list_below(control: SdkControl, bucket: str, prefix: str) -> Iterator[ObjectPage]:
    """Yield the pages of all objects whose keys begin with a prefix."""
    after = ""
    while True:
        page = control.list_objects(bucket, prefix, after)
        yield page
        if page.complete:
            return
        after = page.objects[-1].key


def list_buckets(control: SdkControl) -> list[str]:
    """Return the names of all buckets that these credentials may see."""
    nowhere, found = Target("", ""), []
    given: dict[str, Any] = {"max_keys": PAGE_OBJECTS}
    while True:
        page = control.requests.ask("ListBuckets", nowhere, given)
        if page.buckets is None and page.owner is None:
            raise not_oss(control.requests.asked("ListBuckets", nowhere).host)
        found += [str(bucket.name) for bucket in page.buckets or ()]
        if not page.is_truncated or page.next_marker in (None, "", given.get("marker")):
            return found
        given["marker"] = page.next_marker


def make_bucket(control: SdkControl, bucket: str) -> None:
    """Make a bucket, in the region of the endpoint; one that is one's own already is no error."""
    _ask_bucket(control, "PutBucket", bucket)


def remove_bucket(control: SdkControl, bucket: str) -> None:
    """Remove an empty bucket."""
    _ask_bucket(control, "DeleteBucket", bucket)


def _ask_bucket(control: SdkControl, operation: str, bucket: str) -> None:
    target = Target(bucket, "")
    answer = control.requests.ask(operation, target, {})
    check_answered(answer.request_id, control.requests.asked(operation, target))


def delete_objects(control: SdkControl, bucket: str, keys: Sequence[str]) -> None:
    """Remove objects, a thousand a request; one that is not there counts as removed."""
    sdk, target = load_sdk(), Target(bucket, "")
    for begin in range(0, len(keys), PAGE_OBJECTS):
        some = keys[begin : begin + PAGE_OBJECTS]
        given = {"objects": [sdk.DeleteObject(key=key) for key in some], "encoding_type": "url"}
        answer = control.requests.ask("DeleteMultipleObjects", target, given)
        if {one.key for one in answer.deleted_objects or ()} != set(some):
            raise not_oss(control.requests.asked("DeleteMultipleObjects", target).host)


def copy_object(
    control: SdkControl, source: Target, head: ObjectHead, target: Target, together: Together = one_by_one
) -> None:
    """Copy an object within the service, with its headers; no byte comes here. head: the source, as it is copied.

    Raises IntegrityError where the copy has another checksum, ServiceError where the source has changed meanwhile.
    """
    if head.size > COPIED_WHOLE_BYTES:
        copy_in_parts(control, source, head, target, together)
        return
    given = {**_from(source, head), "metadata_directive": "COPY", "tagging_directive": "COPY"}
    answer = control.requests.ask("CopyObject", target, given, readwrite_timeout=_COPY_SECONDS)
    asked = control.requests.asked("CopyObject", target)
    check_answered(answer.etag, asked)
    _compare(head, read_crc64(answer.hash_crc64, asked.host), target)


def copy_in_parts(
    control: SdkControl,
    source: Target,
    head: ObjectHead,
    target: Target,
    together: Together,
    part_bytes: int = COPIED_WHOLE_BYTES // 2,
) -> None:
    """Copy an object as ranges that become parts, some at once; when that fails, no part stays behind."""
    options = ObjectOptions({name: value for name, value in head.options.items() if value})
    upload_id = control.initiate(target, options)
    begins = range(0, head.size, part_bytes)

    def copy(number: int, begin: int) -> tuple[int, str]:
        last = min(begin + part_bytes, head.size) - 1
        given = {
            **_from(source, head), "upload_id": upload_id, "part_number": number,
            "source_range": f"bytes={begin}-{last}",
        }  # fmt: skip
        answer = control.requests.ask("UploadPartCopy", target, given, readwrite_timeout=_COPY_SECONDS)
        check_answered(answer.etag, control.requests.asked("UploadPartCopy", target))
        return number, answer.etag.strip('"')

    try:
        parts = together([partial(copy, *at) for at in enumerate(begins, 1)])
        done = control.complete(target, upload_id, parts, ObjectOptions())
    except BaseException:
        control.abort(target, upload_id)
        raise
    _compare(head, done.crc64, target)


def _from(source: Target, head: ObjectHead) -> dict[str, Any]:
    return {"source_bucket": source.bucket, "source_key": source.key, "if_match": f'"{head.etag}"'}


def _compare(head: ObjectHead, crc64: int | None, target: Target) -> None:
    if None not in (head.crc64, crc64) and head.crc64 != crc64:
        raise IntegrityError(
            tr(
                "The copy {target} has CRC-64 {crc64}, and its source {source_crc64}.",
                target=target,
                crc64=crc64,
                source_crc64=head.crc64,
            ),
            tr("Copy it once more."),
        )
