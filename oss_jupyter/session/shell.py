"""What a session asks of the interactive shell at which its user sits."""

from __future__ import annotations

from typing import Protocol


class Shell(Protocol):
    """The interactive shell at which the user sits."""

    def uploads_begin(self) -> None:
        """Uploads are about to start, or to go on. Main thread, or whichever asks for it."""

    def ends(self) -> None:
        """The process ends, and every upload has come to rest."""
