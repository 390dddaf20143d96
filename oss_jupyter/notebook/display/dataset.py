"""A plan and a receipt of a dataset as plain HTML, read and filtered without a kernel, a script or a style.

Each action of a plan is a fold of its own: opening one shows its rows and, in most browsers, closes the others.
"""

from __future__ import annotations

import uuid
from html import escape

from oss_jupyter.model.dataset import Action
from oss_jupyter.model.dataset_plan import ROWS_SHOWN, DatasetPlan, column_names
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.dataset_text import action_word, counted_bytes, failure_lines, outcome_word
from oss_jupyter.notebook.display.html import lines_html, table_html
from oss_jupyter.texts import about, say

PLAN_MAX_BYTES = 30_000
_FEWER = (ROWS_SHOWN, 9, 6, 3, 1)


def plan_html(plan: DatasetPlan) -> str:
    """Return a plan as a notebook shows it: sums, rows by action, requests. Long names leave room for fewer rows."""
    html = ""
    for most in _FEWER:
        html = _plan(plan, most)
        if len(html.encode()) <= PLAN_MAX_BYTES:
            break
    return html


def dataset_receipt_html(receipt: DatasetReceipt) -> str:
    """Return a receipt as a notebook shows it: how it ended, what became of how many files, and what failed."""
    rows = [
        (outcome_word(outcome), counted_bytes(number, size)) for outcome, number, size in receipt.outcomes if number
    ]
    below = failure_lines(receipt.failures, receipt.failed)
    return lines_html([receipt.heading]) + table_html(rows) + (lines_html(below) if below else "")


def _plan(plan: DatasetPlan, most: int) -> str:
    # One open at a time, of those of one output.
    group = f"ossj-{uuid.uuid4().hex[:8]}"
    used = [action for action, total in plan.totals.items() if total.files]
    shown = [None, *(used if len(used) > 1 else ())] if used else []
    folds = "".join(_fold(plan, action, group, most) for action in shown)
    return f"{lines_html([plan.heading])}{folds}{lines_html(plan.notes) if plan.notes else ''}"


def _fold(plan: DatasetPlan, action: Action | None, group: str, most: int) -> str:
    name = say("plan_all") if action is None else action_word(action)
    summary = escape(about(name, plan.total_words(action)))
    opened = " open" if action is None else ""
    return f'<details name="{group}"{opened}><summary>{summary}</summary>{_rows(plan, action, most)}</details>'


def _rows(plan: DatasetPlan, action: Action | None, most: int) -> str:
    """Return the first and last rows; of one action without its name."""
    first, left_out, last = plan.ends(action, most)
    more = [("", say("plan_more", count=f"{left_out:,}"), "", "")] if left_out else []
    rows = [*plan.shown(first), *more, *plan.shown(last)]
    begin = 0 if action is None else 1
    return table_html([row[begin:] for row in rows], column_names()[begin:])
