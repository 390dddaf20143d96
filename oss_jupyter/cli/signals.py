"""Ctrl-C, SIGTERM and a terminal that is closed: the first one keeps the place, the second one ends at once.

Before a command begins there is no place to keep, and the first one ends at once, too.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_CLOSED = 128 + getattr(signal, "SIGHUP", 1)


class Stopped(KeyboardInterrupt):
    """Ctrl-C by a name of its own: Python ends by SIGINT once a plain one has passed through `exec`, even if caught."""


class Signals:
    """Main thread only. status: what the process ends with once one has come, 0 before."""

    def __init__(self) -> None:
        self.status = 0
        self._begun = False
        self._noted = False
        self._passed_on = False

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take them while the block lasts, but none that was switched off where this process was begun (nohup, &)."""
        numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
        before = {number: signal.getsignal(number) for number in numbers}
        chosen = [number for number in numbers if before[number] is not signal.SIG_IGN]
        for number in chosen:
            signal.signal(number, self._interrupted if number == signal.SIGINT else self._ended)
        try:
            yield
        finally:
            for number in chosen:
                told = self.status == 128 + number == _CLOSED  # it may come again while the process ends
                signal.signal(number, signal.SIG_IGN if told else before[number])

    def begin(self) -> None:
        """Let the command stop by itself from here on; what is only being loaded may take an interrupt badly."""
        self._begun = True

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Only set the status while the block lasts, which has to look at it, and stops where it can."""
        before, self._noted = self._noted, True
        try:
            yield
        finally:
            self._noted = before

    def _ended(self, number: int, frame: FrameType | None) -> None:
        if not self._note(number):
            return
        # By way of Ctrl-C, which `interrupts_later` puts off where something is half begun.
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            self._stop()
        else:
            self._passed_on = True
            signal.raise_signal(signal.SIGINT)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if not self._passed_on:
            self._note(number)
        self._passed_on = False
        self._stop()

    def _note(self, number: int) -> bool:
        """Return whether it is another one."""
        if self.status == 128 + number == _CLOSED:
            return False  # of one closed terminal its shell tells, and then the system
        if self.status or not self._begun:
            os._exit(128 + number)  # what the service has confirmed is in the journal, whatever ends this process
        self.status = 128 + number
        return True

    def _stop(self) -> None:
        if not self._noted:
            raise Stopped
