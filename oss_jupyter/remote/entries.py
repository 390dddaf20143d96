"""What is told of objects, folders and buckets, in fsspec's words; and which folders a list of keys makes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Any

from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import ListedObject, ObjectHead

Entry = dict[str, Any]
# Shorter than any request that could change what was seen.
_MOMENT_SECONDS = 0.005


class LastLook(threading.local):
    """What a thread saw last, for as long as a file that was looked at may need to be opened.

    Some libraries ask whether there is a file and open it in the next moment: that is one request then.
    """

    _path = ""
    _entry: Entry | None = None
    _at = 0.0

    def note(self, path: str, entry: Entry) -> None:
        """Remember an answer that has just come."""
        self._path, self._entry, self._at = path, dict(entry), time.monotonic()

    def take(self, path: str) -> Entry | None:
        """Return the answer for a path where it is of this moment; it is used once."""
        entry, self._entry = self._entry, None
        return entry if path == self._path and time.monotonic() - self._at < _MOMENT_SECONDS else None


def directory(path: str) -> Entry:
    """Return a folder or a bucket."""
    return {"name": path, "size": 0, "type": "directory"}


def of_head(target: Target, head: ObjectHead) -> Entry:
    """Return an object as HEAD tells it, its checksum and content type included."""
    entry = _file(target.bucket, target.key, head.size, head.etag, head.modified_at)
    return {**entry, "crc64": head.crc64, "ContentType": head.options.get("content_type")}


def of_listed(bucket: str, listed: ListedObject) -> Entry:
    """Return an object as a list tells it."""
    return _file(bucket, listed.key, listed.size, listed.etag, listed.modified_at)


def _file(bucket: str, key: str, size: int, etag: str, modified_at: Any) -> Entry:
    return {
        "name": f"{bucket}/{key}",
        "size": size,
        "type": "file",
        "ETag": etag,
        "LastModified": modified_at,
    }


def is_marker(listed: ListedObject) -> bool:
    """Whether an object stands for a folder, as consoles make them."""
    return listed.key.endswith("/") and listed.size == 0


def folders_between(above: str, paths: Iterable[str]) -> list[str]:
    """Return the folders that lie between a path and those below it."""
    found: dict[str, None] = {}
    for path in paths:
        parent = path.rpartition("/")[0]
        while len(parent) > len(above) and parent not in found:
            found[parent] = None
            parent = parent.rpartition("/")[0]
    return list(found)
