"""Whole small files on their way: what is sent, with what it is signed, and what comes of it. Frozen values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from oss_jupyter.model.wire_values import Route, SignedRequest


@dataclass(frozen=True)
class SigningKeys:
    """Credentials as whoever signs needs them; they stay in memory. The repr shows none.

    version: a word that changes when they change, from which they cannot be told. clock_offset_seconds: what is added
    to this computer's clock to have the service's time.
    """

    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)
    version: str = ""
    clock_offset_seconds: float = 0.0


@dataclass(frozen=True)
class FilesRoute:
    """What all small files of a dataset have in common on the wire.

    url: scheme, host and port, bucket included where the host names it. path_prefix: "/bucket" in path style, else "".
    bucket, region, product, signature_version ("v4" or "v1"): what signatures cover. headers: of every PutObject, but
    Content-Type, Content-MD5 and what signing adds.
    """

    url: str
    path_prefix: str
    bucket: str
    region: str
    product: str = "oss"
    signature_version: str = "v4"
    headers: tuple[tuple[str, str], ...] = ()
    route: Route = field(default_factory=Route)


@dataclass(frozen=True)
class FileToSend:
    """A small file that is sent as one PutObject: its whole key, size in bytes and mtime in nanoseconds when found."""

    number: int
    path: str
    key: str
    size: int
    mtime_ns: int
    content_type: str


@dataclass(frozen=True)
class FileSent:
    """What the service confirmed of a file: ETag without quotes, CRC-64 and MD5 (upper-case hex) of the bytes sent."""

    file: FileToSend
    etag: str
    crc64: int
    md5: str
    seconds: float


class Snag(str, Enum):
    """Why a file did not go up in one go. It says where to look, and is no verdict: the file is tried another way."""

    CHANGED = "changed"
    UNREADABLE = "unreadable"
    NETWORK = "network"
    REFUSED = "refused"
    UNCLEAR = "unclear"

    __str__ = str.__str__


@dataclass(frozen=True)
class FileSnagged:
    """A file whose fate is not known to be good. detail: for logs, without secrets."""

    file: FileToSend
    why: Snag
    detail: str


@dataclass(frozen=True)
class SignedFiles:
    """Some files and the signed request of each: everything `send_signed_files` needs, and no credentials.

    rate_bytes_per_second: its share of a speed limit, where no bucket is shared with it; 0 is no limit.
    """

    files: tuple[tuple[FileToSend, SignedRequest], ...]
    route: Route
    rate_bytes_per_second: float = 0.0


class Feed(Protocol):
    """Where files come from and what becomes of them is told; all of it on the sender's own thread."""

    def take(self) -> FileToSend | None:
        """Return the next file, or None where there is none at this moment."""

    @property
    def ended(self) -> bool:
        """Whether no more files will come."""

    def wake_with(self, wake: Callable[[], None] | None) -> None:
        """Keep what ends the sender's wait, from any thread: to be called when files have come, or none will any more.

        None: there is no sender any more.
        """

    def sent(self, done: FileSent) -> None:
        """Write a receipt down, before the connection takes another file."""

    def snagged(self, file: FileToSend, why: Snag, detail: str) -> None:
        """Take back a file whose fate is not known to be good. detail: for logs, without secrets."""


class Dials(Protocol):
    """What the sender looks at while it works, and what it shows."""

    @property
    def stopped(self) -> bool:
        """Whether it has to give way, within a second."""

    @property
    def width(self) -> int:
        """How many connections it may have now."""

    def granted(self, wanted_bytes: int) -> int:
        """Return how many bytes the speed limit allows now, 0 for a moment's wait."""

    def moved(self, sent_bytes: int) -> None:
        """Count bytes of bodies that a socket has taken."""

    def keys(self) -> SigningKeys:
        """Return the credentials to sign with now."""
