"""What the desk shows of each transfer: a few texts and numbers, in the same words as the card's."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from oss_jupyter.errors import CheckpointForeign
from oss_jupyter.local.found import Found
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import Event
from oss_jupyter.names import printable
from oss_jupyter.notebook.panel.card.card_state import header

# The words for what is no state of a transfer. The page translates them.
MISSING = "file missing"
UNUSABLE = "checkpoint unusable"

# Only the card shows these.
_LEFT_OUT = frozenset({"checkpoint", "upload_id", "part_size", "retries", "notes", "cell", "started"})

Row = dict[str, Any]


def row_of(now: Snapshot, *, missing: bool = False) -> Row:
    """Return the row of a transfer; `missing`: its file is gone."""
    row = {name: value for name, value in header(now).items() if name not in _LEFT_OUT}
    row["can"] = [name for name in row["can"] if name != "settings"]
    if missing:
        return row | {"state": MISSING, "can": [name for name in row["can"] if name != Event.RESUME.value]}
    return row


def row_of_problem(found: Found) -> Row:
    """Return the row of a checkpoint that cannot be used: only its name and what is the matter are known."""
    assert found.problem is not None
    return {
        "id": found.transfer_id,
        "source": printable(str(found.path)),
        "name": printable(found.path.name),
        "url": found.remnant,
        "state": UNUSABLE,
        "phase": "",
        "total": 0,
        "kept": 0,
        "confirmed": 0,
        "shown": 0,
        "fraction": 0.0,
        "moving": False,
        "parts_gone": False,
        "finished": 0,
        "error": list(found.problem.four_lines()),
        "receipt": None,
        "can": [] if isinstance(found.problem, CheckpointForeign) else ["forget"],
    }


def to_text(rows: Iterable[Row]) -> str:
    """Return rows as JSON. It is ASCII, because a file's name may not be valid Unicode."""
    return json.dumps(list(rows), separators=(",", ":"))
