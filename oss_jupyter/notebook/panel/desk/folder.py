"""What the file chooser shows of a folder."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.names import printable
from oss_jupyter.paths import absolute
from oss_jupyter.texts import tr
from oss_jupyter.texts.system import system_words

# A list that nobody scrolls through; whoever looks for more types the name.
ENTRIES_MAX = 500


def list_folder(text: str, start: Path) -> dict[str, Any]:
    """Return the folder that `text` names, or that a file of this name would lie in, and what is in it.

    Relative paths begin at `start`. Hidden files are left out, folders come first. Raises InputError.
    """
    named = absolute(text, start=start)
    folder = named if named.is_dir() else named.parent
    try:
        with os.scandir(folder) as found:
            entries = [_entry(entry) for entry in islice(filter(_is_shown, found), ENTRIES_MAX + 1)]
    except OSError as error:
        what = tr("{folder} cannot be listed: {why}.", folder=folder, why=system_words(error))
        raise InputError(what, tr("Choose another folder.")) from None
    shown = sorted(entries[:ENTRIES_MAX], key=lambda entry: (not entry["folder"], entry["name"].casefold()))
    return {
        "folder": printable(str(folder)),
        "separator": os.sep,
        "parent": printable(str(folder.parent)) if folder.parent != folder else "",
        "entries": shown,
        "more": len(entries) > ENTRIES_MAX,
    }


def _is_shown(entry: os.DirEntry[str]) -> bool:
    # A name that is no Unicode cannot travel to the page and back.
    return not entry.name.startswith(".") and entry.name == entry.name.encode("utf-8", "replace").decode()


def _entry(entry: os.DirEntry[str]) -> dict[str, Any]:
    try:
        is_folder = entry.is_dir()
        size = 0 if is_folder else entry.stat().st_size
    except OSError:  # it has just gone, or is a link to nothing
        is_folder, size = False, 0
    return {"name": entry.name, "folder": is_folder, "size": size}
