"""The headers that are stored with an object, given at PutObject or at InitiateMultipartUpload."""

from __future__ import annotations

import re
from collections.abc import Mapping

from oss_jupyter.sandbox.replies import ServiceError, invalid_argument
from oss_jupyter.sandbox.request import Request

_STORED = frozenset(
    [
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-type",
        "expires",
        "x-oss-object-acl",
        "x-oss-storage-class",
        "x-oss-tagging",
    ]
)
_ENCRYPTION = "x-oss-server-side-encryption"
_ENCRYPTION_FAMILY = "x-oss-server-side-"
_META = "x-oss-meta-"
_META_NAME = re.compile(r"[a-z0-9-]+")
_META_LIMIT_BYTES = 8 * 1024
_STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
_TAG_LIMIT = 10
_SLOWEST_BITS_PER_SECOND, _FASTEST_BITS_PER_SECOND = 819_200, 838_860_800


def read_object_headers(request: Request) -> dict[str, str]:
    """Return the headers to store, or refuse those that the service does not take."""
    headers = request.headers
    _check_meta(headers)
    storage_class = headers.get("x-oss-storage-class", "Standard")
    if storage_class not in _STORAGE_CLASSES:
        raise invalid_argument("x-oss-storage-class", storage_class, "The storage class is not valid.")
    if headers.get(_ENCRYPTION, "AES256") not in ("AES256", "KMS", "SM4"):
        raise ServiceError("InvalidEncryptionAlgorithmError")
    tags = [tag for tag in headers.get("x-oss-tagging", "").split("&") if tag]
    names = [tag.partition("=")[0] for tag in tags]
    if len(tags) > _TAG_LIMIT or len(set(names)) < len(names):
        raise ServiceError("InvalidTag", "The tags are too many or not unique.", status=400)
    return {name: value for name, value in headers.items() if _is_stored(name)}


def has_md5_for_etag(headers: Mapping[str, str]) -> bool:
    """Say whether the ETag of an object sent in one request is its MD5: not where a key of KMS encrypts it."""
    return headers.get(_ENCRYPTION, "AES256") == "AES256"


def echoed(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the stored headers that replies to writes repeat: how the object is encrypted."""
    return {name: value for name, value in headers.items() if name.startswith(_ENCRYPTION_FAMILY)}


def check_part_headers(request: Request) -> None:
    """Refuse encryption headers on a part: they belong to InitiateMultipartUpload."""
    for name, value in request.headers.items():
        if name.startswith(_ENCRYPTION_FAMILY):
            raise invalid_argument(name, value, f"{name} is not allowed here.")


def check_traffic_limit(request: Request) -> None:
    """Refuse a traffic limit out of the service's range, EC 0004-00000502."""
    name = "x-oss-traffic-limit"
    given = [source[name] for source in (request.headers, request.query) if name in source]
    if not given:
        return
    text = given[0]
    is_in_range = text.isdecimal() and _SLOWEST_BITS_PER_SECOND <= int(text) <= _FASTEST_BITS_PER_SECOND
    if len(given) > 1 or not is_in_range:
        message = "The traffic limit must be between 819200 and 838860800 bit/s, in a header or in the query."
        raise invalid_argument(name, text, message, "0004-00000502")


def _is_stored(name: str) -> bool:
    return name in _STORED or name.startswith((_META, _ENCRYPTION_FAMILY))


def _check_meta(headers: Mapping[str, str]) -> None:
    meta = {name.removeprefix(_META): value for name, value in headers.items() if name.startswith(_META)}
    for name, value in meta.items():
        if not _META_NAME.fullmatch(name):
            raise invalid_argument(f"{_META}{name}", value, "A metadata name holds only letters, digits and -.")
    if sum(len(name) + len(value.encode()) for name, value in meta.items()) > _META_LIMIT_BYTES:
        raise invalid_argument(_META, "", "The metadata is larger than 8 KB.", "0011-00000002")
