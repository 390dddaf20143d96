"""Reading an HTTP request as a request to OSS: which bucket, which key, which operation.

Paths are decoded exactly once and never normalised: keys may hold `//`, `.`, `%2F` or a plus sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus

from oss_jupyter.sandbox.replies import ServiceError, invalid_argument

# Operation: the RAM action that permits it.
ACTIONS: Mapping[str, str] = {
    "ListBuckets": "oss:ListBuckets",
    "PutBucket": "oss:PutBucket",
    "DeleteBucket": "oss:DeleteBucket",
    "GetBucketAcl": "oss:GetBucketAcl",
    "GetBucketInfo": "oss:GetBucketInfo",
    "GetBucketLocation": "oss:GetBucketLocation",
    "ListObjectsV2": "oss:ListObjects",
    "ListMultipartUploads": "oss:ListMultipartUploads",
    "PutObject": "oss:PutObject",
    "HeadObject": "oss:GetObject",
    "GetObjectMeta": "oss:GetObject",
    "GetObject": "oss:GetObject",
    "DeleteObject": "oss:DeleteObject",
    "DeleteMultipleObjects": "oss:DeleteObject",
    "CopyObject": "oss:PutObject",
    "UploadPartCopy": "oss:PutObject",
    "InitiateMultipartUpload": "oss:PutObject",
    "UploadPart": "oss:PutObject",
    "ListParts": "oss:ListParts",
    "CompleteMultipartUpload": "oss:PutObject",
    "AbortMultipartUpload": "oss:AbortMultipartUpload",
}

_KEY_LIMIT_BYTES = 1023

# Query names that select another operation. Those not served here are answered with NotImplemented, never
# mistaken for a plain read or write.
_SUBRESOURCES = frozenset(
    [
        "acl",
        "append",
        "bucketInfo",
        "cors",
        "delete",
        "lifecycle",
        "location",
        "objectMeta",
        "policy",
        "restore",
        "stat",
        "symlink",
        "tagging",
        "uploadId",
        "uploads",
        "versioning",
        "versions",
    ]
)


@dataclass(frozen=True)
class Request:
    """One request: header names are lower-case, query names and values decoded."""

    method: str
    bucket: str | None
    key: str | None
    query: Mapping[str, str] = field(repr=False)  # may hold a signature
    headers: Mapping[str, str] = field(repr=False)

    @property
    def host(self) -> str:
        """Return the Host header."""
        return self.headers.get("host", "")

    @property
    def operation(self) -> str:
        """Return the name of the OSS operation, or "Unknown"."""
        selector = next((name for name in self.query if name in _SUBRESOURCES), None)
        if self.bucket is None:
            return "ListBuckets" if self.method == "GET" and selector is None else "Unknown"
        table = _BUCKET_OPERATIONS if self.key is None else _OBJECT_OPERATIONS
        found = table.get((self.method, selector), "Unknown")
        return _COPYING.get(found, "Unknown") if "x-oss-copy-source" in self.headers else found

    @property
    def upload_id(self) -> str | None:
        """Return the upload id that the query names."""
        return self.query.get("uploadId")

    @property
    def part_number(self) -> int | None:
        """Return the part number that the query names, if it is a number."""
        text = self.query.get("partNumber", "")
        return int(text) if text.isdecimal() else None

    @property
    def declared_bytes(self) -> int | None:
        """Return the Content-Length, or None if there is none."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isdecimal() else None

    @property
    def is_chunked(self) -> bool:
        """Say whether the body comes in chunks, without a length."""
        return self.headers.get("transfer-encoding", "").lower() == "chunked"

    def count(self, name: str, default: int, largest: int) -> int:
        """Return a page size or marker from the query; an empty value means the default."""
        text = self.query.get(name, "")
        if not text:
            return default
        if not text.isdecimal() or not 0 <= int(text) <= largest:
            raise invalid_argument(name, text, f"{name} must be an integer between 0 and {largest}.")
        return int(text)


def read_request(method: str, target: str, headers: Iterable[tuple[str, str]], host_suffixes: Iterable[str]) -> Request:
    """Build a request from its start line and headers.

    The bucket comes from the Host when that is `{bucket}.{suffix}`, else from the path.
    """
    path, _, query_text = target.partition("?")
    fields: dict[str, str] = {}
    for name, value in headers:
        fields[name.lower()] = _readable(value).strip()
    decoded = unquote(path)  # bytes that are not UTF-8 are replaced, so their signature cannot match
    bucket = _bucket_of(fields.get("host", ""), host_suffixes)
    if bucket is None:
        bucket, _, rest = decoded.removeprefix("/").partition("/")
    else:
        rest = decoded.removeprefix("/")
    return Request(method, bucket or None, rest or None, _read_query(query_text), fields)


def check_key(key: str) -> None:
    """Refuse a key that the service would refuse."""
    if key.startswith(("/", "\\")) or len(key.encode()) > _KEY_LIMIT_BYTES:
        raise ServiceError("InvalidObjectName", elements={"ObjectName": key})


def _read_query(text: str) -> dict[str, str]:
    # A plus is a space in a query (oss2 sends it so), never in a path.
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def _bucket_of(host: str, suffixes: Iterable[str]) -> str | None:
    name = host.lower().rpartition(":")[0] or host.lower()
    for suffix in suffixes:
        bucket = name.removesuffix(f".{suffix}")
        if bucket != name and "." not in bucket:
            return bucket
    return None


def _readable(value: str) -> str:
    # Header bytes arrive as Latin-1 text; clients write UTF-8.
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


_BUCKET_OPERATIONS: Mapping[tuple[str, str | None], str] = {
    ("PUT", None): "PutBucket",
    ("DELETE", None): "DeleteBucket",
    ("GET", None): "ListObjectsV2",
    ("GET", "acl"): "GetBucketAcl",
    ("GET", "bucketInfo"): "GetBucketInfo",
    ("GET", "location"): "GetBucketLocation",
    ("GET", "uploads"): "ListMultipartUploads",
    ("POST", "delete"): "DeleteMultipleObjects",
}

_OBJECT_OPERATIONS: Mapping[tuple[str, str | None], str] = {
    ("PUT", None): "PutObject",
    ("HEAD", None): "HeadObject",
    ("HEAD", "objectMeta"): "GetObjectMeta",
    ("GET", "objectMeta"): "GetObjectMeta",
    ("GET", None): "GetObject",
    ("DELETE", None): "DeleteObject",
    ("POST", "uploads"): "InitiateMultipartUpload",
    ("PUT", "uploadId"): "UploadPart",
    ("GET", "uploadId"): "ListParts",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
}

# What an operation is where its bytes come from another object.
_COPYING: Mapping[str, str] = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}
