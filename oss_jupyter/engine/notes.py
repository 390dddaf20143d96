"""What is told of a transfer beside progress and failure, and for how long it counts."""

from __future__ import annotations

from enum import Enum

from oss_jupyter.names import printable


class Lasts(Enum):
    """How long a note counts."""

    FOR_GOOD = "for good"
    WHILE_ASKED_SO = "while asked so"  # until the upload is asked for anew, or aborted
    WHILE_WAITING = "while waiting"  # until what is waited for has come, or the run ends
    THIS_RUN = "this run"  # until another run begins, or the upload is aborted


class Notes:
    """Notes in the order in which they came, each once. Whoever owns them locks."""

    def __init__(self) -> None:
        self._notes: dict[str, Lasts] = {}
        self._once_complete: dict[str, str] = {}

    def add(self, text: str, lasts: Lasts, once_complete: str = "") -> bool:
        """Keep a note; return whether it is new. once_complete: what is told in its place then, if that differs."""
        text = printable(text)
        new = text not in self._notes
        self._notes[text] = lasts
        if once_complete:
            self._once_complete[text] = printable(once_complete)
        return new

    def drop(self, *ended: Lasts) -> None:
        """Let go of notes that count no longer."""
        self._notes = {text: lasts for text, lasts in self._notes.items() if lasts not in ended}

    def run_ended(self, *, aborted: bool, completed: bool) -> None:
        """Let go of what counts no longer than a run, and tell what counts instead where the upload is over."""
        self.drop(Lasts.WHILE_WAITING, *((Lasts.WHILE_ASKED_SO, Lasts.THIS_RUN) if aborted else ()))
        if completed:
            self._notes = {self._once_complete.get(text, text): lasts for text, lasts in self._notes.items()}

    def texts(self) -> tuple[str, ...]:
        """Return the notes, oldest first."""
        return tuple(self._notes)
