"""The rows of the desk: transfers, and checkpoints that cannot be used."""

from __future__ import annotations

import json
from collections.abc import Iterable

from oss_jupyter.errors import CheckpointForeign
from oss_jupyter.local.found import Found
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import Event
from oss_jupyter.names import printable
from oss_jupyter.notebook.panel.common.row import Row, row_of

# The keys of what is no state of a transfer.
MISSING = "missing"
UNUSABLE = "unusable"


def row_of_transfer(now: Snapshot, *, missing: bool = False) -> Row:
    """Return the row of a transfer; `missing`: its file is gone."""
    row = row_of(now)
    if missing:
        row["state"] = MISSING
    not_here = ("settings", Event.RESUME.value) if missing else ("settings",)
    row["can"] = [name for name in row["can"] if name not in not_here]
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
        "detached": False,
        "phase": "",
        "moving": False,
        "parts_gone": False,
        "error": list(found.problem.four_lines()),
        "receipt": None,
        "can": [] if isinstance(found.problem, CheckpointForeign) else ["forget"],
        "total": 0,
        "open_ended": False,
        "kept": 0,
        "confirmed": 0,
        "shown": 0,
        "fraction": 0.0,
        "finished": 0,
        "files": None,
    }


def to_text(rows: Iterable[Row]) -> str:
    """Return rows as JSON. It is ASCII, because a file's name may not be valid Unicode."""
    return json.dumps(list(rows), separators=(",", ":"))
