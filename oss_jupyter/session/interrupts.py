"""Interrupts that wait: the stop button may be pressed at any line, and what is half begun would never end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class ToldInterrupt(KeyboardInterrupt):
    """Somebody interrupted a cell, and this says what that means for what it did."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this line instead of a traceback."""
        return [str(self)]


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Let an interrupt of the main thread wait until the block, which has to be quick, is over."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    missed: list[FrameType | None] = []
    signal.signal(signal.SIGINT, lambda number, frame: missed.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if missed:
            before(signal.SIGINT, missed[-1])
