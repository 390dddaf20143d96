"""The unfinished multipart uploads of a bucket: in no list of objects, and billed until they are removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import islice, takewhile
from typing import Any

from oss_jupyter.model.leftover import Leftover
from oss_jupyter.model.target import Target
from oss_jupyter.oss.failures import not_oss
from oss_jupyter.oss.sdk_requests import SdkRequests

# The most that the service lists with one request (documentation "ListMultipartUploads").
PAGE_UPLOADS = 1000
# Uploads of one object: more of them are the mark of a script that fails over and over.
_OF_ONE_OBJECT = 100


def list_uploads(
    requests: SdkRequests, bucket: str, prefix: str, now: datetime, page_size: int = PAGE_UPLOADS, **how: Any
) -> Iterator[Leftover]:
    """Yield each unfinished upload whose key begins with `prefix`, by key and upload id, a request for each page.

    now: what ages are counted from, in UTC. how: the client's own, for each request.
    Raises NotOss where an answer is about something else.
    """
    target = Target(bucket, "")
    given = {"prefix": prefix, "max_uploads": page_size, "encoding_type": "url"}
    for page in requests.pages("ListMultipartUploads", target, given, _next, **how):
        if page.bucket != bucket:
            raise not_oss(requests.asked("ListMultipartUploads", target).host)
        for listed in page.uploads or ():
            key, begun_at = listed.key or "", listed.initiated
            ours = key and key.startswith(prefix) and listed.upload_id
            if not ours or not isinstance(begun_at, datetime):
                raise not_oss(requests.asked("ListMultipartUploads", target).host)
            # Without the SDK's own time zone: values travel without it.
            begun_at = begun_at.astimezone(timezone.utc)
            age_seconds = max(0.0, (now - begun_at).total_seconds())
            yield Leftover(key, str(listed.upload_id), begun_at, age_seconds)


def uploads_of(requests: SdkRequests, target: Target, now: datetime) -> list[str]:
    """Return the ids of the unfinished uploads of exactly this object, those that were begun last first.

    Each page is asked for once: whoever asks can do without, or asks again.
    """
    # A key comes before all that begin with it, so the list is left where the next one begins.
    listed = list_uploads(requests, target.bucket, target.key, now, _OF_ONE_OBJECT, retry_max_attempts=1)
    own = islice(takewhile(lambda one: one.key == target.key, listed), _OF_ONE_OBJECT)
    return [one.upload_id for one in sorted(own, key=lambda one: one.age_seconds)]


def _next(page: Any) -> dict[str, Any]:
    # Both: with the key alone, further uploads of the same key would be passed over.
    return {"key_marker": page.next_key_marker or "", "upload_id_marker": page.next_upload_id_marker or ""}
