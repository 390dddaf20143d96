"""What goes into a part and what comes back: frozen values that cross threads and processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Fingerprint:
    """The identity of a source: size in bytes, mtime in nanoseconds, file id (inode), ctime in nanoseconds.

    ctime_ns: 0 where it is not known. It moves with an owner or a name, too, so it counts in no comparison with `==`.
    """

    size: int
    mtime_ns: int
    file_id: str
    ctime_ns: int = field(default=0, compare=False)

    def moved_to(self, later: Fingerprint) -> bool:
        """Whether anything differs: a reason to look at the bytes, and nothing more."""
        return self != later or self.ctime_ns != later.ctime_ns


@dataclass(frozen=True)
class RangeRequest:
    """A byte range of a file to be read again: everything `read_again` needs. offset, length: in bytes."""

    path: str
    offset: int
    length: int


@dataclass(frozen=True)
class SignedRequest:
    """A URL the control plane has signed, with the headers it was signed with. The repr shows neither.

    credentials_version: changes with the credentials, so that a refusal can be laid to the right ones.
    clock_offset_seconds: what was added to this computer's clock for it, to the same end.
    """

    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False, default=())
    credentials_version: str = ""
    clock_offset_seconds: float = 0.0


@dataclass(frozen=True)
class Route:
    """How bytes reach the service: what every part of a transfer has in common.

    connect_timeout_seconds: until a connection stands. stall_seconds: longest time without one accepted byte, and
    longest wait for the reply. proxy: a proxy's URL, maybe with a password, so it is never shown. ca_bundle: a path.
    """

    connect_timeout_seconds: float = 10.0
    stall_seconds: float = 30.0
    proxy: str | None = field(default=None, repr=False)
    ca_bundle: str | None = None


@dataclass(frozen=True)
class PartRequest:
    """One PUT of a byte range: everything `send_part` needs, and no credentials.

    path: the source. offset, length: in bytes. part_number: from 1; a single PutObject is part 1.
    rate_bytes_per_second: its share of a speed limit, where no bucket is shared with it; 0 is no limit.
    """

    signed: SignedRequest
    path: str
    offset: int
    length: int
    part_number: int
    route: Route = Route()
    rate_bytes_per_second: float = 0.0


@dataclass(frozen=True)
class PartReceipt:
    """What the service confirmed: ETag without quotes, CRC-64, its request id, and how long it took.

    version_id, callback_body and callback_failed only come with a single PutObject.
    """

    part_number: int
    etag: str
    crc64: int
    request_id: str = ""
    seconds: float = 0.0
    version_id: str = ""
    callback_body: str = ""
    callback_failed: bool = False


@dataclass(frozen=True)
class ListedPart:
    """A part as ListParts shows it. `crc64` is None where the service leaves it out.

    age_seconds: since it was stored, by the service's clock; None where that is not told.
    """

    part_number: int
    size: int
    etag: str
    crc64: int | None = None
    age_seconds: float | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ObjectHead:
    """A finished object: size in bytes, ETag, CRC-64 where the service has one.

    options: those of its options that the service tells, by their names in ObjectOptions. modified_at: in UTC.
    """

    size: int
    etag: str = ""
    crc64: int | None = None
    version_id: str = ""
    request_id: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    modified_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Completed:
    """The reply to Complete. `warning` says that the object is stored but its callback was not answered.

    already_there: the object was there before, and nothing of this upload went into it; options: what it has then, as
    far as the service tells.
    """

    etag: str = ""
    crc64: int | None = None
    version_id: str = ""
    request_id: str = ""
    callback_body: str = ""
    warning: str = ""
    already_there: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ListedObject:
    """An object as ListObjectsV2 shows it: size in bytes, ETag without quotes, "" where it is left out.

    kind: Normal, Multipart, Appendable or Symlink; "" where it is left out. A link's size and ETag are the link's own.
    modified_at: in UTC.
    """

    key: str
    size: int
    etag: str
    kind: str = "Normal"
    modified_at: datetime | None = field(default=None, compare=False)

    @property
    def md5(self) -> str:
        """The MD5 that its ETag is, in upper-case hex; "" where it cannot be one: made of parts, or appended to."""
        if self.kind not in ("Normal", ""):
            return ""
        text = self.etag.upper()
        return text if len(text) == 32 and not set(text) - set("0123456789ABCDEF") else ""


@dataclass(frozen=True)
class ObjectPage:
    """A page of ListObjectsV2, in the order of the keys' bytes. complete: there are no objects behind it.

    prefixes: what keys are folded into where a delimiter was asked for. token: leads to the next page.
    """

    objects: tuple[ListedObject, ...]
    complete: bool
    prefixes: tuple[str, ...] = ()
    token: str = field(default="", compare=False)


@dataclass(frozen=True)
class ObjectPiece:
    """A range of an object that was read. length: of the range, in bytes; the others are the whole object's."""

    length: int
    size: int
    etag: str
    crc64: int | None = None
