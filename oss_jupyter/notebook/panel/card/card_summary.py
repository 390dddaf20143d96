"""The summary beside the card: the transfer as it stood last, as a plain table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from oss_jupyter.console.lines import describe
from oss_jupyter.model.columns import shortened
from oss_jupyter.model.dataset_text import FAILURES_SHOWN
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.names import printable
from oss_jupyter.notebook.display.html import lines_html, transfer_html
from oss_jupyter.notebook.panel.common.saved_summary import STYLE, MimeBundle, SavedSummary, moment
from oss_jupyter.texts.spoken import language

SIZE_MAX_BYTES = 2000
# Of a dataset, with the first files that failed and their reasons.
FILES_SIZE_MAX_BYTES = 3000


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
    *longer, shortest = _ever_shorter(snapshot)
    shown = next(filter(_is_small, longer), shortest)
    lines = [*describe(shown, with_error=_has_error(shown)), moment(moving=shown.state.active)]
    return {"text/html": _html(shown), "text/plain": "\n".join(lines)}


def _is_small(snapshot: Snapshot) -> bool:
    most = SIZE_MAX_BYTES if snapshot.files is None else FILES_SIZE_MAX_BYTES
    return len(_html(snapshot).encode()) <= most


def _html(snapshot: Snapshot) -> str:
    table = transfer_html(snapshot, with_error=_has_error(snapshot))
    return f'{STYLE}<div class="ossj-static">{table}{lines_html([moment(moving=snapshot.state.active)])}</div>'


def _has_error(snapshot: Snapshot) -> bool:
    """Whether there is another one than those of single files, which are listed."""
    return snapshot.state is not State.COMPLETED_WITH_ERRORS


def _ever_shorter(snapshot: Snapshot) -> Iterator[Snapshot]:
    """Yield the snapshot with less and less of what can grow: its notes, of a dataset its names and failures."""
    yield snapshot
    yield (snapshot := replace(snapshot, notes=()))
    view, target = snapshot.files, snapshot.target
    if view is not None:
        target = replace(target, key=shortened(printable(target.key)))
        snapshot = replace(snapshot, source=shortened(snapshot.source), target=target)
        for most in (FAILURES_SHOWN, 6, 3, 1, 0):
            yield replace(snapshot, files=replace(view, failures=view.failures[:most]))


def _milestone(snapshot: Snapshot) -> tuple[object, ...]:
    return (snapshot.state, snapshot.error, snapshot.receipt, bool(snapshot.upload_id), language())
