"""The unfinished multipart uploads of a bucket: in no list of objects, and billed until they are removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from oss_jupyter.model.leftover import Leftover
from oss_jupyter.model.target import Target
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.failures import not_oss

# The most that the service lists with one request (documentation "ListMultipartUploads").
PAGE_UPLOADS = 1000


def list_uploads(
    control: SdkControl, bucket: str, prefix: str, now: datetime, page_size: int = PAGE_UPLOADS
) -> Iterator[Leftover]:
    """Yield each unfinished upload whose key begins with `prefix`, by key and upload id, a request for each page.

    now: what ages are counted from, in UTC. Raises NotOss where an answer is about something else.
    """
    target = Target(bucket, "")
    given = {"prefix": prefix, "max_uploads": page_size, "encoding_type": "url"}
    for page in control.requests.pages("ListMultipartUploads", target, given, _next):
        for listed in page.uploads or ():
            key, begun_at = listed.key or "", listed.initiated
            ours = page.bucket == bucket and key and key.startswith(prefix) and listed.upload_id
            if not ours or not isinstance(begun_at, datetime):
                raise not_oss(control.requests.asked("ListMultipartUploads", target).host)
            # Without the SDK's own time zone: values travel without it.
            begun_at = begun_at.astimezone(timezone.utc)
            age_seconds = max(0.0, (now - begun_at).total_seconds())
            yield Leftover(key, str(listed.upload_id), begun_at, age_seconds)


def _next(page: Any) -> dict[str, Any]:
    # Both: with the key alone, further uploads of the same key would be passed over.
    return {"key_marker": page.next_key_marker or "", "upload_id_marker": page.next_upload_id_marker or ""}
