"""A live bar for a terminal, drawn by rich. Nothing else here imports rich, which takes a while to load."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from oss_jupyter.console.lines import remarks
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.session.text import head_line, name_of, status_line

_REFRESH_SECONDS = 0.25
_BAR_COLUMNS = 20


def watch(transfer: Transfer, console: Console | None = None) -> None:
    """Draw a bar until the transfer rests; then say in its place how it ended. KeyboardInterrupt passes through."""
    console = console or Console()
    _say(console, head_line(transfer.snapshot()))
    with Bars(console) as bars:
        over, now = False, transfer.snapshot()
        while not over:
            over, now = transfer.wait(_REFRESH_SECONDS), transfer.snapshot()
            bars.draw([now])
    # What made it fail is raised by whoever waits.
    for line in (status_line(now), *remarks(now, with_error=False)):
        _say(console, line)


class Bars:
    """A bar for each upload while the block lasts, and nothing once it is over; none where there is no terminal.

    A terminal that goes takes the bars with it, and nothing else. console: None is stderr.
    """

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._progress = Progress(
            BarColumn(_BAR_COLUMNS),
            TextColumn("{task.description}", markup=False),
            console=console,
            auto_refresh=False,  # no thread of its own: whoever draws has a loop
            transient=True,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._begun = False

    def __enter__(self) -> Bars:
        self._begun = self._written(self._progress.start)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._begun:  # also where the terminal has gone: what stdout and stderr were before comes back
            self._written(self._progress.stop)

    def draw(self, uploads: Sequence[Snapshot]) -> None:
        """Draw these; those that are not among them any more are not drawn."""
        for known in self._tasks.keys() - {now.id for now in uploads}:
            self._progress.remove_task(self._tasks.pop(known))
        for now in uploads:
            if now.id not in self._tasks:
                self._tasks[now.id] = self._progress.add_task("", total=1.0)
            named = f"{name_of(now)} · " if len(uploads) > 1 else ""
            self._progress.update(self._tasks[now.id], completed=now.fraction, description=named + status_line(now))
        self._written(self._progress.refresh)

    def _written(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except OSError:
            self._progress.console.quiet = True  # the terminal has gone, and nothing more goes there
            return False
        return True


def _say(console: Console, line: str) -> None:
    # Names are no markup: one that holds [red] is shown as it is.
    console.print(line, markup=False, highlight=False, soft_wrap=True)
