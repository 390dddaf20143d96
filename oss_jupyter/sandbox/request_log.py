"""What was asked and what was answered, for tests and demonstrations. Never a signature, never a token."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from oss_jupyter.sandbox.request import Request

_LOG_LIMIT = 20_000
_HEADERS_OF_INTEREST = frozenset(
    [
        "cache-control",
        "content-length",
        "content-md5",
        "content-type",
        "host",
        "range",
        "transfer-encoding",
        "user-agent",
        "x-oss-callback",
        "x-oss-callback-var",
        "x-oss-complete-all",
        "x-oss-forbid-overwrite",
        "x-oss-object-acl",
        "x-oss-request-payer",
        "x-oss-storage-class",
        "x-oss-tagging",
        "x-oss-traffic-limit",
    ]
)


@dataclass(frozen=True)
class RequestRecord:
    """One finished request."""

    operation: str
    bucket: str | None
    key: str | None
    upload_id: str | None
    part_number: int | None
    status: int | None  # None: the connection ended without a reply
    code: str | None  # the error code, if the reply was an error
    body_bytes: int  # received, not declared
    started_at: float  # Unix seconds on the sandbox's clock
    headers: Mapping[str, str]  # those of interest, lower-case names
    connection_id: int
    access_key_id: str | None  # None: not authenticated
    request_id: str


def headers_of_interest(request: Request) -> dict[str, str]:
    """Return the headers worth keeping; a traffic limit may also stand in the query."""
    found = {name: value for name, value in request.headers.items() if name in _HEADERS_OF_INTEREST}
    limit = request.query.get("x-oss-traffic-limit")
    return found if limit is None else {**found, "x-oss-traffic-limit": limit}


class RequestLog:
    """The last requests, oldest first. Any thread may read it. `_lock` guards _records."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: deque[RequestRecord] = deque(maxlen=_LOG_LIMIT)

    def append(self, record: RequestRecord) -> None:
        """Keep one more record; the oldest goes when there are too many."""
        with self._lock:
            self._records.append(record)

    def records(self) -> tuple[RequestRecord, ...]:
        """Return all records."""
        with self._lock:
            return tuple(self._records)

    def clear(self) -> None:
        """Forget all records."""
        with self._lock:
            self._records.clear()
