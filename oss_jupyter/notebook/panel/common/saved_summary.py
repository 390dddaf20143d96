"""The summary that stays: a few lines of HTML and text beside the card, saved with the notebook.

While the card lives it is hidden. Without a kernel, without widgets, in an untrusted notebook or on a page that shows
notebooks, it is what there is to read; so it is a plain table, which needs neither style nor script, and under 2 KB.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

from IPython.display import display

from oss_jupyter.notebook.display.cells import cells
from oss_jupyter.texts import say

# Each update marks the notebook as changed, so they are few.
INTERVAL_SECONDS = 30.0

# Live, or stopped by a restart and still readable: only the card. Reopened without its kernel: only the summary, and no
# "Error displaying widget" above it. A nested :has() would be invalid and disable the rule.
STYLE = (
    "<style>.jp-OutputArea:has(.ossj-live,.ossj-stopped) .ossj-static{display:none}"
    ".jp-OutputArea:has(.ossj-static):not(:has(.ossj-live,.ossj-stopped)) "
    ".jp-OutputArea-output.jupyter-widgets{display:none}</style>"
)

MimeBundle = dict[str, str]


class SavedSummary:
    """Publishes words at every milestone and, in between, now and then. One thread at a time uses it.

    What is published between cells is lost where no page listens, so the end of the next cell publishes it again.
    """

    def __init__(self, publish: Callable[[MimeBundle], None], shown: object, now: float) -> None:
        self._publish = publish
        self._shown = shown
        self._in_a_cell = True
        self._next_at = now + INTERVAL_SECONDS

    def say(
        self, milestone: object, words: Callable[[], MimeBundle], now: float, *, moving: bool, cell_ends: bool = False
    ) -> None:
        """Publish, if it is time; `now` in monotonic seconds. cell_ends: the notebook may be saved with this."""
        old = moving and (cell_ends or now >= self._next_at)
        lost = cell_ends and not self._in_a_cell
        if milestone == self._shown and not old and not lost:
            return
        self._shown, self._next_at = milestone, now + INTERVAL_SECONDS
        self._publish(words())
        self._in_a_cell = cells.taken_in


def show_summary(words: MimeBundle) -> Callable[[MimeBundle], None]:
    """Display the words under the running cell, and return what publishes newer ones in their place.

    A page that was loaded again has forgotten which output that is; by its metadata JupyterLab's extension finds it.
    """
    display_id = uuid4().hex
    metadata = {"oss_jupyter": {"summary": display_id}}
    handle = display(words, raw=True, display_id=display_id, metadata=metadata)
    return lambda newer: handle.update(newer, raw=True, metadata=metadata)


def moment(*, moving: bool) -> str:
    """Return how old the words are: without a kernel they are not news, and a page may have missed the last ones."""
    return say("as_of_running" if moving else "as_of", time=time.strftime("%Y-%m-%d %H:%M:%S"))
