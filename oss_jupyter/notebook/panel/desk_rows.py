"""What the desk shows of each transfer: a few texts and numbers, in the same words as the card's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.record import CheckpointRecord
from oss_jupyter.model.states import Event
from oss_jupyter.notebook.panel.state import header

# The words for what is no state of a transfer in this kernel. The page translates them.
MISSING = "file missing"
ELSEWHERE = "in another kernel"

# Only the card shows these.
_LEFT_OUT = frozenset({"checkpoint", "upload_id", "part_size", "retries", "notes", "cell", "started"})

Row = dict[str, Any]


def row_of(transfer: Transfer, *, missing: bool = False, elsewhere: bool = False) -> Row:
    """Return the row of a transfer; `missing`: its file is gone, `elsewhere`: another kernel has taken it over."""
    row = {name: value for name, value in header(transfer.snapshot(), transfer).items() if name not in _LEFT_OUT}
    row["can"] = [name for name in row["can"] if name != "settings"]
    if elsewhere:
        return row | {"state": ELSEWHERE, "can": [], "error": None}
    if missing:
        return row | {"state": MISSING, "can": [name for name in row["can"] if name != Event.RESUME.value]}
    return row


def row_elsewhere(record: CheckpointRecord) -> Row:
    """Return the row of what another kernel drives, as far as its checkpoint tells."""
    mark, source = record.header.fingerprint, record.header.source
    return {
        "id": record.header.transfer_id,
        "source": source,
        "name": PurePath(source).name,
        "url": str(record.header.target),
        "state": ELSEWHERE,
        "phase": "",
        "total": mark.size,
        "kept": record.kept_bytes,
        "confirmed": 0,
        "shown": record.kept_bytes,
        "fraction": round(min(0.99, record.kept_bytes / mark.size), 4) if mark.size else 0.0,
        "moving": False,
        "parts_gone": False,
        "finished": len(record.receipts),
        "error": None,
        "receipt": None,
        "can": [],
    }


def to_text(rows: Iterable[Row]) -> str:
    """Return rows as JSON. It is ASCII, because a file's name may not be valid Unicode."""
    return json.dumps(list(rows), separators=(",", ":"))
