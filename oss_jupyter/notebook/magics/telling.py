"""What a kernel publishes of its uploads while they run, for JupyterLab's status bar: nobody has to ask for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from oss_jupyter.engine.manager import Manager
from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.notebook.panel.common.row import row_of
from oss_jupyter.texts.spoken import language_for_pages

# Far more than anybody waits for, and 70 kB.
_ROWS_MOST = 100


class Telling:
    """Only the thread that publishes comes in here.

    manager: returns that of the kernel's uploads.
    """

    def __init__(self, manager: Callable[[], Manager]) -> None:
        self._manager = manager
        self._moved: frozenset[str] = frozenset()
        self._told_at = time.time()

    def content(self) -> dict[str, Any]:
        """Return the rows of what moves, and of what has come to rest since the last time, also if it began since.

        Not all rows may be there, so how many move stands beside them.
        """
        told_at, self._told_at = self._told_at, time.time()
        here = [one.snapshot() for one in self._manager().transfers() if not coordinator_of(one).apart]
        told = [one for one in here if one.state.active or one.id in self._moved or one.started_at >= told_at]
        self._moved = frozenset(one.id for one in told if one.state.active)
        rows = [row_of(one) for one in told[:_ROWS_MOST]]
        return {"rows": rows, "moving": len(self._moved), "language": language_for_pages()}
