"""What the SDK's results prove, read into our own values. Each function raises NotOss where an answer may be anybody's.

The SDK reads a document that it does not know as an empty one, and takes every 2xx for an answer of the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

from oss_jupyter.model.wire_values import Completed, ListedObject, ListedPart, ObjectHead, ObjectPage
from oss_jupyter.oss.advice import Asked, explain
from oss_jupyter.oss.failures import not_oss
from oss_jupyter.oss.proof import Proof, read_crc64, read_etag, read_proof
from oss_jupyter.oss.reply import date_seconds, is_failed_callback, read_reply
from oss_jupyter.texts import sentences

_OK = 200
# The object is stored, but the callback's server gave no good answer (documentation "Callback").
_STORED_BUT_CALLBACK_FAILED = 203


def read_upload_id(result: Any, asked: Asked) -> str:
    """Return the upload id of an answer to Initiate."""
    if not result.upload_id or not _is_about(asked, result):
        raise not_oss(asked.host)
    return str(result.upload_id)


def read_page(page: Any, upload_id: str, asked: Asked, now: datetime) -> list[ListedPart]:
    """Return the parts of a page of ListParts. now: what ages are counted from, where the reply has no Date."""
    if page.upload_id != upload_id or not _is_about(asked, page):
        raise not_oss(asked.host)
    served_at = date_seconds((page.headers or {}).get("Date", "")) or now.timestamp()
    return [_listed(part, asked.host, served_at) for part in page.parts or ()]


def read_objects(page: Any, given: Mapping[str, Any], asked: Asked) -> ObjectPage:
    """Return a page of ListObjectsV2, asked with the fields `given`."""
    found = [_listed_object(listed, asked.host) for listed in page.contents or ()]
    keys = [one.key for one in found]
    folded = [str(one.prefix) for one in page.common_prefixes or ()]
    prefix, after, delimiter = given["prefix"], given.get("start_after", ""), given.get("delimiter")
    count = len(keys) + len(folded)
    counted = count <= given["max_keys"] and page.key_count in (None, count)
    ascending = _ascending(keys, after) and _ascending(folded, after)
    names = [*keys, *folded]
    ours = (page.name, page.prefix or "") == (asked.bucket, prefix) and all(name.startswith(prefix) for name in names)
    asked_for = all(delimiter and name.endswith(delimiter) for name in folded)
    # A page without an object that is not the last would be asked for ever.
    leads_on = page.is_truncated is False or (page.is_truncated and bool(names))
    if not (ours and counted and ascending and asked_for and leads_on):
        raise not_oss(asked.host)
    return ObjectPage(tuple(found), not page.is_truncated, tuple(folded), page.next_continuation_token or "")


def _ascending(names: list[str], after: str) -> bool:
    """Whether names come in the service's order: in UTF-8 the order of bytes is that of characters."""
    return all(first < second for first, second in pairwise(names)) and (not names or after < names[0])


# Headers of an object that are told as they were given.
_TOLD = (
    "content_type", "cache_control", "content_disposition", "content_encoding", "expires", "server_side_encryption",
    "server_side_data_encryption", "server_side_encryption_key_id",
)  # fmt: skip


def read_completed(result: Any, wants_callback: bool, asked: Asked) -> Completed:
    """Return what an answer to Complete says: the service's document, or its headers beside a callback's answer."""
    said = read_proof(result.headers, asked.host)
    etag = said.etag or read_etag(result.etag, asked.host)
    status, body = result.status_code, (result.callback_result or "").encode()
    done = Completed(etag, said.crc64, said.version_id, said.request_id)
    if wants_callback and status == _STORED_BUT_CALLBACK_FAILED and (said.signed or is_failed_callback(body)):
        reply = replace(read_reply(status, result.headers, body), code="CallbackFailed")
        return replace(done, warning=sentences(*explain(reply, asked)))
    if wants_callback and status == _OK and said.signed:
        return replace(done, callback_body=result.callback_result or "")
    if not wants_callback and status == _OK and _names_the_object(asked, result, said):
        return done
    raise not_oss(asked.host)


def read_head(result: Any, asked: Asked) -> ObjectHead:
    """Return the object; where a gateway drops the request id, a CRC-64 speaks for itself."""
    said = read_proof(result.headers, asked.host)
    if not said.request_id and said.crc64 is None:
        raise not_oss(asked.host)
    size, options = result.content_length or 0, _told(result)
    modified_at = _in_utc(result.last_modified)
    return ObjectHead(size, said.etag, said.crc64, said.version_id, said.request_id, options, modified_at)


def _told(head: Any) -> dict[str, Any]:
    """Return the options that HEAD tells; the acl, tags and a callback are not among them."""
    told = {name: getattr(head, name, None) for name in _TOLD}
    named = {name.lower(): value for name, value in (head.metadata or {}).items()}
    return {**told, "storage_class": head.storage_class or "Standard", "metadata": named}


def check_answered(value: str | None, asked: Asked) -> None:
    """Take what only an answer of the service has for a proof of it."""
    if not value:
        raise not_oss(asked.host)


def _is_about(asked: Asked, document: Any) -> bool:
    return (document.bucket, document.key) == (asked.bucket, asked.key)


def _names_the_object(asked: Asked, document: Any, said: Proof) -> bool:
    etag = read_etag(document.etag, asked.host)
    return bool(etag and said.request_id) and said.etag in ("", etag) and _is_about(asked, document)


def _listed_object(listed: Any, where: str) -> ListedObject:
    if not listed.key or listed.size is None or listed.size < 0:
        raise not_oss(where)
    etag, kind = read_etag(listed.etag, where), listed.object_type or ""
    return ListedObject(listed.key, listed.size, etag, kind, _in_utc(listed.last_modified))


def _in_utc(time: Any) -> datetime | None:
    """Return a time without the SDK's own time zone: these values go to processes that do not load the SDK."""
    return time.astimezone(timezone.utc) if isinstance(time, datetime) else None


def _listed(part: Any, where: str, served_at: float) -> ListedPart:
    if part.part_number is None or part.size is None:
        raise not_oss(where)
    sent_at = part.last_modified
    age_seconds = max(0.0, served_at - sent_at.timestamp()) if isinstance(sent_at, datetime) else None
    crc = read_crc64(part.hash_crc64, where)
    return ListedPart(part.part_number, part.size, read_etag(part.etag, where), crc, age_seconds)
