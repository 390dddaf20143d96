"""The queue of all uploads of a kernel: who is let in is decided under one lock, and begun outside of it.

A transfer that waits has no thread, no lock on the disk and no descriptor. The rule itself is model/line.py.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from oss_jupyter.engine import descriptors
from oss_jupyter.errors import OssJupyterError, Shortage
from oss_jupyter.model.line import Line, Room, small_room

if TYPE_CHECKING:
    from oss_jupyter.engine.transfer import Transfer

AT_ONCE = 4


class Turns:
    """Any thread may call it. `_lock` guards _line, _at_once and _full; a transfer's own lock is taken within it."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._lock = threading.Lock()
        self._line: Line[Transfer] = Line()
        self._at_once = at_once
        self._full = False  # the system refuses another thread: until one of those that run has ended

    def set_at_once(self, count: int) -> None:
        """Let so many large uploads run at once from now on; those that run already go on."""
        with self._lock:
            self._at_once = count
            begun = self._let_in()
        self._begin(begun)

    def heed(self, transfer: Transfer) -> None:
        """Take in how a transfer stands now: after each change of that, by whoever changed it and outside its lock."""
        with self._lock:
            self._note(transfer)
            begun = self._let_in()
        self._begin(begun)

    def place(self, transfer: Transfer) -> int:
        """Return who is the how-manieth to begin, of the large or of the small ones; 0 for who does not wait."""
        with self._lock:
            return self._line.place(transfer)

    def running(self) -> tuple[Transfer, ...]:
        """Return who has a turn."""
        with self._lock:
            return self._line.having()

    def _note(self, transfer: Transfer) -> None:
        before = self._line.turns
        self._line.note(transfer, *transfer.turn())
        if self._line.turns < before:
            self._full = False

    def _let_in(self) -> list[Transfer]:
        """Give turns to who may begin now. Each takes it or has changed its mind; in both cases it waits no longer."""
        begun: list[Transfer] = []
        if not self._line.waiting or self._full:
            return begun
        room = Room(self._at_once, small_room(descriptors.most(), descriptors.used()))
        while (one := self._line.next(room)) is not None:
            if one.take_turn():
                begun.append(one)
            self._note(one)
        return begun

    def _begin(self, begun: list[Transfer]) -> None:
        while begun:
            one = begun.pop(0)
            try:
                one.launch()
            except OssJupyterError as error:
                begun += self._not_begun(one, error)

    def _not_begun(self, one: Transfer, error: OssJupyterError) -> list[Transfer]:
        """Let it wait until another has ended, or fail where there is none; return who may begin after that."""
        with self._lock:
            self._full = isinstance(error, Shortage) and self._line.turns > 1
            if self._full:
                one.put_back()
                self._line.put_back(one, one.turn()[1])
                return []
        one.could_not_begin(error)
        with self._lock:
            self._note(one)
            return self._let_in()
