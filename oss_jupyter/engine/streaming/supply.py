"""The parts of a stream as they come: each is compared with what an earlier kernel has sent, or has to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oss_jupyter.model.pieces import PIECES_AHEAD, CutSoFar, Piece, StreamEnded
from oss_jupyter.model.plan import Plan
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.wire_values import RangeRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oss_jupyter.engine.run_state import RunState
    from oss_jupyter.model.pieces import PieceSource
    from oss_jupyter.model.wire_values import PartReceipt


class StandStill:
    """A piece of a stream cannot change once it is cut, so nothing has to be looked at."""

    def confirmed(self) -> None:
        """Nothing is to be looked at."""

    def look(self) -> None:
        """Nothing is to be looked at."""


class Supply:
    """As in Beside. Only the run's own thread uses it.

    kept: receipts of an earlier kernel, by number: a piece with the CRC-64 of one is there already. cut: what was cut
    before, in an earlier run of this kernel.
    """

    phase = Phase.WAITING_FOR_SOURCE

    def __init__(self, state: RunState, pieces: PieceSource, kept: Mapping[int, PartReceipt], cut: CutSoFar) -> None:
        self._ledger = state.transfer.ledger
        self._journal = state.open_journal
        self._source = pieces
        self._kept = dict(kept)
        self._pieces: dict[int, Piece] = {}
        self._size_bytes = cut.size_bytes
        self._known_count = cut.count - len(cut.waiting)
        self._count: int | None = None

    @property
    def size_bytes(self) -> int:
        """How much of the stream is known."""
        return self._size_bytes

    def missing(self) -> tuple[int, ...]:
        """Nothing is known that would not come as an event."""
        return ()

    @property
    def pending(self) -> bool:
        """Whether more may come."""
        return self._count is None or self._known_count < self._count

    def dispatch(self, parallel: int) -> None:
        """Let the stream be cut a little ahead of what is on the wire."""
        self._source.make_room(parallel + PIECES_AHEAD)

    def take(self, event: Any) -> int | None:
        """Return the number of a piece that is not there yet, or None.

        Raises SourceError once the stream has failed, CheckpointNotWritable.
        """
        if isinstance(event, StreamEnded):
            if event.error is not None:
                raise event.error
            self._count = event.count
            self._ledger.close()
        if not isinstance(event, Piece) or event.number in self._pieces:
            return None
        self._pieces[event.number] = event
        self._known_count += 1
        known_bytes = (event.number - 1) * self._source.part_size + event.length
        self._size_bytes = max(self._size_bytes, known_bytes)
        self._ledger.grow(Plan(self._size_bytes, self._source.part_size))
        return None if self._is_there(event) else event.number

    def range_of(self, number: int) -> RangeRequest:
        """Return the piece's own file."""
        piece = self._pieces[number]
        return RangeRequest(piece.path, 0, piece.length)

    def confirmed(self, number: int) -> None:
        """Let the piece's file go."""
        self._source.confirmed(number)

    def stop(self) -> None:
        """Let the stream wait."""
        self._source.rest()

    def _is_there(self, piece: Piece) -> bool:
        receipt = self._kept.pop(piece.number, None)
        if receipt is None:
            return False
        if receipt.crc64 != piece.crc64:
            self._journal.take_back(piece.number)
            return False
        self._ledger.keep(receipt)
        self._source.confirmed(piece.number)
        return True
