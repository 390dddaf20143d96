"""What a cell shows while an object is being written, before its upload begins: a line with a bar."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.sizes import format_progress, format_size
from oss_jupyter.names import printable
from oss_jupyter.notebook.display.view import UPDATE_SECONDS, Output
from oss_jupyter.session.shell import Writing
from oss_jupyter.texts import say


@contextmanager
def watched(writing: Writing) -> Iterator[None]:
    """Show how much is written, a few times a second while the block lasts, where that takes long enough to be read."""
    shell: Any = get_ipython()
    if getattr(shell, "kernel", None) is None:
        yield
        return
    over = threading.Event()
    how: list[str] = []  # of the end, for the line that stays
    try:
        start_thread(lambda: _follow(writing, over, how), "oss-writing")
    except OssJupyterError:
        over.set()  # it is written all the same
    ended = "writing_stopped"
    try:
        yield
        ended = "writing_over"
    finally:
        how.append(ended)
        over.set()


def _follow(writing: Writing, over: threading.Event, how: list[str]) -> None:
    handle: Any = None
    while not over.wait(UPDATE_SECONDS):
        if handle is None:
            handle = display(_line(writing), display_id=True)
        else:
            handle.update(_line(writing))
    if handle is not None:
        handle.update(_line(writing, *how))


def _line(writing: Writing, ended: str = "") -> Output:
    written, expected = writing.written_bytes, writing.expected_bytes
    so_far = format_progress(written, expected) if expected else format_size(written)
    what = f"{writing.label} -> {printable(str(writing.target))}"
    said = say(ended or "writing", progress=so_far)
    value = f' value="{min(0.99, written / expected):.2f}"' if expected else ""
    bar = "" if ended else f"<progress{value}></progress> "
    return Output(f"{what}\n{said}", f"<div>{escape(what)}<br>{bar}{escape(said)}</div>")
