"""Notebooks that are executed without a page, by nbconvert, papermill and the like: an upload can fail the run.

Such a client ends the kernel after the last cell, and of a failure it knows only what a cell fails with. So where the
user wants it, a cell there ends when the uploads have ended, and fails where one has.
"""

from __future__ import annotations

from typing import Any

from oss_jupyter.engine.manager import Manager
from oss_jupyter.notebook.cells import cells, running_shell
from oss_jupyter.notebook.config import OssJupyter


class Unattended:
    """Looks at each cell that ends. Main thread only."""

    def __init__(self, settings: OssJupyter, manager: Manager) -> None:
        self._settings = settings
        self._manager = manager

    def arrange(self) -> None:
        """Look at the cells from now on, where this is a kernel."""
        shell = running_shell()
        if getattr(shell, "kernel", None) is not None:
            cells.follow(shell)
            cells.when_over(self._look, first=True)

    def _look(self, result: Any) -> None:
        if not self._settings.fail_run or not result or not result.success or not _nobody_watches(cells.running):
            return
        transfers = self._manager.transfers()
        for transfer in transfers:
            transfer.wait()
        for transfer in transfers:
            if transfer.unseen_error() is not None:
                error = transfer.error
                assert error is not None
                running_shell().showtraceback((type(error), error, error.__traceback__))
                result.error_in_exec = result.error_in_exec or error  # what the kernel answers with


def _nobody_watches(request: dict[str, Any] | None) -> bool:
    """Whether who sent the cell cannot be asked anything: pages can, and so can consoles."""
    return request is not None and request.get("content", {}).get("allow_stdin", True) is False
