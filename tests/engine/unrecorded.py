"""Unfinished uploads that the service holds and no checkpoint knows."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import replace

from oss_jupyter.crc64 import crc64
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.sandbox.records import PartRecord

from .kit import BUCKET, OBJECT, PART

HOUR_SECONDS = 3600.0


def leave(
    sandbox: Sandbox,
    content: bytes,
    numbers: Iterable[int],
    *,
    part_size: int = PART,
    age_seconds: float = HOUR_SECONDS,
    key: str = OBJECT,
) -> str:
    """Leave an upload behind with these parts of a content, the last of them so old; return its id."""
    begun_at = time.time() - age_seconds
    upload_id = sandbox._core.multipart.initiate(BUCKET, key, {}, begun_at).upload_id
    add(sandbox, upload_id, content, numbers, part_size=part_size, sent_at=begun_at, key=key)
    return upload_id


def add(
    sandbox: Sandbox,
    upload_id: str,
    content: bytes,
    numbers: Iterable[int],
    *,
    part_size: int = PART,
    sent_at: float = 0.0,
    key: str = OBJECT,
) -> None:
    """Add parts of a content to an upload, as another computer does."""
    for number in numbers:
        data = content[(number - 1) * part_size : number * part_size]
        etag = hashlib.md5(data).hexdigest().upper()
        part = PartRecord(number, len(data), etag, crc64(data), sent_at, f"body-{number}")
        sandbox._core.multipart.put_part(BUCKET, key, upload_id, part, data)


def let_age(sandbox: Sandbox, seconds: float = HOUR_SECONDS) -> None:
    """Let all parts of all unfinished uploads be so much older."""
    for upload in sandbox._core.storage.bucket(BUCKET).uploads.values():
        for number, part in upload.parts.items():
            upload.parts[number] = replace(part, modified_at=part.modified_at - seconds)


def ids(sandbox: Sandbox) -> set[str]:
    """Return the ids of the unfinished uploads."""
    return {upload.upload_id for upload in sandbox.uploads(BUCKET)}
