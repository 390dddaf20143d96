"""A forked child starts anew. The one rule: it never uses, ends or hands back what its parent made.

Threads do not survive a fork, their bookkeeping does; a lock may be held by a thread that is gone; connections, pipes
and helper processes belong to the parent. Whoever keeps such things for as long as the process lives registers here how
a child lets go of them: without telling anybody, without waiting for a lock, and so that the next use makes new ones.
What is reached through something registered needs no word of its own.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from inspect import ismethod
from typing import Any

_registered: list[weakref.ref[Callable[[], None]]] = []
# What the parent made and the child has let go of. It is never freed: its finalizers would close connections politely,
# give locks back, or wait for threads that are gone.
_left: list[Any] = []


class _NoForks:
    """Holds off forks while something is half done that a child could never finish or undo.

    A pipe whose end a child inherits does not end; of a module that is being loaded the child has half for ever.
    `_lock` guards no field: who holds it is not forked.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def begin_anew(self) -> None:
        """Forget who held it."""
        self._lock = threading.RLock()


no_forks = _NoForks()


def in_child(let_go: Callable[[], None]) -> None:
    """Call `let_go`, a function or a method of something that is still there, in each forked child."""
    _registered[:] = [known for known in _registered if known() is not None]
    _registered.append(weakref.WeakMethod(let_go) if ismethod(let_go) else weakref.ref(let_go))


def leave(*inherited: Any) -> None:
    """Keep what a child inherited from being finalized."""
    _left.extend(inherited)


def _begin_anew() -> None:
    no_forks.begin_anew()
    for known in tuple(_registered):
        let_go = known()
        if let_go is not None:
            let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=no_forks.__enter__, after_in_parent=no_forks.__exit__, after_in_child=_begin_anew)
