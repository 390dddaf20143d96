"""The queue of all uploads of a kernel: who is let in is decided under one lock, and begun outside of it.

A transfer that waits has no thread, no lock on the disk and no descriptor. The rule itself is model/waiting_list.py.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from oss_jupyter.engine import descriptors
from oss_jupyter.engine.budget import Budget
from oss_jupyter.errors import OssJupyterError, Shortage
from oss_jupyter.model.waiting_list import Kind, Room, Turn, WaitingList, small_room

AT_ONCE = 4


class Queued(Protocol):
    """What the queue asks of those that are in it."""

    def __hash__(self) -> int:
        """Return the same number for the same one."""

    def turn(self) -> tuple[Turn, Kind]:
        """Return how it stands, and as what."""

    def take_turn(self) -> bool:
        """Take the turn; return False where it is not wanted any more."""

    def put_back(self) -> None:
        """Wait for another turn."""

    def could_not_begin(self, error: OssJupyterError) -> None:
        """Fail: nothing runs whose end could be waited for."""


Q = TypeVar("Q", bound=Queued)


class TransferQueue(Generic[Q]):
    """Any thread may call it. `_lock` guards _waiting, _at_once and _full; a transfer's own lock is taken within it.

    start: starts the run of one that has taken its turn; raises Shortage or InterpreterEnding. budget: the connections
    of those that run.
    """

    def __init__(self, start: Callable[[Q], object], at_once: int = AT_ONCE, budget: Budget | None = None) -> None:
        self._start = start
        self.budget = budget or Budget()
        self._lock = threading.Lock()
        self._waiting: WaitingList[Q] = WaitingList()
        self._at_once = at_once
        self._full = False  # the system refuses another thread: until one of those that run has ended

    def set_at_once(self, count: int) -> None:
        """Let so many large uploads run at once from now on; those that run already go on."""
        with self._lock:
            self._at_once = count
            begun = self._let_in()
        self._begin(begun)

    def heed(self, one: Q) -> None:
        """Take in how one stands now: after each change of that, by whoever changed it and outside its lock."""
        with self._lock:
            self._note(one)
            begun = self._let_in()
        self._begin(begun)

    def place(self, one: Q) -> int:
        """Return who is the how-manieth to begin, of the large or of the small ones; 0 for who does not wait."""
        with self._lock:
            return self._waiting.place(one)

    def running(self) -> tuple[Q, ...]:
        """Return who has a turn."""
        with self._lock:
            return self._waiting.having()

    def _note(self, one: Q) -> None:
        before = self._waiting.turns
        self._waiting.note(one, *one.turn())
        if self._waiting.turns < before:
            self._full = False

    def _let_in(self) -> list[Q]:
        """Give turns to who may begin now. Each takes it or has changed its mind; in both cases it waits no longer."""
        begun: list[Q] = []
        connections = self.budget.most
        if self._full or self._waiting.next(Room(self._at_once, connections)) is None:
            return begun  # however many descriptors there are
        room = Room(self._at_once, small_room(connections, descriptors.most(), descriptors.used()))
        while (one := self._waiting.next(room)) is not None:
            if one.take_turn():
                begun.append(one)
            self._note(one)
        return begun

    def _begin(self, begun: list[Q]) -> None:
        while begun:
            one = begun.pop(0)
            try:
                self._start(one)
            except OssJupyterError as error:
                begun += self._not_begun(one, error)

    def _not_begun(self, one: Q, error: OssJupyterError) -> list[Q]:
        """Let it wait until another has ended, or fail where there is none; return who may begin after that."""
        with self._lock:
            self._full = isinstance(error, Shortage) and self._waiting.turns > 1
            if self._full:
                one.put_back()
                self._waiting.put_back(one, one.turn()[1])
                return []
        one.could_not_begin(error)
        with self._lock:
            self._note(one)
            return self._let_in()
