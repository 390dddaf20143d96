"""Operations on whole objects."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from oss_jupyter.sandbox.core import Call, http_time
from oss_jupyter.sandbox.object_headers import echoed, has_md5_for_etag, read_object_headers
from oss_jupyter.sandbox.records import ObjectRecord
from oss_jupyter.sandbox.replies import FileSlice, Reply, ServiceError
from oss_jupyter.sandbox.request import check_key
from oss_jupyter.sandbox.storage import new_body_name

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_OVERRIDES = frozenset(
    ["content-type", "content-language", "expires", "cache-control", "content-disposition", "content-encoding"]
)


def put_object(call: Call) -> Reply:
    """Answer PUT on a key."""
    check_key(call.key)
    body, headers = call.body, read_object_headers(call.request)
    record = ObjectRecord(
        key=call.key,
        size_bytes=body.size_bytes,
        etag=body.etag if has_md5_for_etag(headers) else secrets.token_hex(16).upper(),
        crc64=body.crc64,
        kind="Normal",
        modified_at=call.now,
        body=new_body_name(),
        headers={**headers, "content-md5": body.content_md5},
    )
    may_replace = not forbids_overwrite(call.request.headers)
    call.core.storage.put_object(call.bucket, record, body.data, may_replace=may_replace)
    return Reply(headers={**body.checksums, "ETag": f'"{record.etag}"', **echoed(record.headers)})


def head_object(call: Call) -> Reply:
    """Answer HEAD: the headers of the object, and its size as Content-Length."""
    record, path = call.core.storage.object(call.bucket, call.key)
    refusal = _condition_refusal(call.request.headers, record)
    if refusal:
        return refusal
    return Reply(headers=_headers_of(record), file=FileSlice(path, 0, record.size_bytes))


def get_object_meta(call: Call) -> Reply:
    """Answer ?objectMeta: only size, ETag, time and checksum. A GET has no body either."""
    record, path = call.core.storage.object(call.bucket, call.key)
    wanted = ("etag", "last-modified", "x-oss-hash-crc64ecma")
    headers = {name: value for name, value in _headers_of(record).items() if name in wanted}
    is_head = call.request.method == "HEAD"
    return Reply(headers=headers, file=FileSlice(path, 0, record.size_bytes) if is_head else None)


def get_object(call: Call) -> Reply:
    """Answer GET: the object or one range of it. The CRC-64 is that of the whole object either way."""
    record, path = call.core.storage.object(call.bucket, call.key)
    refusal = _condition_refusal(call.request.headers, record)
    if refusal:
        return refusal
    headers = _headers_of(record)
    for name, value in call.request.query.items():
        if name.removeprefix("response-") in _OVERRIDES:
            headers[name.removeprefix("response-")] = value
    wanted = _range(call.request.headers, record.size_bytes)
    if wanted is None:
        return Reply(headers=headers, file=FileSlice(path, 0, record.size_bytes))
    first, last = wanted
    headers["Content-Range"] = f"bytes {first}-{last}/{record.size_bytes}"
    return Reply(206, headers, file=FileSlice(path, first, last - first + 1))


def delete_object(call: Call) -> Reply:
    """Answer DELETE on a key: 204, whether it was there or not."""
    call.core.storage.delete_object(call.bucket, call.key)
    return Reply(204)


def forbids_overwrite(headers: Mapping[str, str]) -> bool:
    """Say whether an object that is there must stay."""
    return headers.get("x-oss-forbid-overwrite", "").lower() == "true"


def _headers_of(record: ObjectRecord) -> dict[str, str]:
    tags = record.headers.get("x-oss-tagging", "")
    unsaid = ("x-oss-tagging", "x-oss-object-acl")  # have operations of their own
    return {
        "content-type": "application/octet-stream",
        "x-oss-storage-class": "Standard",
        **{name: value for name, value in record.headers.items() if name not in unsaid},
        **({"x-oss-tagging-count": str(tags.count("&") + 1)} if tags else {}),
        "etag": f'"{record.etag}"',
        "last-modified": http_time(record.modified_at),
        "accept-ranges": "bytes",
        "x-oss-object-type": record.kind,
        "x-oss-hash-crc64ecma": str(record.crc64),
    }


def _range(headers: Mapping[str, str], size_bytes: int) -> tuple[int, int] | None:
    """Return the first and last byte asked for, or None for all; a bad range asks for all."""
    text = headers.get("range")
    if text is None:
        return None
    found = _RANGE.fullmatch(text.strip())
    first, last = found.groups() if found else ("", "")
    if first:
        wanted = (int(first), min(int(last or size_bytes), size_bytes - 1))
    elif last:
        wanted = (max(0, size_bytes - int(last)), size_bytes - 1)
    else:
        wanted = (size_bytes, 0)
    is_valid = wanted[0] <= wanted[1] and (not (first and last) or int(first) <= int(last))
    if is_valid:
        return wanted
    if headers.get("x-oss-range-behavior") == "standard":
        raise ServiceError("InvalidRange", headers={"Content-Range": f"bytes */{size_bytes}"})
    return None


def _condition_refusal(headers: Mapping[str, str], record: ObjectRecord) -> Reply | None:
    modified = int(record.modified_at)
    unmodified_since, modified_since = _seconds(headers, "if-unmodified-since"), _seconds(headers, "if-modified-since")
    if "if-match" in headers and not _names(headers["if-match"], record):
        raise ServiceError("PreconditionFailed", elements={"Condition": "If-Match"})
    if unmodified_since is not None and modified > unmodified_since:
        raise ServiceError("PreconditionFailed", elements={"Condition": "If-Unmodified-Since"})
    is_known = "if-none-match" in headers and _names(headers["if-none-match"], record)
    if is_known or (modified_since is not None and modified <= modified_since):
        return Reply(304, {"ETag": f'"{record.etag}"', "Last-Modified": http_time(record.modified_at)})
    return None


def _names(etag: str, record: ObjectRecord) -> bool:
    return etag.strip('"').upper() == record.etag


def _seconds(headers: Mapping[str, str], name: str) -> float | None:
    try:
        return parsedate_to_datetime(headers[name]).timestamp()
    except (KeyError, ValueError):
        return None
