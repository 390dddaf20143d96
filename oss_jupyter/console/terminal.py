"""A live bar for a terminal, drawn by rich. Nothing else here imports rich, which takes a while to load."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from oss_jupyter.console.lines import remarks
from oss_jupyter.console.spelling import MAGICS, Commands
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.session.text import head_line, status_line

_REFRESH_SECONDS = 0.25
_BAR_COLUMNS = 20


def watch(transfer: Transfer, console: Console | None = None, commands: Commands = MAGICS) -> None:
    """Draw a bar until the transfer rests; then say in its place how it ended. KeyboardInterrupt passes through."""
    console = console or Console()
    _say(console, head_line(transfer.snapshot()))
    bar = Progress(
        BarColumn(_BAR_COLUMNS),
        TextColumn("{task.description}", markup=False),
        console=console,
        auto_refresh=False,  # no thread of its own: the loop below is as good
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=1.0)
        over, now = False, transfer.snapshot()
        while not over:
            over, now = transfer.wait(_REFRESH_SECONDS), transfer.snapshot()
            bar.update(task, completed=now.fraction, description=status_line(now), refresh=True)
    # What made it fail is raised by whoever waits.
    for line in (status_line(now), *remarks(now, with_error=False, commands=commands)):
        _say(console, line)


def _say(console: Console, line: str) -> None:
    # Names are no markup: one that holds [red] is shown as it is.
    console.print(line, markup=False, highlight=False, soft_wrap=True)
