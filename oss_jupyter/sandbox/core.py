"""What every request meets: the storage, the keys, the clock, and the switches of the sandbox."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Protocol

from oss_jupyter.sandbox.bodies import Body
from oss_jupyter.sandbox.faults import FaultRegistry
from oss_jupyter.sandbox.keys import KeyRing
from oss_jupyter.sandbox.multipart import Multipart
from oss_jupyter.sandbox.replies import Reply
from oss_jupyter.sandbox.request import Request
from oss_jupyter.sandbox.request_log import RequestLog
from oss_jupyter.sandbox.storage import Storage

_PROCESS = secrets.token_hex(6).upper()
_numbers = itertools.count(1)


class Switches(Protocol):
    """What the owner of a sandbox may turn while it runs, from any thread."""

    rate_bytes_per_second: float | None  # all connections together
    connection_rate_bytes_per_second: float | None  # each connection
    latency_seconds: float  # before every reply


@dataclass
class Core:
    """The parts of one sandbox."""

    storage: Storage
    multipart: Multipart
    keys: KeyRing
    region: str
    clock: Callable[[], float]
    host_suffixes: tuple[str, ...]
    switches: Switches
    silent_seconds: float  # longest wait for a client in the middle of a request, or for its next one
    pool: ThreadPoolExecutor = field(init=False)  # made anew at each start
    faults: FaultRegistry = field(default_factory=FaultRegistry)
    log: RequestLog = field(default_factory=RequestLog)
    admin: Callable[[str, str, str, str], Reply] | None = None  # method, path, host, token
    active_requests: int = 0  # this and the next are written by the event loop only
    stopping: bool = False  # by the loop only, too, like the next one
    trouble: str = ""  # why nothing could be stored when it was last tried
    idle_since: float = field(default_factory=time.monotonic)

    def request_began(self) -> None:
        """Count a request that is being served."""
        self.active_requests += 1

    def request_ended(self) -> None:
        """Count it no more, and note when the sandbox fell idle."""
        self.active_requests -= 1
        self.idle_since = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """Return for how long nothing has been asked."""
        return 0.0 if self.active_requests else time.monotonic() - self.idle_since


@dataclass(frozen=True)
class Call:
    """An authenticated request with its whole body, as an operation gets it."""

    core: Core
    request: Request
    body: Body

    @property
    def bucket(self) -> str:
        """Return the bucket, which every operation but ListBuckets has."""
        assert self.request.bucket is not None
        return self.request.bucket

    @property
    def key(self) -> str:
        """Return the key, which every operation on objects has."""
        assert self.request.key is not None
        return self.request.key

    @property
    def upload_id(self) -> str:
        """Return the upload id, which the operations on an upload have."""
        return self.request.query["uploadId"]

    @property
    def now(self) -> float:
        """Return the sandbox's time in Unix seconds."""
        return self.core.clock()


def new_request_id() -> str:
    """Return a request id of the service's form: 24 hexadecimal digits."""
    return f"{_PROCESS}{next(_numbers):012X}"


def http_time(unix_seconds: float) -> str:
    """Write a time as headers carry it."""
    return formatdate(unix_seconds, usegmt=True)
