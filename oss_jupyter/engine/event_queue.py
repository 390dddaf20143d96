"""What a run waits on: parts that end, and a wake-up when the user wants something else."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Any


class EventQueue:
    """`_changed` (a condition) guards _events and _woken. Any thread puts in; only the run's thread takes out."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: deque[Any] = deque()
        self._woken = False

    def put(self, event: Any) -> None:
        """Add an event."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def wake(self) -> None:
        """End the wait that is going on, or the next one."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def notify(self) -> None:
        """Let `wait_until` look again."""
        with self._changed:
            self._changed.notify_all()

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Wait until `done()` or a wake-up, leaving events where they are; whoever makes it done notifies."""
        with self._changed:
            self._changed.wait_for(lambda: done() or self._woken)
            self._woken = False

    def next_event(self, timeout_seconds: float) -> Any:
        """Return the next event, or None after a wake-up or the time-out."""
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._woken, timeout_seconds)
            self._woken = False
            return self._events.popleft() if self._events else None

    def pop(self) -> Any:
        """Return the next event, or None where there is none; a wake-up stays for whoever waits."""
        with self._changed:
            return self._events.popleft() if self._events else None

    def sleep(self, timeout_seconds: float) -> bool:
        """Wait, leaving events where they are; return whether a wake-up ended it."""
        with self._changed:
            self._changed.wait_for(lambda: self._woken, timeout_seconds)
            woken, self._woken = self._woken, False
            return woken
