"""The service's error document, read into a ServiceReply. Nothing here is secret afterwards.

Only the elements named below survive: an error document may quote the request, and with it a token or a signature.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

from oss_jupyter.errors import ServiceReply
from oss_jupyter.redact import clean, scrub

# Error documents have about 1 KB; more is not one.
_DOCUMENT_MAX_BYTES = 64 * 1024
_XML = b"<Error"
_CALLBACK_FAILED = "CallbackFailed"
_DIGITS = re.compile(r"[0-9]+")
# Of a wait that is asked for, in seconds or milliseconds: a number that no arithmetic minds.
_WAIT_MOST = 1e9
_EXTRAS = (
    "ArgumentName", "ArgumentValue", "AuthAction", "Bucket", "BucketName", "ETag", "Endpoint", "Expires", "HeaderName",
    "Key", "MaxAllowedSkewMilliseconds", "MaxSizeAllowed", "Method", "MinSizeAllowed", "PartNumber", "ProposedSize",
    "RequestTime", "ResourceType", "ServerTime", "UploadId",
)  # fmt: skip
_SECRET_ARGUMENT = re.compile(r"credential|signature|token|access.?key|authorization", re.IGNORECASE)


def read_reply(status: int, headers: Mapping[str, str], body: bytes) -> ServiceReply:
    """Return what an error reply says; a body that is no error document leaves only the headers' facts."""
    lower = {name.lower(): value for name, value in headers.items()}
    found = _elements(body or _head_document(lower.get("x-oss-err", "")))
    extras = {name: clean(found[name]) for name in _EXTRAS if found.get(name)}
    if _SECRET_ARGUMENT.search(extras.get("ArgumentName", "")):
        extras.pop("ArgumentValue", None)
    return ServiceReply(
        status=status,
        code=clean(found.get("Code", "")),
        message=scrub(found.get("Message", "")),
        ec=clean(found.get("EC") or lower.get("x-oss-ec", "")),
        request_id=clean(found.get("RequestId") or lower.get("x-oss-request-id", "")),
        host_id=clean(found.get("HostId", "")),
        advice_url=_advice_url(found.get("RecommendDoc", "")),
        extras=extras,
        retry_after_seconds=_retry_after_seconds(lower),
        served_at=date_seconds(lower.get("date", "")),
    )


def is_refusal(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a reply that claims success holds the service's error document, told by its request id.

    That of a callback that failed is none: it says that the object is stored.
    """
    if _XML not in body:
        return False
    found = _elements(body)
    signed = found.get("RequestId") or headers.get("x-oss-request-id")
    return bool(signed) and found.get("Code", _CALLBACK_FAILED) != _CALLBACK_FAILED


def is_failed_callback(body: bytes) -> bool:
    """Whether a body says that the object is stored, but its callback was not answered."""
    return _elements(body).get("Code") == _CALLBACK_FAILED


def _head_document(encoded: str) -> bytes:
    # A reply to HEAD has no body; the service puts the document into a header.
    try:
        return base64.b64decode(encoded)
    except (binascii.Error, ValueError):
        return b""


def _elements(document: bytes) -> dict[str, str]:
    document = document[: _DOCUMENT_MAX_BYTES + 1].strip()
    if len(document) > _DOCUMENT_MAX_BYTES:
        return {}
    if document.startswith(b"{"):
        return _json_elements(document)
    # No error document has a DTD; without one there are no entities to blow up or to fetch.
    if _XML not in document or b"<!" in document:
        return {}
    try:
        root = ElementTree.fromstring(document)  # noqa: S314
    except ElementTree.ParseError:
        return {}
    if root.tag.rpartition("}")[2] != "Error":
        return {}
    return {child.tag.rpartition("}")[2]: child.text or "" for child in root}


def _json_elements(document: bytes) -> dict[str, str]:
    try:
        root = json.loads(document)
    except (ValueError, RecursionError):
        return {}
    inner = root.get("Error", root)
    found = {str(name): str(value) for name, value in inner.items()} if isinstance(inner, dict) else {}
    if "message" in found:
        found.setdefault("Message", found["message"])
    return found


def _advice_url(text: str) -> str:
    # Shown as a link beside the code, so only the service's own pages; their query is an EC number.
    return text if re.fullmatch(r"https://[a-z.]+\.(?:aliyun|alibabacloud)\.com/[\w/.?=-]*", text) else ""


def _retry_after_seconds(lower: Mapping[str, str]) -> float | None:
    """Return the wait that is asked for: the service's milliseconds, seconds, or a date (RFC 9110, 10.2.3)."""
    delay, after = lower.get("x-oss-qos-delay-time", "").strip(), lower.get("retry-after", "").strip()
    if _DIGITS.fullmatch(delay):
        return _bounded(delay) / 1000
    if _DIGITS.fullmatch(after):
        return _bounded(after)
    until, now = date_seconds(after), date_seconds(lower.get("date", ""))
    # Its own clock, where it tells it, may be another one than this computer's.
    return None if until is None else min(max(0.0, until - (now or time.time())), _WAIT_MOST)


def _bounded(digits: str) -> float:
    return float(min(int(digits[:18]), _WAIT_MOST)) if len(digits) <= 18 else _WAIT_MOST


def date_seconds(text: str) -> float | None:
    """Return a date of HTTP in seconds since the epoch, None for what is none."""
    try:
        date = parsedate_to_datetime(text)
        return date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
