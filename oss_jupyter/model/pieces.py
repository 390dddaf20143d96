"""What a stream of unknown length is cut into: frozen values that cross threads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.sizes import MIB

# 10,000 parts of it are 156 GiB; a few of them wait on the disk.
STREAM_PART_BYTES = 16 * MIB
# So many pieces more than are on the wire may lie on the disk: one that is cut, and one that waits.
PIECES_AHEAD = 2
# The code of a stream whose maker has gone with its kernel.
STREAM_GONE = "StreamGone"


@dataclass(frozen=True)
class Piece:
    """A part of a stream: its number from 1, its length in bytes, its CRC-64, and the file that holds its bytes."""

    number: int
    length: int
    crc64: int
    path: str


@dataclass(frozen=True)
class StreamEnded:
    """Nothing comes beyond so many pieces, because all has come or for an error."""

    count: int
    error: OssJupyterError | None = None


@dataclass(frozen=True)
class CutSoFar:
    """How far a stream has been cut: count pieces of size_bytes in all, of which some are still waiting."""

    count: int
    size_bytes: int
    waiting: tuple[Piece, ...]


Tell = Callable[[Piece | StreamEnded], object]


class PieceSource(Protocol):
    """A stream that is cut into pieces as there is room for them. It outlives pauses, and not the kernel.

    Any thread may call it.
    """

    @property
    def part_size(self) -> int:
        """How many bytes a piece has, but for the last one."""

    @property
    def stuck(self) -> OssJupyterError | None:
        """Why nothing more can come of it, whatever is asked: what made it has failed, or is gone. Else None."""

    def follow(self, tell: Tell) -> CutSoFar:
        """Go on, and tell `tell` of each piece and of the end from now on; return what was cut before.

        Raises what it is stuck for, and SourceError where nothing can be written.
        """

    def make_room(self, pieces: int) -> None:
        """Let so many pieces lie on the disk."""

    def confirmed(self, number: int) -> None:
        """Note that a piece is in OSS: its file goes."""

    def rest(self) -> None:
        """Tell nobody any more; what is cut stays."""

    def close(self, *, given_up: bool = False) -> None:
        """Let go of the stream and of all pieces, for good; of one that is given up, also of those of other kernels."""
