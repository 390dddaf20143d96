"""What the card shows, as one small piece of binary.

    4 bytes       length of the header in bytes, little-endian
    header        JSON in UTF-8: texts and numbers, see `header`
    1 byte each   the state of every part, in order: a PartState
    3 bytes each  parts on the wire: number (2 bytes, little-endian), and how full it is, 0 to 255

Always the whole state, never a difference: a message that gets lost, or is not sent because the card is off the screen,
costs nothing. `static/common/state.js` reads it. Nothing in it is secret, because a notebook may save it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from oss_jupyter.model.progress import Flight, Receipt, Snapshot
from oss_jupyter.model.states import Event, State, allowed

_LENGTH = struct.Struct("<I")
_FLIGHT = struct.Struct("<HB")
_FULL = 255


def pack(snapshot: Snapshot) -> bytes:
    """Return the binary. Equal snapshots give equal bytes, so comparing them tells whether there is news."""
    text = json.dumps(header(snapshot), ensure_ascii=False, separators=(",", ":")).encode()
    flights = b"".join(_FLIGHT.pack(flight.part_number, _fill(flight)) for flight in snapshot.flights)
    return _LENGTH.pack(len(text)) + text + snapshot.part_states + flights


def unpack(packed: bytes) -> tuple[dict[str, Any], bytes, list[tuple[int, int]]]:
    """Return header, part states and (number, fill) of the parts on the wire; the page does the same in JavaScript."""
    start = _LENGTH.size + _LENGTH.unpack_from(packed)[0]
    header = json.loads(packed[_LENGTH.size : start])
    end = start + header["parts"]
    return header, packed[start:end], list(_FLIGHT.iter_unpack(packed[end:]))


def header(snapshot: Snapshot) -> dict[str, Any]:
    """Return the texts and numbers. Sizes in bytes; times in whole seconds, so that they do not change all the time.

    place: in the queue, 0 where it does not wait. can: what the buttons may ask now. parts_gone: whether an abort
    removed the parts from the service. kept_here: whether running the cell again carries on what was given up.
    retry: [which retry, of how many] of the part that was tried most often.
    """
    silent = int(snapshot.long_silence_seconds)
    return {
        "id": snapshot.id,
        "source": snapshot.source,
        "name": PurePath(snapshot.source).name,
        "url": str(snapshot.target),
        "state": snapshot.state.value,
        "place": snapshot.queue_place,
        "phase": snapshot.phase,
        "compared": snapshot.compared_bytes,
        "compare": snapshot.compare_bytes,
        "total": snapshot.total_bytes,
        "kept": snapshot.kept_bytes,
        "confirmed": snapshot.confirmed_bytes,
        "shown": snapshot.shown_bytes,
        "fraction": round(snapshot.fraction, 4),
        "moving": snapshot.state.active,
        "parts_gone": snapshot.state is State.ABORTED and not snapshot.keeps_parts,
        "kept_here": snapshot.checkpoint_kept,
        "speed": _rounded(snapshot.bytes_per_second),
        "left": _rounded(snapshot.left_seconds),
        "silent": silent,
        "retry": [snapshot.retry, snapshot.retries_max] if snapshot.retry and silent else None,
        "retries": snapshot.retries,
        "parts": snapshot.parts_total,
        "finished": snapshot.parts_kept + snapshot.parts_done,
        "part_size": snapshot.part_size,
        "parallel": snapshot.parallel_wanted or snapshot.parallel,
        "parallel_auto": snapshot.parallel_auto,
        "limit": snapshot.limit_bytes_per_second,
        "upload_id": snapshot.upload_id,
        "checkpoint": snapshot.checkpoint,
        "started": int(snapshot.started_at),
        "notes": list(snapshot.notes),
        "error": list(snapshot.error) if snapshot.error else None,
        "cell": f"%oss_uploads resume {snapshot.id}" if allowed(snapshot.state, Event.RESUME) else "",
        "receipt": _receipt(snapshot.receipt),
        "can": list(_possible(snapshot)),
    }


def _possible(snapshot: Snapshot) -> Iterable[str]:
    state = snapshot.state
    for event in (Event.PAUSE, Event.RESUME, Event.ABORT):
        if allowed(state, event):
            yield event.value
    abort_failed = state is State.FAILED and snapshot.aborting
    if abort_failed or (state is State.INTERRUPTED and snapshot.error):
        yield "forget"
    if not state.ended_for_good:
        yield "settings"


def _receipt(receipt: Receipt | None) -> dict[str, Any] | None:
    if receipt is None:
        return None
    return {
        "seconds": round(receipt.seconds, 1),
        "crc64": None if receipt.crc64 is None else str(receipt.crc64),  # more digits than a JavaScript number holds
        "etag": receipt.etag,
        "request_id": receipt.request_id,
        "version_id": receipt.version_id,
        "sent": receipt.sent_bytes,
        "resent": receipt.resent_bytes,
        "already_there": receipt.sent_nothing,
        "proven": receipt.proven.value,
    }


def _fill(flight: Flight) -> int:
    return min(_FULL, _FULL * flight.sent_bytes // flight.length) if flight.length else _FULL


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)
