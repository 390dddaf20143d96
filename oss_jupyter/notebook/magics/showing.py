"""What a cell shows of a transfer. `show` is the only place that decides it.

A notebook gets the live card, or, where widgets are not wanted, a view that is updated in place from the reporter's
thread until the transfer rests; a terminal gets text once, because a bar that moves behind the prompt would fight
with it.
"""

from __future__ import annotations

from typing import Any, Protocol

from IPython.core.getipython import get_ipython

from oss_jupyter.console.lines import describe
from oss_jupyter.engine.reporter import Reporter
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.notebook.display.view import LiveView, say
from oss_jupyter.notebook.magics.argv import wants_help
from oss_jupyter.session.interrupts import interrupts_later
from oss_jupyter.session.session import current_session
from oss_jupyter.session.text import goes_on, head_line, status_line
from oss_jupyter.texts import about, tr

# The transfers that the running cell shows already: a magic shows one and returns it too. Main thread only.
_shown: set[str] = set()


class Refreshed(Protocol):
    """Something on the page that follows its transfer."""

    def refresh(self) -> None:
        """Show where the transfer stands, now."""


@interrupts_later()
def show(transfer: Transfer, reporter: Reporter, *, with_error: bool = True) -> Refreshed | None:
    """Show a transfer in the running cell; return what follows it, where something does."""
    mark_shown(transfer)
    if with_widgets():
        from oss_jupyter.notebook.panel.server import panel_server  # ipywidgets cost 100 ms

        return panel_server().show_card(transfer)
    if in_notebook():
        return LiveView(transfer, reporter, with_error=with_error)
    now = transfer.snapshot()
    if now.state.active:
        behind = tr("It goes on behind the prompt: %oss_uploads wait {id}", id=now.id)
        say(*filter(None, (about(head_line(now), status_line(now)), goes_on(now), behind)))
    else:
        say(*describe(now))
    return None


def helped(magic: Any, line: str) -> bool:
    """Show what `%name?` shows where the line asks for it, and return whether it does."""
    wanted = wants_help(line)
    if wanted:
        say(magic.parser.format_help())
    return wanted


def in_notebook() -> bool:
    """Whether outputs can be updated in place: a Jupyter kernel runs this."""
    return getattr(get_ipython(), "kernel", None) is not None


def with_widgets() -> bool:
    """Whether this is a notebook in which cards are wanted."""
    return in_notebook() and current_session().settings.widgets


def mark_shown(transfer: Transfer) -> None:
    """Note that the running cell shows this transfer."""
    _shown.add(transfer.id)


def is_shown(transfer: Transfer) -> bool:
    """Whether the running cell shows this transfer already."""
    return transfer.id in _shown


def forget_shown(*_event: Any) -> None:
    """Begin a new cell."""
    _shown.clear()
