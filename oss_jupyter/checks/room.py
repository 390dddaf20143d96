"""Room on this computer: for the journal of an upload, and for the spool of what is no file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from oss_jupyter.local.room import FULL, RESERVE_BYTES, free_bytes
from oss_jupyter.model.finding import Finding, fine, warning, wrong
from oss_jupyter.model.sizes import format_size
from oss_jupyter.texts import english, tr
from oss_jupyter.texts.system import system_words

ROOM = english("room")
_NONE_KEPT = english(
    "Name a folder that can be written with checkpoint_dir=, or uploads begin anew after each restart."
)


def look_at_room(folder: Path | None, spool_bytes: int) -> list[Finding]:
    """Return whether the checkpoint directory can be written. spool_bytes: what has to be written before it is sent."""
    if folder is None:
        return [warning(ROOM, tr("No place is kept: checkpoint_dir is off."), tr(_NONE_KEPT))]
    free, refused = free_bytes(_existing(folder)), _refused(folder)
    wanted = spool_bytes + RESERVE_BYTES
    if free < wanted and (refused is None or refused.errno in FULL):
        text = _too_little(free, wanted, folder) if spool_bytes else _free(free, folder)
        return [wrong(ROOM, text, tr("Make room there, or name another disk with checkpoint_dir=."))]
    if refused is not None:
        text = tr("{folder} cannot be written: {why}.", folder=folder, why=system_words(refused))
        return [wrong(ROOM, text, tr(_NONE_KEPT))]
    return [fine(ROOM, _free(free, folder))]


def _free(free: int, folder: Path) -> str:
    return tr("{free} are free in {folder}.", free=format_size(free), folder=folder)


def _too_little(free: int, wanted: int, folder: Path) -> str:
    return tr(
        "{free} are free in {folder}, and {wanted} are needed.",
        free=format_size(free),
        folder=folder,
        wanted=format_size(wanted),
    )


def _refused(folder: Path) -> OSError | None:
    """Return why nothing can be written there, or None."""
    try:
        with tempfile.NamedTemporaryFile(dir=_existing(folder), prefix=".oss_jupyter-check-") as file:
            file.write(b"?")
            file.flush()
    except OSError as error:
        return error
    return None


def _existing(folder: Path) -> Path:
    """Return the folder, or what is above it and there, in which it would be made."""
    return next((one for one in (folder, *folder.parents) if os.path.lexists(one)), folder)
