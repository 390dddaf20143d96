"""Uploads that have ended, as a sequence that is shown as a table. Values and text, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

from oss_jupyter.model.columns import columns, shortened
from oss_jupyter.model.dataset_text import files
from oss_jupyter.model.frames import frame, write_csv
from oss_jupyter.model.history_entry import HistoryEntry
from oss_jupyter.model.sizes import count, format_duration, format_size
from oss_jupyter.names import printable
from oss_jupyter.texts import bracketed, clauses, say

# Of a long list the last ones are shown.
ROWS_SHOWN = 20
_COLUMNS = ("ended", "source", "target", "outcome", "size", "took", "kept", "retries")


@dataclass(frozen=True)
class History(Sequence[HistoryEntry]):
    """Uploads that have ended, of all kernels of this user, the oldest first; a table where it is shown."""

    entries: tuple[HistoryEntry, ...]
    # The file with older ones, where it cannot be read.
    unread: str = ""

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, place: int) -> HistoryEntry: ...

    @overload
    def __getitem__(self, place: slice) -> History: ...

    def __getitem__(self, place: int | slice) -> HistoryEntry | History:
        return History(self.entries[place], self.unread) if isinstance(place, slice) else self.entries[place]

    def __repr__(self) -> str:
        return f"<History: {count(len(self), 'ended upload')}>"

    def __str__(self) -> str:
        return "\n".join((*self.above(), columns([header(), *self.shown()]) if self.entries else nothing()))

    def to_frame(self) -> Any:
        """Return the entries as a pandas.DataFrame. Raises PackageMissing."""
        return frame(HistoryEntry, self.entries)

    def to_csv(self, path: Any) -> None:
        """Write all entries to a file of CSV in UTF-8, named by a text or a Path. Raises OSError.

        A text that a spreadsheet would take for a formula has an apostrophe before it.
        """
        with open(path, "w", encoding="utf-8", newline="") as file:  # noqa: PTH123 - the model has no paths of its own
            write_csv(file, HistoryEntry, self.entries)

    def above(self) -> list[str]:
        """Return what stands above the table."""
        unread = [say("history_unread", file=printable(self.unread))] if self.unread else []
        last = [say("history_last", count=ROWS_SHOWN, all=f"{len(self):,}")] if len(self) > ROWS_SHOWN else []
        return unread + last

    def shown(self) -> list[tuple[str, ...]]:
        """Return the cells of the last rows, below `header`."""
        return [_cells(one) for one in self.entries[-ROWS_SHOWN:]]


def header() -> tuple[str, ...]:
    """Return what stands above the columns."""
    return tuple(say(f"column_{name}") for name in _COLUMNS)


def nothing() -> str:
    """Return what stands in the place of a table without rows."""
    return say("history_empty")


def _cells(one: HistoryEntry) -> tuple[str, ...]:
    outcome = say(f"state_{one.outcome.key}")
    of_files = [files(one.files)] if one.files else []
    failed = [say("files_failed", count=f"{one.files_failed:,}")] if one.files_failed else []
    return (
        one.ended_at.replace("T", " ").rstrip("Z"),
        shortened(one.source),
        shortened(printable(one.target)),
        bracketed(outcome, one.code) if one.code else outcome,
        clauses(format_size(one.size_bytes), *of_files, *failed),
        format_duration(one.seconds, tenths=True),
        format_size(one.kept_bytes) if one.kept_bytes else "",
        f"{one.retries:,}" if one.retries else "",
    )
