"""Operations of the multipart family."""

from __future__ import annotations

from collections.abc import Sequence

from oss_jupyter.sandbox.core import Call
from oss_jupyter.sandbox.documents import Children, MalformedDocumentError, Names, parse_part_list
from oss_jupyter.sandbox.faults import has_callback
from oss_jupyter.sandbox.listing import iso_time, page_of
from oss_jupyter.sandbox.object_headers import check_part_headers, echoed, read_object_headers
from oss_jupyter.sandbox.object_operations import forbids_overwrite
from oss_jupyter.sandbox.records import PartRecord, UploadRecord
from oss_jupyter.sandbox.replies import Reply, ServiceError, document, invalid_argument
from oss_jupyter.sandbox.request import check_key
from oss_jupyter.sandbox.storage import new_body_name

_LARGEST_PART_NUMBER = 10_000
_LIST_LIMIT = 1000


def initiate(call: Call) -> Reply:
    """Answer POST ?uploads."""
    check_key(call.key)
    headers = read_object_headers(call.request)
    if forbids_overwrite(call.request.headers) and call.core.storage.has_object(call.bucket, call.key):
        raise ServiceError("FileAlreadyExists")
    upload = call.core.multipart.initiate(call.bucket, call.key, headers, call.now)
    names = Names(call.request.query.get("encoding-type"))
    children: Children = [
        *names.element,
        ("Bucket", call.bucket),
        ("Key", names(call.key)),
        ("UploadId", upload.upload_id),
    ]
    return document("InitiateMultipartUploadResult", children, echoed(headers))


def upload_part(call: Call) -> Reply:
    """Answer PUT ?partNumber&uploadId."""
    number = part_number_of(call)
    check_part_headers(call.request)
    body = call.body
    part = PartRecord(number, body.size_bytes, body.etag, body.crc64, call.now, new_body_name())
    call.core.multipart.put_part(call.bucket, call.key, call.upload_id, part, body.data)
    return Reply(headers=body.checksums)


def part_number_of(call: Call) -> int:
    """Return the number of a part, or refuse one that no part can have."""
    number = call.request.part_number
    if number is None or not 1 <= number <= _LARGEST_PART_NUMBER:
        text = call.request.query.get("partNumber", "")
        message = "Part number must be an integer between 1 and 10000, inclusive."
        raise invalid_argument("partNumber", text, message)
    return number


def list_parts(call: Call) -> Reply:
    """Answer GET ?uploadId: parts by number, after the marker; an upload without parts is a normal answer."""
    request, names = call.request, Names(call.request.query.get("encoding-type"))
    upload = call.core.multipart.upload(call.bucket, call.key, call.upload_id)
    marker = request.count("part-number-marker", 0, 2**31)
    limit = request.count("max-parts", _LIST_LIMIT, _LIST_LIMIT)
    later = [part for part in call.core.multipart.parts(call.bucket, call.key, call.upload_id) if part.number > marker]
    shown = later[:limit]
    children: Children = [
        *names.element,
        ("Bucket", call.bucket),
        ("Key", names(call.key)),
        ("UploadId", upload.upload_id),
        ("StorageClass", upload.headers.get("x-oss-storage-class", "Standard")),
        ("PartNumberMarker", marker),
        # oss2 and the older .NET SDK need the next marker even on the last page.
        ("NextPartNumberMarker", shown[-1].number if shown else marker),
        ("MaxParts", limit),
        ("IsTruncated", len(later) > limit),
        *(("Part", _part(part)) for part in shown),
    ]
    return document("ListPartsResult", children)


def complete(call: Call) -> Reply:
    """Answer POST ?uploadId: join the parts into the object."""
    request = call.request
    record = call.core.multipart.complete(
        call.bucket,
        call.key,
        call.upload_id,
        _listed_parts(call),
        now=call.now,
        may_replace=not forbids_overwrite(request.headers),
    )
    headers = {"ETag": f'"{record.etag}"', "x-oss-hash-crc64ecma": str(record.crc64), **echoed(record.headers)}
    if has_callback(request):
        # The body of a real reply is what the callback server said.
        return Reply(headers={**headers, "Content-Type": "application/json"}, body=b'{"Status":"OK"}')
    names = Names(request.query.get("encoding-type"))
    children: Children = [
        *names.element,
        ("Location", f"http://{request.host}/{call.bucket}/{names(call.key)}"),
        ("Bucket", call.bucket),
        ("Key", names(call.key)),
        ("ETag", f'"{record.etag}"'),
    ]
    return document("CompleteMultipartUploadResult", children, headers)


def abort(call: Call) -> Reply:
    """Answer DELETE ?uploadId."""
    call.core.multipart.abort(call.bucket, call.key, call.upload_id)
    return Reply(204)


def list_uploads(call: Call) -> Reply:
    """Answer GET ?uploads; the upload id marker counts only beside a key marker."""
    query, names = call.request.query, Names(call.request.query.get("encoding-type"))
    key_marker, id_marker = query.get("key-marker", ""), query.get("upload-id-marker", "")
    limit = call.request.count("max-uploads", _LIST_LIMIT, _LIST_LIMIT)
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    page = page_of(
        [upload for upload in call.core.multipart.uploads(call.bucket) if _is_after(upload, key_marker, id_marker)],
        lambda upload: upload.key,
        prefix=prefix,
        delimiter=delimiter,
        limit=limit,
        after=key_marker,
    )
    last = page.last if page.is_truncated else None
    children: Children = [
        *names.element,
        ("Bucket", call.bucket),
        ("KeyMarker", names(key_marker)),
        ("UploadIdMarker", id_marker),
        # oss2 needs both markers, even empty.
        ("NextKeyMarker", names(last.key if isinstance(last, UploadRecord) else str(last or ""))),
        ("NextUploadIdMarker", last.upload_id if isinstance(last, UploadRecord) else ""),
        ("Delimiter", names(delimiter)),
        ("Prefix", names(prefix)),
        ("MaxUploads", limit),
        ("IsTruncated", page.is_truncated),
        *(("Upload", _upload(upload, names)) for upload in page.entries),
        *(("CommonPrefixes", [("Prefix", names(folded))]) for folded in page.prefixes),
    ]
    return document("ListMultipartUploadsResult", children)


def _listed_parts(call: Call) -> Sequence[tuple[int, str]] | None:
    if call.request.headers.get("x-oss-complete-all") == "yes":
        if call.body.size_bytes:
            message = "A body is not allowed beside x-oss-complete-all."
            raise invalid_argument("x-oss-complete-all", "yes", message)
        return None
    try:
        return parse_part_list(call.body.content)
    except MalformedDocumentError:
        raise ServiceError("MalformedXML") from None


def _is_after(upload: UploadRecord, key_marker: str, id_marker: str) -> bool:
    if key_marker and id_marker:
        return (upload.key, upload.upload_id) > (key_marker, id_marker)
    return upload.key > key_marker


def _part(part: PartRecord) -> Children:
    return [
        ("PartNumber", part.number),
        ("LastModified", iso_time(part.modified_at)),
        ("ETag", f'"{part.etag}"'),
        ("HashCrc64ecma", str(part.crc64)),
        ("Size", part.size_bytes),
    ]


def _upload(upload: UploadRecord, names: Names) -> Children:
    return [
        ("Key", names(upload.key)),
        ("UploadId", upload.upload_id),
        ("Initiated", iso_time(upload.initiated_at)),
    ]
