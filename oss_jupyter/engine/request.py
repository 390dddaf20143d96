"""One small request on a thread of its own, so that no command waits for an answer that does not come.

What it calls may be foreign code too: a provider of credentials that blocks, or that raises SystemExit.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError

if TYPE_CHECKING:
    from oss_jupyter.engine.event_queue import EventQueue
    from oss_jupyter.engine.ports import Control

T = TypeVar("T")


class Request(Generic[T]):
    """A call of the control plane. The run's thread makes it and waits; the request's own thread carries it out.

    undo: takes back an answer that comes after nobody waits for it any longer. now: monotonic seconds.
    """

    def __init__(
        self,
        control: Control,
        call: Callable[[Control], T],
        undo: Callable[[Control, T], object] | None,
        now: Callable[[], float],
    ) -> None:
        self.control = control
        self._call = call
        self._undo = undo
        self._future: Future[T] = Future()
        self._now = now
        self.credentials_version = ""
        """Of the credentials it was made with, once they are known."""
        self.looked_up_at = 0.0
        """When they were."""

    def start(self, events: EventQueue) -> None:
        """Begin; the event queue is notified at the end."""
        try:
            start_thread(self._work, "oss-request", events)
        except OssJupyterError:
            self._work(events)  # a command has to wait for it then

    def done(self) -> bool:
        """Whether there is an answer or a failure."""
        return self._future.done()

    def answer(self) -> T:
        """Return what the call returned, or raise what it raised."""
        return self._future.result()

    def let_go(self) -> None:
        """Wait for it no longer."""
        self._future.add_done_callback(self._take_back)

    def _work(self, events: EventQueue) -> None:
        try:
            self.credentials_version = self.control.credentials_version()
            self.looked_up_at = self._now()
            self._future.set_result(self._call(self.control))
        except BaseException as error:
            self._future.set_exception(error)
        events.notify()

    def _take_back(self, done: Future[T]) -> None:
        if self._undo is not None and done.exception() is None:
            with suppress(OssJupyterError):
                self._undo(self.control, done.result())
