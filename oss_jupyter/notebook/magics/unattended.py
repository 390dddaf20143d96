"""Notebooks that are executed without a page, by nbconvert, papermill and the like: an upload can fail the run.

Such a client ends the kernel after the last cell, and of a failure it knows only what a cell fails with. So where the
user wants it, a cell there ends when the uploads have ended, and fails where one has.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from IPython.core.getipython import get_ipython

from oss_jupyter import forks
from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.notebook.display.cells import cells
from oss_jupyter.notebook.display.formatters import register
from oss_jupyter.notebook.display.writing import watched
from oss_jupyter.notebook.magics.keep_alive import KeepAlive
from oss_jupyter.notebook.magics.telling import Telling
from oss_jupyter.session.driven import UPLOAD_IDS, driven_by
from oss_jupyter.session.neighbours.listening import Listening
from oss_jupyter.session.session import Session
from oss_jupyter.session.shell import Writing


def attach(session: Session) -> None:
    """Let a session live with the IPython that runs here, which shows its values; doing it again changes nothing."""
    if session.shell is None:
        session.shell = Unattended(session)
        shell = get_ipython()
        if shell is not None:
            register(shell)


class Unattended:
    """IPython, as its uploads know it: it looks at each cell that ends. Main thread only."""

    def __init__(self, session: Session) -> None:
        self._session = session
        kernel = getattr(get_ipython(), "kernel", None)
        hours = partial(getattr, session.settings, "keep_alive_hours")
        runs = lambda: session.manager.runs()  # noqa: E731 - a forked child has another manager
        content = Telling(lambda: session.manager).content
        self._keep_alive = None if kernel is None else KeepAlive(kernel, runs, hours, content)
        self._listening = Listening(self._answer)

    def uploads_begin(self) -> None:
        """Look at the cells from now on, where this is a kernel."""
        shell: Any = get_ipython()
        if getattr(shell, "kernel", None) is not None:
            cells.follow(shell)
            cells.when_over(self._look, first=True)

    def one_runs(self) -> None:
        """Let no server end this kernel because nobody types, and other kernels ask how it goes."""
        self._listening.begin()
        if self._keep_alive is not None:
            self._keep_alive.one_begins()

    def watch(self, writing: Writing) -> AbstractContextManager[None]:
        """Show how an object is being written, while the block lasts."""
        return watched(writing)

    def ends(self) -> None:
        """Let everybody who listens to cells say a last word."""
        cells.end_of_kernel()
        self._listening.end()

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Answer another kernel; widgets, which take 100 ms to load, are there when the first one asks for them."""
        if question.get("command") == UPLOAD_IDS:
            return {UPLOAD_IDS: driven_by(self._session.manager)}
        with forks.no_forks:
            from oss_jupyter.notebook.panel.answers import answer

        return answer(question)

    def _look(self, result: Any) -> None:
        if (
            not self._session.settings.fail_run
            or not result
            or not result.success
            or not _nobody_watches(cells.running)
        ):
            return
        transfers = self._session.manager.transfers()
        for transfer in transfers:
            transfer.wait()
        for transfer in transfers:
            if coordinator_of(transfer).unseen_error() is not None:
                error = transfer.error
                assert error is not None
                shell: Any = get_ipython()
                shell.showtraceback((type(error), error, error.__traceback__))
                result.error_in_exec = result.error_in_exec or error  # what the kernel answers with


def _nobody_watches(request: dict[str, Any] | None) -> bool:
    """Whether who sent the cell cannot be asked anything: pages can, and so can consoles."""
    return request is not None and request.get("content", {}).get("allow_stdin", True) is False
