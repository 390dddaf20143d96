"""What the card shows, as one small piece of binary.

    4 bytes       length of the header in bytes, little-endian
    header        JSON in UTF-8: texts and numbers, see `header`
    1 byte each   the state of every part, in order: a PartState
    3 bytes each  parts on the wire: number (2 bytes, little-endian), and how full it is, 0 to 255

Always the whole state, never a difference: a message that gets lost, or is not sent because the card is off the screen,
costs nothing. `static/common/state.js` reads it.
"""

from __future__ import annotations

import json
import struct
from typing import cast

from oss_jupyter.model.progress import Flight, Snapshot
from oss_jupyter.model.states import Event, allowed
from oss_jupyter.notebook.panel.common.row import TransferRow, row_of

_LENGTH = struct.Struct("<I")
_FLIGHT = struct.Struct("<HB")
_FULL = 255


class Header(TransferRow):
    """What only the card shows beside its row. started: seconds since the epoch. cell: what carries on, or ""."""

    part_size: int
    retries: int
    upload_id: str
    checkpoint: str | None
    started: int
    notes: list[str]
    cell: str


def pack(snapshot: Snapshot) -> bytes:
    """Return the binary. Equal snapshots give equal bytes, so comparing them tells whether there is news."""
    text = json.dumps(header(snapshot), ensure_ascii=False, separators=(",", ":")).encode()
    flights = b"".join(_FLIGHT.pack(flight.part_number, _fill(flight)) for flight in snapshot.flights)
    return _LENGTH.pack(len(text)) + text + snapshot.part_states + flights


def unpack(packed: bytes) -> tuple[Header, bytes, list[tuple[int, int]]]:
    """Return header, part states and (number, fill) of the parts on the wire; the page does the same in JavaScript."""
    start = _LENGTH.size + _LENGTH.unpack_from(packed)[0]
    header = cast("Header", json.loads(packed[_LENGTH.size : start]))
    end = start + header["parts"]
    return header, packed[start:end], list(_FLIGHT.iter_unpack(packed[end:]))


def header(snapshot: Snapshot) -> Header:
    """Return the texts and numbers."""
    return {
        **row_of(snapshot),
        "part_size": snapshot.part_size,
        "retries": snapshot.retries,
        "upload_id": snapshot.upload_id,
        "checkpoint": snapshot.checkpoint,
        "started": int(snapshot.started_at),
        "notes": list(snapshot.notes),
        "cell": f"%oss_uploads resume {snapshot.id}" if allowed(snapshot.state, Event.RESUME) else "",
    }


def _fill(flight: Flight) -> int:
    return min(_FULL, _FULL * flight.sent_bytes // flight.length) if flight.length else _FULL
