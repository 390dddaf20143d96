"""The summary that stays: a few lines of HTML and text beside the card, saved with the notebook.

While the card lives it is hidden. Without a kernel, without widgets, in an untrusted notebook or on a page that shows
notebooks, it is what there is to read; so it is a plain table, which needs neither style nor script, and under 2 KB.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from oss_jupyter.model.progress import Snapshot
from oss_jupyter.notebook.markup import lines_html, transfer_html
from oss_jupyter.notebook.text import describe

# Each update marks the notebook as changed, so they are few.
INTERVAL_SECONDS = 30.0
SIZE_MAX_BYTES = 2000

# Live, or stopped by a restart and still readable: only the card. Reopened without its kernel: only the summary, and no
# "Error displaying widget" above it. A nested :has() would be invalid and disable the rule.
STYLE = (
    "<style>.jp-OutputArea:has(.ossj-live,.ossj-stopped) .ossj-static{display:none}"
    ".jp-OutputArea:has(.ossj-static):not(:has(.ossj-live,.ossj-stopped)) "
    ".jp-OutputArea-output.jupyter-widgets{display:none}</style>"
)

Bundle = dict[str, str]


class LastWord:
    """Publishes the summary at every change of state and, in between, now and then. One thread at a time uses it."""

    def __init__(self, publish: Callable[[Bundle], None], first: Snapshot, now: float) -> None:
        self._publish = publish
        self._shown = _milestone(first)
        self._next_at = now + INTERVAL_SECONDS

    def update(self, snapshot: Snapshot, now: float) -> None:
        """Publish, if it is time; `now` in monotonic seconds."""
        milestone = _milestone(snapshot)
        if milestone == self._shown and not (snapshot.state.active and now >= self._next_at):
            return
        self._shown, self._next_at = milestone, now + INTERVAL_SECONDS
        self._publish(summary(snapshot))


def summary(snapshot: Snapshot) -> Bundle:
    """Return the summary as HTML and as text."""
    html = _html(snapshot)
    if len(html.encode()) > SIZE_MAX_BYTES:
        html = _html(replace(snapshot, notes=()))  # the only thing in it that can grow
    return {"text/html": html, "text/plain": "\n".join([*describe(snapshot), moment()])}


def _html(snapshot: Snapshot) -> str:
    return f'{STYLE}<div class="ossj-static">{transfer_html(snapshot)}{lines_html([moment()])}</div>'


def moment() -> str:
    """Return how old the words are: without a kernel they are not news."""
    return time.strftime("As of %Y-%m-%d %H:%M:%S")


def _milestone(snapshot: Snapshot) -> tuple[object, ...]:
    return (snapshot.state, snapshot.error, snapshot.receipt, bool(snapshot.upload_id))
