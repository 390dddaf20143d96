"""The summary beside the card: the transfer as it stood last, as a plain table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from oss_jupyter.model.progress import Snapshot
from oss_jupyter.notebook.display.html import lines_html, transfer_html
from oss_jupyter.notebook.display.text import describe
from oss_jupyter.notebook.panel.common.saved_summary import STYLE, MimeBundle, SavedSummary, moment

SIZE_MAX_BYTES = 2000


class CardSummary:
    """The words of one transfer."""

    def __init__(self, publish: Callable[[MimeBundle], None], first: Snapshot, now: float) -> None:
        self._summary = SavedSummary(publish, _milestone(first), now)

    def update(self, snapshot: Snapshot, now: float, *, cell_ends: bool = False) -> None:
        """Publish, if it is time; `now` in monotonic seconds."""
        self._summary.say(
            _milestone(snapshot), lambda: summary(snapshot), now, moving=snapshot.state.active, cell_ends=cell_ends
        )


def summary(snapshot: Snapshot) -> MimeBundle:
    """Return the summary as HTML and as text."""
    html = _html(snapshot)
    if len(html.encode()) > SIZE_MAX_BYTES:
        html = _html(replace(snapshot, notes=()))  # the only thing in it that can grow
    return {"text/html": html, "text/plain": "\n".join([*describe(snapshot), moment(moving=snapshot.state.active)])}


def _html(snapshot: Snapshot) -> str:
    below = [moment(moving=snapshot.state.active)]
    return f'{STYLE}<div class="ossj-static">{transfer_html(snapshot)}{lines_html(below)}</div>'


def _milestone(snapshot: Snapshot) -> tuple[object, ...]:
    return (snapshot.state, snapshot.error, snapshot.receipt, bool(snapshot.upload_id))
