"""What the desk shows of the history: the newest ends, or those that a text finds, and never all of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import PurePath
from typing import TypedDict

from oss_jupyter.model.dataset_text import source_name
from oss_jupyter.model.history_entry import HistoryEntry, HowEnded
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.background_commands import BackgroundCommands
from oss_jupyter.notebook.panel.common.commands import Commands, Reply
from oss_jupyter.session.history import find_newest
from oss_jupyter.session.session import Session

# Nobody scrolls through more; searching finds the others.
ENTRIES_MOST = 200
_TEXT_MAX = 1000
_FILES_MOST = 2**53


class EndedRow(TypedDict):
    """One end. Sizes in bytes; ended: an ISO time in UTC; outcome: a key of what is said.

    again: whether what was sent lies where it lay, so that the form can be filled with it.
    """

    id: str
    ended: str
    source: str
    name: str
    url: str
    outcome: str
    code: str
    size: int
    kept: int
    sent: int
    seconds: float
    retries: int
    files: int
    failed: int
    again: bool


class Ended:
    """Answers what the page asks of the history. session: whose settings say whether it is written."""

    def __init__(self, session: Callable[[], Session]) -> None:
        self._session = session
        self._background = BackgroundCommands()

    def add_to(self, commands: Commands) -> None:
        """Make the commands known."""
        commands.add("history", self._background.wrap(self._history, once=True), repeatable=True)
        commands.add("history_snippet", self._background.wrap(_snippet, once=True), repeatable=True)

    def _history(self, arguments: PageArguments) -> Reply:
        text = arguments.text("text", _TEXT_MAX) if arguments.has_text("text") else ""
        found, more = find_newest(text, arguments.whole("most", 1, ENTRIES_MOST))
        return {
            "entries": [row_of_end(one) for one in found],
            "more": more,
            "off": not self._session().settings.history,
        }


def row_of_end(entry: HistoryEntry) -> EndedRow:
    """Return what the page shows of an end."""
    return {
        "id": entry.id,
        "ended": entry.ended_at,
        "source": entry.source,
        "name": source_name(entry.source) if entry.files else PurePath(entry.source).name or entry.source,
        "url": entry.target,
        "outcome": entry.outcome.key,
        "code": entry.code,
        "size": entry.size_bytes,
        "kept": entry.kept_bytes,
        "sent": entry.sent_bytes,
        "seconds": entry.seconds,
        "retries": entry.retries,
        "files": entry.files,
        "failed": entry.files_failed,
        "again": os.path.isabs(entry.source) and os.path.exists(entry.source),  # noqa: PTH110, PTH117 - a text
    }


def _snippet(arguments: PageArguments) -> Reply:
    """Return the cell that reads back what stands at an address."""
    files = arguments.whole("files", 0, _FILES_MOST)
    entry = HistoryEntry("", "", "", arguments.text("url", _TEXT_MAX + 1024), HowEnded.COMPLETED, files=files)
    return {"text": entry.snippet()}
