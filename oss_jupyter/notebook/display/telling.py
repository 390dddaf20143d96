"""A line of a cell that says how far something is which takes a while; it is there only while that goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from oss_jupyter.notebook.display.html import lines_html
from oss_jupyter.notebook.display.view import UPDATE_SECONDS, Output


@contextmanager
def telling() -> Iterator[Callable[[str], None]]:
    """Give what takes words and shows the latest of them a few times a second. A terminal is told nothing."""
    shell: Any = get_ipython()
    line = _Line() if getattr(shell, "kernel", None) is not None else None
    try:
        yield line.tell if line is not None else lambda words: None
    finally:
        if line is not None:
            line.clear()


class _Line:
    """The thread that asks tells and clears it."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._told_at = time.monotonic()

    def tell(self, words: str) -> None:
        """Show these words, unless others were shown a moment ago."""
        now = time.monotonic()
        if now - self._told_at < UPDATE_SECONDS:
            return
        self._told_at = now
        said = Output(words, lines_html([words]))
        if self._handle is None:
            self._handle = display(said, display_id=True)
        else:
            self._handle.update(said)

    def clear(self) -> None:
        """Take the line away."""
        if self._handle is not None:
            self._handle.update(Output("", ""))
