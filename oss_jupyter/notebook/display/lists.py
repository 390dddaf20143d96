"""What was left in a bucket and what has ended, as tables of a notebook."""

from __future__ import annotations

from oss_jupyter.model import history, leftover
from oss_jupyter.notebook.display.html import lines_html, table_html


def history_html(found: history.History) -> str:
    """Return the uploads that have ended as a notebook shows them."""
    if not found:
        return lines_html([*found.above(), history.nothing()])
    return lines_html(found.above()) + table_html(found.shown(), history.header())


def leftovers_html(found: leftover.Leftovers) -> str:
    """Return the unfinished uploads of a bucket likewise."""
    table = table_html(found.shown(), found.header) if found.rows else ""
    return lines_html([found.heading]) + table + lines_html(found.below())
