"""A file that somebody else holds: a worker of a cluster, for as long as a reference to it is kept here."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Held:
    """What is known of it. file: the reference. worker: who has made it. size: in bytes. md5: in upper-case hex."""

    file: Any = field(repr=False)
    worker: str
    size: int
    mtime_ns: int
    crc64: int
    md5: str


@dataclass(frozen=True)
class NotMade:
    """Why a file could not be made, in words. of_all: whether no other can be made either."""

    why: str
    of_all: bool = False


Tell = Callable[[int, Held | NotMade], object]


class HeldMaker(Protocol):
    """Lets a cluster make files. One thread at a time enters it."""

    @property
    def text(self) -> str:
        """What its user calls what becomes files."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the files are called; their place here is their number."""

    def begin(self, numbers: Collection[int]) -> int | None:
        """Be about to make these; return how many may be made and unsent at once, None where it has to be all."""

    def make(self, numbers: Collection[int], tell: Tell) -> None:
        """Let these be made, and tell what becomes of each, on any thread."""

    def stop(self) -> None:
        """Let the cluster forget what is not made yet."""
