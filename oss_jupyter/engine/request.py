"""One small request on a thread of its own, so that no wish waits for an answer that does not come.

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
    from oss_jupyter.engine.inbox import Inbox
    from oss_jupyter.engine.ports import Control

T = TypeVar("T")


class Request(Generic[T]):
    """A call of the control plane. The run's thread makes it and waits; the request's own thread carries it out.

    undo: takes back an answer that comes after nobody waits for it any longer.
    """

    def __init__(
        self, control: Control, call: Callable[[Control], T], undo: Callable[[Control, T], object] | None = None
    ) -> None:
        self.control = control
        self._call = call
        self._undo = undo
        self._future: Future[T] = Future()
        self.mark = ""
        """Of the credentials it was made with, once they are known."""

    def start(self, inbox: Inbox) -> None:
        """Begin; the inbox is nudged at the end."""
        try:
            start_thread(self._work, "oss-request", inbox)
        except OssJupyterError:
            self._work(inbox)  # a wish has to wait for it then

    def done(self) -> bool:
        """Whether there is an answer or a failure."""
        return self._future.done()

    def answer(self) -> T:
        """Return what the call returned, or raise what it raised."""
        return self._future.result()

    def let_go(self) -> None:
        """Wait for it no longer."""
        self._future.add_done_callback(self._take_back)

    def _work(self, inbox: Inbox) -> None:
        try:
            self.mark = self.control.credentials_mark()
            self._future.set_result(self._call(self.control))
        except BaseException as error:
            self._future.set_exception(error)
        inbox.nudge()

    def _take_back(self, done: Future[T]) -> None:
        if self._undo is not None and done.exception() is None:
            with suppress(OssJupyterError):
                self._undo(self.control, done.result())
