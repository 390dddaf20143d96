"""What the page can ask about single files of a dataset: those of a name, of a place on the map, and the parts of one.

The answers may lie on a disk, so the two that look for files run beside the control channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import InputError
from oss_jupyter.model.dataset import CELLS_MOST, FileNow
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.names import printable
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.commands import Reply
from oss_jupyter.texts import tr

# Whoever sees so many and not the one they mean writes more of its name.
FOUND_MOST = 20
_TEXT_MOST = 300


@runtime_checkable
class HasFiles(Protocol):
    """What is asked of a dataset's transfer, by any thread. Keys are those of the objects, as they can be shown."""

    def find(self, text: str) -> Sequence[FileNow]:
        """Return files whose keys hold `text`, whatever its case; a few more than FOUND_MOST are enough."""

    def files_at(self, cell: int) -> Sequence[FileNow]:
        """Return files that a place of the map stands for, from 0 on: those that ask for attention."""

    def child(self, transfer_id: str) -> Snapshot | None:
        """Return how a file that goes in parts stands, or how it ended meanwhile; None where there is no such one."""


def find_file(transfer: Transfer, arguments: PageArguments) -> Reply:
    """Look for files by a piece of their keys."""
    return _told(_dataset(transfer).find(arguments.text("text")))


def cell_files(transfer: Transfer, arguments: PageArguments) -> Reply:
    """Say which files a place on the map stands for; the page counts from 1."""
    return _told(_dataset(transfer).files_at(arguments.whole("number", 1, CELLS_MOST) - 1))


def child_of(transfer: Transfer, transfer_id: str) -> Snapshot | None:
    """Return how a file of a dataset stands that goes in parts, or None."""
    return transfer.child(transfer_id) if transfer_id and isinstance(transfer, HasFiles) else None


def _dataset(transfer: Transfer) -> HasFiles:
    if not isinstance(transfer, HasFiles):
        raise InputError(tr("This upload is one file."), "")
    return transfer


def _told(files: Sequence[FileNow]) -> Reply:
    return {"files": [_row(one) for one in files[:FOUND_MOST]], "more": len(files) > FOUND_MOST}


def _row(one: FileNow) -> dict[str, Any]:
    return {
        "key": shown(one.key),
        "kind": int(one.cell),
        "size": one.size,
        "reason": shown(one.reason),
        "transfer_id": one.transfer_id,
    }


def shown(text: str) -> str:
    """Return a text from outside as it travels to the page: without what moves a cursor, and not too long."""
    text = printable(text)
    return text if len(text) <= _TEXT_MOST else f"{text[: _TEXT_MOST // 2]}…{text[-_TEXT_MOST // 2 :]}"
