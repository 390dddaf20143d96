"""Operations on the service and on buckets."""

from __future__ import annotations

import base64
import binascii

from oss_jupyter.sandbox.core import Call
from oss_jupyter.sandbox.documents import Children, Names
from oss_jupyter.sandbox.listing import Page, iso_time, page_of
from oss_jupyter.sandbox.records import BucketRecord, ObjectRecord
from oss_jupyter.sandbox.replies import Reply, document, invalid_argument

_OWNER: Children = [("ID", "1000000000000001"), ("DisplayName", "sandbox")]
_LIST_LIMIT = 1000


def list_buckets(call: Call) -> Reply:
    """Answer GET on the service."""
    query = call.request.query
    prefix, marker = query.get("prefix", ""), query.get("marker", "")
    limit = call.request.count("max-keys", 100, _LIST_LIMIT)
    later = [record for record in call.core.storage.buckets() if record.name > marker]
    page = page_of(later, lambda record: record.name, prefix=prefix, delimiter="", limit=limit)
    truncation: list[tuple[str, str]] = [("NextMarker", page.entries[-1].name)] if page.is_truncated else []
    children: Children = [
        ("Prefix", prefix),
        ("Marker", marker),
        ("MaxKeys", limit),
        ("IsTruncated", page.is_truncated),
        *truncation,
        ("Owner", _OWNER),
        ("Buckets", [("Bucket", [*_facts(record), ("Region", record.region)]) for record in page.entries]),
    ]
    return document("ListAllMyBucketsResult", children)


def put_bucket(call: Call) -> Reply:
    """Answer PUT on a bucket."""
    acl = call.request.headers.get("x-oss-acl", "private")
    call.core.storage.create_bucket(BucketRecord(call.bucket, call.core.region, call.now, acl))
    return Reply(headers={"Location": f"/{call.bucket}"})


def delete_bucket(call: Call) -> Reply:
    """Answer DELETE on a bucket."""
    call.core.storage.delete_bucket(call.bucket)
    return Reply(204)


def get_bucket_acl(call: Call) -> Reply:
    """Answer GET ?acl, by which the official SDK asks whether a bucket exists."""
    record = call.core.storage.bucket(call.bucket).record
    return document("AccessControlPolicy", [("Owner", _OWNER), ("AccessControlList", [("Grant", record.acl)])])


def get_bucket_info(call: Call) -> Reply:
    """Answer GET ?bucketInfo; oss2 needs the owner and the grant to be there."""
    record = call.core.storage.bucket(call.bucket).record
    switches = [(name, "Disabled") for name in ("AccessMonitor", "TransferAcceleration", "CrossRegionReplication")]
    children: Children = [
        *_facts(record),
        ("DataRedundancyType", "LRS"),
        ("Owner", _OWNER),
        ("AccessControlList", [("Grant", record.acl)]),
        *switches,
        ("ResourceGroupId", "rg-sandbox"),
        ("Comment", ""),
        ("BlockPublicAccess", "false"),
    ]
    return document("BucketInfo", [("Bucket", children)])


def get_bucket_location(call: Call) -> Reply:
    """Answer GET ?location."""
    record = call.core.storage.bucket(call.bucket).record
    return document("LocationConstraint", f"oss-{record.region}")


def list_objects_v2(call: Call) -> Reply:
    """Answer GET ?list-type=2."""
    query = call.request.query
    if query.get("list-type") != "2":
        raise invalid_argument("list-type", query.get("list-type", ""), "The sandbox lists with list-type=2.")
    names = Names(query.get("encoding-type"))
    token = query.get("continuation-token", "")
    start_after = _key_of(token) if token else query.get("start-after", "")
    limit = call.request.count("max-keys", 100, _LIST_LIMIT)
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    with_owner = query.get("fetch-owner") == "true"
    page = call.core.storage.page(call.bucket, start_after, prefix=prefix, delimiter=delimiter, limit=limit)
    children: Children = [
        ("Name", call.bucket),
        ("Prefix", names(prefix)),
        ("StartAfter", names(query.get("start-after", ""))),
        ("MaxKeys", limit),
        ("Delimiter", names(delimiter)),
        *names.element,
        ("IsTruncated", page.is_truncated),
        *([("ContinuationToken", token)] if token else []),
        *([("NextContinuationToken", _token_of(page))] if page.is_truncated else []),
        ("KeyCount", page.count),
        *(("Contents", _contents(record, names, with_owner)) for record in page.entries),
        *(("CommonPrefixes", [("Prefix", names(folded))]) for folded in page.prefixes),
    ]
    return document("ListBucketResult", children)


def _facts(record: BucketRecord) -> Children:
    return [
        ("Name", record.name),
        ("Location", f"oss-{record.region}"),
        ("CreationDate", iso_time(record.created_at)),
        ("ExtranetEndpoint", f"oss-{record.region}.aliyuncs.com"),
        ("IntranetEndpoint", f"oss-{record.region}-internal.aliyuncs.com"),
        ("StorageClass", record.storage_class),
    ]


def _contents(record: ObjectRecord, names: Names, with_owner: bool) -> Children:
    owner: Children = [("Owner", _OWNER)] if with_owner else []
    return [
        ("Key", names(record.key)),
        ("LastModified", iso_time(record.modified_at)),
        ("ETag", f'"{record.etag}"'),
        ("Type", record.kind),
        ("Size", record.size_bytes),
        ("StorageClass", record.headers.get("x-oss-storage-class", "Standard")),
        *owner,
    ]


def _token_of(page: Page[ObjectRecord]) -> str:
    return base64.urlsafe_b64encode(str(page.last or "").encode()).decode()


def _key_of(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise invalid_argument("continuation-token", token, "The continuation token is not valid.") from None
