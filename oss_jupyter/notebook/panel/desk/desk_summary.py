"""The words beside the desk that stay in the notebook: its list as a plain table, hidden while the desk lives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from oss_jupyter.model.columns import columns, shortened
from oss_jupyter.model.dataset_text import bytes_so_far, files_so_far
from oss_jupyter.model.sizes import format_size
from oss_jupyter.names import printable
from oss_jupyter.notebook.display.html import lines_html, table_html
from oss_jupyter.notebook.panel.common.row import FilesRow, Row
from oss_jupyter.notebook.panel.common.saved_summary import STYLE, MimeBundle, SavedSummary, moment
from oss_jupyter.texts import clauses, say
from oss_jupyter.texts.spoken import language

_ROWS_MAX = 8


class DeskSummary:
    """The table, which is published when a transfer changes its state and, in between, now and then."""

    def __init__(self, publish: Callable[[MimeBundle], None], now: float) -> None:
        self._summary = SavedSummary(publish, None, now)

    def update(self, rows: Sequence[Row], now: float, *, cell_ends: bool = False) -> None:
        """Publish, if it is time; `now` in monotonic seconds."""
        states = [language(), *((row["id"], row["state"]) for row in rows)]
        self._summary.say(states, lambda: desk_summary(rows), now, moving=_moving(rows), cell_ends=cell_ends)


def desk_summary(rows: Sequence[Row]) -> MimeBundle:
    """Return the list as HTML and as text, the newest first and not too many."""
    if not rows:
        return static([say("none_listed")])
    cells = [tuple(map(printable, _cells(row))) for row in rows[:_ROWS_MAX]]
    header = tuple(say(f"column_{name}") for name in ("file", "target", "status", "in_oss"))
    left_out = len(rows) - _ROWS_MAX
    more = [say("more_one" if left_out == 1 else "more_many", count=left_out)] if left_out > 0 else []
    below = [*more, moment(moving=_moving(rows))]
    return {
        "text/html": f'{STYLE}<div class="ossj-static">{table_html(cells, header)}{lines_html(below)}</div>',
        "text/plain": "\n".join([columns([header, *cells]), *below]),
    }


def static(lines: Sequence[str]) -> MimeBundle:
    """Return lines of text as what stands beside a widget."""
    return {
        "text/html": f'{STYLE}<div class="ossj-static">{lines_html(lines)}</div>',
        "text/plain": "\n".join(lines),
    }


def _moving(rows: Sequence[Row]) -> bool:
    return any(row["moving"] for row in rows)


def _cells(row: Row) -> tuple[str, ...]:
    confirmed_bytes = row["total"] if row["state"] == "completed" else row["kept"] + row["confirmed"]
    state = say(f"state_{row['state']}")
    in_oss = clauses(*_files(row["files"]), _bytes(row, confirmed_bytes))
    return (shortened(row["name"]), shortened(row["url"]), state, in_oss)


def _bytes(row: Row, confirmed_bytes: int) -> str:
    if row["open_ended"]:  # of how much, nobody knows
        return format_size(confirmed_bytes)
    scanning = row["files"] is not None and row["files"]["scanning"]
    return bytes_so_far(confirmed_bytes, row["total"], scanning=scanning)


def _files(files: FilesRow | None) -> Iterable[str]:
    """Yield how many files of a dataset are in OSS, and how many have failed."""
    if files is None:
        return
    yield files_so_far(files["done"], files["total"], scanning=files["scanning"])
    if files["failed"]:
        yield say("files_failed", count=f"{files['failed']:,}")
