"""What a session asks of the interactive shell at which its user sits."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from oss_jupyter.local.spool import DraftFile
from oss_jupyter.model.target import Target


@dataclass(frozen=True)
class Writing:
    """An object that is being written down. expected_bytes: how large it will be, None where nobody knows."""

    label: str
    target: Target
    expected_bytes: int | None
    file: DraftFile

    @property
    def written_bytes(self) -> int:
        """How much is on the disk by now. Any thread may ask."""
        return self.file.written_bytes


class Shell(Protocol):
    """The interactive shell at which the user sits."""

    def uploads_begin(self) -> None:
        """Uploads are about to start, or to go on. Main thread, or whichever asks for it."""

    def one_runs(self) -> None:
        """An upload begins to run, or goes on. Any thread."""

    def watch(self, writing: Writing) -> AbstractContextManager[None]:
        """Show how an object is being written, while the block lasts. Main thread, or whichever asks for it."""

    def ends(self) -> None:
        """The process ends, and every upload has come to rest."""
