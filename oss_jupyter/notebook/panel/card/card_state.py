"""What the card shows, as one small piece of binary.

    4 bytes       length of the header in bytes, little-endian
    header        JSON in UTF-8: texts and numbers, see `header`
    1 byte each   the places of the map, in order: of a file the state of every part, a PartState;
                  of a dataset the cells of its files, see `model.dataset.cell`
    3 bytes each  parts on the wire: number (2 bytes, little-endian), and how full it is, 0 to 255

Always the whole state, never a difference: a message that gets lost, or is not sent because the card is off the screen,
costs nothing. `static/common/state.js` reads it.
"""

from __future__ import annotations

import json
import struct
from typing import TypedDict, cast

from oss_jupyter.model.dataset import FilesView
from oss_jupyter.model.progress import Flight, Snapshot
from oss_jupyter.notebook.panel.common.files import shown
from oss_jupyter.notebook.panel.common.handing import kinds_of
from oss_jupyter.notebook.panel.common.row import TransferRow, may_resume, row_of

# More than that is found by looking for it.
FAILURES_MOST = 10
ON_THE_WIRE_MOST = 6

_LENGTH = struct.Struct("<I")
_FLIGHT = struct.Struct("<HB")
_FULL = 255
_KIB = 1024


class FailureRow(TypedDict):
    """A file that could not be sent, and why."""

    key: str
    code: str
    reason: str


class WireRow(TypedDict):
    """A file on the wire. transfer_id: its own, where it goes in parts."""

    key: str
    size: int
    sent: int
    transfer_id: str


class Header(TransferRow):
    """What only the card shows beside its row. cell: what carries on, or "".

    reads: kinds of cells that read it back, once it is there.
    speeds: of the last minutes in KiB/s, the oldest first.
    places: on the map; per_place: how many files each of them stands for, 0 where it is one part of a file.
    """

    part_size: int
    retries: int
    upload_id: str
    checkpoint: str | None
    notes: list[str]
    cell: str
    speeds: list[int]
    places: int
    per_place: int
    reads: list[str]
    failures: list[FailureRow]
    wire: list[WireRow]


def pack(snapshot: Snapshot) -> bytes:
    """Return the binary. Equal snapshots give equal bytes, so comparing them tells whether there is news."""
    text = json.dumps(header(snapshot), ensure_ascii=False, separators=(",", ":")).encode()
    flights = b"".join(_FLIGHT.pack(flight.part_number, _fill(flight)) for flight in snapshot.flights)
    return _LENGTH.pack(len(text)) + text + _places(snapshot) + flights


def unpack(packed: bytes) -> tuple[Header, bytes, list[tuple[int, int]]]:
    """Return header, places and (number, fill) of the parts on the wire; the page does the same in JavaScript."""
    start = _LENGTH.size + _LENGTH.unpack_from(packed)[0]
    header = cast("Header", json.loads(packed[_LENGTH.size : start]))
    end = start + header["places"]
    return header, packed[start:end], list(_FLIGHT.iter_unpack(packed[end:]))


def header(snapshot: Snapshot) -> Header:
    """Return the texts and numbers."""
    files = snapshot.files
    return {
        **row_of(snapshot),
        "part_size": snapshot.part_size,
        "retries": snapshot.retries,
        "upload_id": snapshot.upload_id,
        "checkpoint": snapshot.checkpoint,
        "notes": list(snapshot.notes),
        "cell": f"%oss_uploads resume {snapshot.id}" if may_resume(snapshot) else "",
        "speeds": [speed // _KIB for speed in snapshot.speeds],
        "places": len(_places(snapshot)),
        "per_place": files.files_per_cell if files else 0,
        "reads": kinds_of(snapshot),
        "failures": _failures(files) if files else [],
        "wire": _on_the_wire(files) if files else [],
    }


def _places(snapshot: Snapshot) -> bytes:
    return snapshot.files.cells if snapshot.files else snapshot.part_states


def _failures(files: FilesView) -> list[FailureRow]:
    return [
        {"key": shown(one.key), "code": shown(one.code), "reason": shown(one.reason)}
        for one in files.failures[:FAILURES_MOST]
    ]


def _on_the_wire(files: FilesView) -> list[WireRow]:
    """Return those with a map of their own first: they stay for a while, and the others come and go."""
    chosen = sorted(files.on_the_wire, key=lambda one: not one.transfer_id)[:ON_THE_WIRE_MOST]
    return [
        {"key": shown(one.key), "size": one.size, "sent": one.sent_bytes, "transfer_id": one.transfer_id}
        for one in chosen
    ]


def _fill(flight: Flight) -> int:
    return min(_FULL, _FULL * flight.sent_bytes // flight.length) if flight.length else _FULL
