"""Operations that take bytes from objects which are there already, and that which removes many at once."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from oss_jupyter.sandbox.bodies import Body
from oss_jupyter.sandbox.core import Call
from oss_jupyter.sandbox.documents import MalformedDocumentError, Names, parse_keys
from oss_jupyter.sandbox.listing import iso_time
from oss_jupyter.sandbox.multipart_operations import part_number_of
from oss_jupyter.sandbox.object_headers import echoed, read_object_headers
from oss_jupyter.sandbox.object_operations import forbids_overwrite
from oss_jupyter.sandbox.records import ObjectRecord, PartRecord, new_name
from oss_jupyter.sandbox.replies import Reply, ServiceError, document, invalid_argument
from oss_jupyter.sandbox.request import check_key
from oss_jupyter.sandbox.storage import new_body_name

_SLICE_BYTES = 1024 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_COPIED_MOST_BYTES = 5 * 1024**3
_DELETED_MOST = 1000


def copy_object(call: Call) -> Reply:
    """Answer PUT with x-oss-copy-source: the same bytes under another key, with the same headers or new ones."""
    check_key(call.key)
    source, path = _source(call)
    if source.size_bytes > _COPIED_MOST_BYTES:
        raise ServiceError("EntityTooLarge")
    replaces = call.request.headers.get("x-oss-metadata-directive", "COPY").upper() == "REPLACE"
    headers = read_object_headers(call.request) if replaces else source.headers
    record = replace(source, key=call.key, modified_at=call.now, body=new_body_name(), headers=headers)
    copied = call.core.storage.incoming / new_name()
    shutil.copyfile(path, copied)
    may_replace = not forbids_overwrite(call.request.headers)
    call.core.storage.put_object(call.bucket, record, copied, may_replace=may_replace)
    children = [("LastModified", iso_time(call.now)), ("ETag", f'"{record.etag}"')]
    return document(
        "CopyObjectResult",
        children,
        {"ETag": f'"{record.etag}"', "x-oss-hash-crc64ecma": str(record.crc64), **echoed(headers)},
    )


def upload_part_copy(call: Call) -> Reply:
    """Answer PUT ?partNumber&uploadId with x-oss-copy-source: a range of an object becomes a part."""
    source, path = _source(call)
    first, last = _range(call, source.size_bytes)
    body = Body(call.core.storage.incoming)
    with path.open("rb") as file:
        file.seek(first)
        left_bytes = last - first + 1
        while left_bytes and (data := file.read(min(_SLICE_BYTES, left_bytes))):
            body.feed(data)
            left_bytes -= len(data)
    body.close()
    part = PartRecord(part_number_of(call), body.size_bytes, body.etag, body.crc64, call.now, new_body_name())
    call.core.multipart.put_part(call.bucket, call.key, call.upload_id, part, body.data)
    children = [("LastModified", iso_time(call.now)), ("ETag", f'"{part.etag}"')]
    return document("CopyPartResult", children, {"x-oss-hash-crc64ecma": str(part.crc64)})


def delete_objects(call: Call) -> Reply:
    """Answer POST ?delete: what was there and what was not are told alike."""
    if "content-md5" not in call.request.headers:
        raise ServiceError("MissingArgument", "Content-MD5 is needed to delete several objects.", status=400)
    try:
        keys, quiet = parse_keys(call.body.content)
    except MalformedDocumentError:
        raise ServiceError("MalformedXML") from None
    if not 0 < len(keys) <= _DELETED_MOST:
        raise ServiceError("MalformedXML")
    for key in keys:
        call.core.storage.delete_object(call.bucket, key)
    names = Names(call.request.query.get("encoding-type"))
    told = [] if quiet else [("Deleted", [("Key", names(key))]) for key in keys]
    return document("DeleteResult", [*names.element, *told])


def _source(call: Call) -> tuple[ObjectRecord, Path]:
    text = call.request.headers["x-oss-copy-source"]
    bucket, _, key = unquote(text).removeprefix("/").partition("/")
    if not bucket or not key:
        raise invalid_argument("x-oss-copy-source", text, "Copy source must be /bucket/key.")
    record, path = call.core.storage.object(bucket, key)
    wanted = call.request.headers.get("x-oss-copy-source-if-match")
    if wanted is not None and wanted.strip('"').upper() != record.etag:
        raise ServiceError("PreconditionFailed", elements={"Condition": "x-oss-copy-source-if-match"})
    return record, path


def _range(call: Call, size_bytes: int) -> tuple[int, int]:
    text = call.request.headers.get("x-oss-copy-source-range")
    if text is None:
        return 0, size_bytes - 1
    found = _RANGE.fullmatch(text)
    if found is None or not int(found[1]) <= int(found[2]) < size_bytes:
        raise invalid_argument("x-oss-copy-source-range", text, "The range is not within the source.")
    return int(found[1]), int(found[2])
