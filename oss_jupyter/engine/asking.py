"""Small requests of a run to the service, with retries, and every wait of a run: all of them end at once on a wish."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.request import Request
from oss_jupyter.errors import CredentialsError, OssJupyterError
from oss_jupyter.model.course import Wish
from oss_jupyter.model.retry import Action, Decision, decide, waits_for_credentials
from oss_jupyter.model.states import Event, State

if TYPE_CHECKING:
    from oss_jupyter.engine.inbox import Inbox
    from oss_jupyter.engine.ports import Control
    from oss_jupyter.engine.transfer import Transfer

T = TypeVar("T")

# How often a provider is asked whether it has something newer than the credentials that were refused.
CREDENTIALS_POLL_SECONDS = 5.0
# How old the credentials may be that parts are signed with: looking them up costs a thread, as a provider may block.
CREDENTIALS_FRESH_SECONDS = 1.0


class WishChanged(Exception):
    """The user wants something else than to go on: the run unwinds to where it looks at the wish."""


class Asking:
    """The run's voice. Only the run's own thread uses it."""

    def __init__(self, transfer: Transfer, inbox: Inbox) -> None:
        self._transfer = transfer
        self._inbox = inbox
        self._serves = Wish.GO
        self._patient = True
        self._refused_marks: set[str] = set()
        self._confirmed_at: float | None = None
        self._signer: Control | None = None
        self._looked_up_at = 0.0

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
        """Raise WishChanged unless the user wants what the run is doing."""
        if self.stopped():
            raise WishChanged

    def stopped(self) -> bool:
        """Whether long work on this side should give way."""
        return self._transfer.wish() is not self._serves

    @contextmanager
    def briefly(self, wish: Wish) -> Iterator[None]:
        """Ask on behalf of `wish`, and give up early: nobody waits long for what is only tidied up."""
        before = self._serves, self._patient
        self._serves, self._patient = wish, False
        try:
            yield
        finally:
            self._serves, self._patient = before

    def ask(self, call: Callable[[Control], T], undo: Callable[[Control, T], object] | None = None) -> T:
        """Return `call(control)`, retried by the table. Raises what it raised last, or WishChanged.

        undo: takes back an answer that came after the user had wanted something else.
        """
        attempt = 0
        while True:
            attempt += 1
            request = Request(self.control, call, undo)
            try:
                answer = self.once(request)
            except OssJupyterError as error:
                self.get_over(error, attempt, request.mark)
            else:
                self.confirmed()
                return answer

    def once(self, request: Request[T]) -> T:
        """Return the answer to a request. Raises what it raised, or WishChanged within a moment."""
        self.check()
        request.start(self._inbox)
        try:
            while not request.done():
                self._inbox.wait_until(request.done)
                self.check()
        except WishChanged:
            request.let_go()
            raise
        self._transfer.note_all(request.control.remarks)
        return request.answer()

    def sign(self, call: Callable[[Control], T]) -> T:
        """Return `call(control)` for a call that signs and so asks nobody, with credentials of this second."""
        age_seconds = self._transfer.order.clock.monotonic() - self._looked_up_at
        if self._signer is not self.control or age_seconds > CREDENTIALS_FRESH_SECONDS:
            self._renew_signer()
        assert self._signer is not None, "it has just been set"
        return call(self._signer)

    def get_over(self, error: OssJupyterError, attempt: int, mark: str, *, waits_for_network: bool = True) -> None:
        """Return when attempt number `attempt` (from 1) may be followed by the next one; raise `error` if by none.

        mark: of the credentials that were used. waits_for_network: put up with a dead one, as long as the policy says.
        """
        if not self._patient:
            raise error
        silent_seconds = self.silent_seconds if waits_for_network else None
        decision = decide(error, attempt, self._transfer.order.policy, silent_seconds)
        if decision.action is Action.RENEW:
            self.renew_credentials(error, mark)
        elif decision.action in (Action.RETRY, Action.SLOW_DOWN):
            self.wait(decision)
        else:
            raise error

    def renew_credentials(self, error: OssJupyterError, mark: str) -> None:
        """Return once there are credentials other than those of `mark`; raise `error` where none can be expected."""
        transfer = self._transfer
        self._refused_marks.add(mark)
        if self._mark() not in self._refused_marks:
            return
        provider_failed_midway = isinstance(error, CredentialsError) and self._confirmed_at is not None
        if not (waits_for_credentials(error) or provider_failed_midway):
            raise error
        words = f"Waiting for new credentials: {error.what} Put them where the old ones are; it goes on."
        transfer.note(words, Lasts.THIS_RUN)
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
            self._transfer.note(decision.note, Lasts.THIS_RUN)
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
            return self._look_up()
        except CredentialsError:
            return ""

    def _renew_signer(self) -> None:
        attempt = 0
        while True:
            attempt += 1
            try:
                self._look_up()
            except OssJupyterError as error:
                # All that can fail here is to get credentials, so there are none to be blamed.
                self.get_over(error, attempt, "")
            else:
                return

    def _look_up(self) -> str:
        """Let the control plane of now look its credentials up, and return their mark."""
        request = Request(self.control, lambda _control: None)
        self.once(request)
        self._signer, self._looked_up_at = request.control, self._transfer.order.clock.monotonic()
        return request.mark
