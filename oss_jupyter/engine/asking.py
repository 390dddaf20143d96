"""Small requests of a run to the service, with retries, and every wait of a run: all of them end at once on a wish."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from oss_jupyter.engine.transfer import Wish
from oss_jupyter.errors import CredentialsError, OssJupyterError
from oss_jupyter.model.retry import Action, Decision, decide, waits_for_credentials
from oss_jupyter.model.states import Event, State

if TYPE_CHECKING:
    from oss_jupyter.engine.inbox import Inbox
    from oss_jupyter.engine.ports import Control
    from oss_jupyter.engine.transfer import Transfer

T = TypeVar("T")

# How often a provider is asked whether it has something newer than the credentials that were refused.
CREDENTIALS_POLL_SECONDS = 5.0


class WishChanged(Exception):
    """The user wants something else than to go on: the run unwinds to where it looks at the wish."""


class Asking:
    """The run's voice. Only the run's own thread uses it."""

    def __init__(self, transfer: Transfer, inbox: Inbox) -> None:
        self._transfer = transfer
        self._inbox = inbox
        self._refused_marks: set[str] = set()
        self._confirmed_at: float | None = None

    @property
    def control(self) -> Control:
        """The control plane of now: the same cell may have brought new credentials."""
        return self._transfer.order.control

    def confirmed(self) -> None:
        """Note that the service has answered or taken something."""
        self._confirmed_at = self._transfer.order.clock.monotonic()

    @property
    def silent_seconds(self) -> float | None:
        """For how long nothing has come back and nothing moved, or None if nothing ever came back."""
        if self._confirmed_at is None:
            return None
        last_at = max(self._confirmed_at, self._transfer.ledger.moved_at)
        return self._transfer.order.clock.monotonic() - last_at

    def check(self) -> None:
        """Raise WishChanged unless the user wants to go on."""
        if self._transfer.wish() is not Wish.GO:
            raise WishChanged

    def stopped(self) -> bool:
        """Whether long work on this side should give way."""
        return self._transfer.wish() is not Wish.GO

    def ask(self, call: Callable[[Control], T], undo: Callable[[Control, T], None] | None = None) -> T:
        """Return `call(control)`, retried by the table. Raises what it raised last, or WishChanged.

        undo: takes back an answer that came after the user had wanted something else.
        """
        answer = self._retried(lambda: self._apart(call, undo), self._mark)
        self.confirmed()
        return answer

    def sign(self, call: Callable[[Control], T]) -> T:
        """Return `call(control)` for a call that sends nothing and so proves nothing about the service."""
        # All that can fail here is to get credentials, so there are none to be blamed.
        return self._retried(lambda: call(self.control), lambda: "")

    def _retried(self, call: Callable[[], T], mark_now: Callable[[], str]) -> T:
        attempt = 0
        while True:
            self.check()
            attempt += 1
            mark = mark_now()
            try:
                return call()
            except OssJupyterError as error:
                decision = decide(error, attempt, self._transfer.order.policy, self.silent_seconds)
                if decision.action is Action.RENEW:
                    self.renew_credentials(error, mark)
                elif decision.action in (Action.RETRY, Action.SLOW_DOWN):
                    self.wait(decision)
                else:
                    raise

    def _apart(self, call: Callable[[Control], T], undo: Callable[[Control, T], None] | None) -> T:
        """Make the request on a thread of its own, so that no wish waits for an answer that does not come."""
        future: Future[T] = Future()
        control = self.control

        def work() -> None:
            try:
                future.set_result(call(control))
            except BaseException as error:
                future.set_exception(error)
            self._inbox.nudge()

        def take_back(done: Future[T]) -> None:
            if undo is not None and done.exception() is None:
                with suppress(OssJupyterError):
                    undo(control, done.result())

        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(work,), name="oss-request", daemon=True).start()
        try:
            while not future.done():
                self._inbox.wait_until(future.done)
                self.check()
        except WishChanged:
            future.add_done_callback(take_back)
            raise
        return future.result()

    def renew_credentials(self, error: OssJupyterError, mark: str) -> None:
        """Return once there are credentials other than those of `mark`; raise `error` where none can be expected."""
        transfer = self._transfer
        self._refused_marks.add(mark)
        if self._mark() not in self._refused_marks:
            return
        provider_failed_midway = isinstance(error, CredentialsError) and self._confirmed_at is not None
        if not (waits_for_credentials(error) or provider_failed_midway):
            raise error
        transfer.note(f"Waiting for new credentials: {error.what} Put them where the old ones are; it goes on.")
        transfer.move(Event.CREDENTIALS_EXPIRED)
        while self._mark() in self._refused_marks:
            if self._inbox.sleep(CREDENTIALS_POLL_SECONDS):
                self.check()
                break  # somebody pressed Resume: try what is there
        self._refused_marks.clear()
        if transfer.state is State.WAITING_FOR_CREDENTIALS:
            transfer.move(Event.CREDENTIALS_RENEWED)

    def wait(self, decision: Decision) -> None:
        """Wait as long as was decided, and say so where it is long."""
        if decision.note:
            self._transfer.note(decision.note)
        self.sleep(decision.wait_seconds)

    def sleep(self, seconds: float) -> None:
        """Wait between two attempts. Raises WishChanged as soon as the user wants something else."""
        clock = self._transfer.order.clock
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            if self._inbox.sleep(left):
                self.check()

    def _mark(self) -> str:
        try:
            return self.control.credentials_mark()
        except CredentialsError:
            return ""
