"""Every request of a run to the service, by name: one way to retry, and every wait ends at once on a command.

How often and after what wait is `model/retry.py`; here that is carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from oss_jupyter.engine.log import log, log_decision
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.request import Request
from oss_jupyter.errors import CredentialsError, NetworkError, OssJupyterError
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.retry import Action, classify, decide, waits_for_credentials
from oss_jupyter.model.states import Event, State
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.event_queue import EventQueue
    from oss_jupyter.engine.job import AnyJob
    from oss_jupyter.engine.ports import Control
    from oss_jupyter.model.options import ObjectOptions
    from oss_jupyter.model.small_files import SigningKeys
    from oss_jupyter.model.target import Target
    from oss_jupyter.model.wire_values import Completed, ListedPart, ObjectHead, ObjectPage, SignedRequest

T = TypeVar("T")

# How often a provider is asked whether it has something newer than the credentials that were refused.
CREDENTIALS_POLL_SECONDS = 5.0
# How old the credentials may be that parts are signed with: looking them up costs a thread, as a provider may block.
CREDENTIALS_FRESH_SECONDS = 1.0
# Of failures where somebody took the request and no answer came: the network is there, so what is asked is the trouble.
_UNANSWERED = frozenset({"NetworkError", "Stalled"})


class Interrupted(Exception):
    """The user wants something else than to go on: the run unwinds to where it looks at the command."""


class ServiceRequests:
    """What one run asks of the service, for its object. Only the run's own thread uses it.

    Each request raises what the service answered last, when the table says that no other try is worth it, or
    Interrupted as soon as the user wants something else.

    version_used: of the credentials that the latest request was made with. wait: how some seconds of a wait for
    credentials go by, until it returns whether a wake-up ended them; whoever has parts on the wire takes what lands.
    """

    def __init__(self, transfer: AnyJob, events: EventQueue) -> None:
        self._transfer = transfer
        self._events = events
        self.wait: Callable[[float], bool] = events.sleep
        self._serves = Command.GO
        self._patient = True
        self.version_used = ""
        self._refused_versions: set[str] = set()
        self._confirmed_at: float | None = transfer.spec.clock.monotonic() if transfer.answered_before else None
        self._signer: Control | None = None
        self._looked_up_at = 0.0

    # The requests.

    def initiate(self, options: ObjectOptions) -> str:
        """Begin a multipart upload and return its upload id; one that comes too late is given back."""
        target = self._transfer.spec.target
        return self._ask(
            "InitiateMultipartUpload",
            lambda control: control.initiate(target, options),
            undo=lambda control, upload_id: control.abort(target, upload_id),
        )

    def list_parts(self, upload_id: str) -> Sequence[ListedPart]:
        """Return every part the service holds of an upload."""
        return self._ask("ListParts", lambda control: control.list_parts(self._transfer.spec.target, upload_id))

    def list_uploads(self, *, once: bool) -> Sequence[str]:
        """Return the ids of the unfinished uploads of the object, those that were begun last first.

        once: what another try might mend is raised at once, because the upload can do without.
        """
        target = self._transfer.spec.target
        return self._ask("ListMultipartUploads", lambda control: control.list_uploads(target), once=once)

    def head(self) -> ObjectHead | None:
        """Return the object, or None where there is none."""
        return self._ask("HeadObject", lambda control: control.head(self._transfer.spec.target))

    def abort(self, upload_id: str) -> bool:
        """Remove an upload and its parts; return whether they were there."""
        return self._ask("AbortMultipartUpload", lambda control: control.abort(self._transfer.spec.target, upload_id))

    def complete_once(
        self, upload_id: str, parts: Sequence[tuple[int, str]], options: ObjectOptions, silence_seconds: float
    ) -> Completed:
        """Join the parts (number, ETag) and return the answer to this one try, waited for so long.

        What follows an answer that is none is for `complete` in completing.py to decide.
        """
        target = self._transfer.spec.target
        return self._once(
            "CompleteMultipartUpload",
            lambda control: control.complete(target, upload_id, parts, options, silence_seconds),
        )

    def list_objects(self, target: Target, start_after: str) -> ObjectPage:
        """Return the objects below a prefix whose keys come after one, a page of them."""
        bucket, prefix = target.bucket, target.key
        return self._ask("ListObjectsV2", lambda control: control.list_objects(bucket, prefix, start_after))

    def signing_keys(self) -> SigningKeys:
        """Return credentials of this second, for whoever signs many requests by itself."""
        return self._fresh_signer().signing_keys()

    def sign_part(self, upload_id: str, part_number: int, options: ObjectOptions) -> SignedRequest:
        """Sign one UploadPart, with credentials of this second."""
        return self._fresh_signer().sign_part(self._transfer.spec.target, upload_id, part_number, options)

    def sign_put(self, options: ObjectOptions, md5: str) -> SignedRequest:
        """Sign one PutObject of a file with this MD5 (hex), with credentials of this second."""
        return self._fresh_signer().sign_put(self._transfer.spec.target, options, md5)

    def sign_file(self, target: Target, options: ObjectOptions) -> SignedRequest:
        """Sign one PutObject of a file that somebody else reads, likewise."""
        return self._fresh_signer().sign_put(target, options, "")

    # Whether to go on, and how long to wait.

    @property
    def control(self) -> Control:
        """The control plane of now: the same cell may have brought new credentials."""
        control: Control = self._transfer.spec.control
        return control

    def confirmed(self) -> None:
        """Note that the service has answered or taken something."""
        self._confirmed_at = self._transfer.spec.clock.monotonic()

    @property
    def silent_seconds(self) -> float | None:
        """For how long nothing has come back and nothing moved, or None if nothing ever came back."""
        if self._confirmed_at is None:
            return None
        last_at = max(self._confirmed_at, self._transfer.moved_at)
        silent_seconds: float = self._transfer.spec.clock.monotonic() - last_at
        return silent_seconds

    def check(self) -> None:
        """Raise Interrupted unless the user wants what the run is doing."""
        if self.stopped():
            raise Interrupted

    def stopped(self) -> bool:
        """Whether long work on this side should give way."""
        return self._transfer.command() is not self._serves

    @contextmanager
    def briefly(self, command: Command) -> Iterator[None]:
        """Ask on behalf of `command`, and give up early: nobody waits long for what is only tidied up."""
        before = self._serves, self._patient
        self._serves, self._patient = command, False
        try:
            yield
        finally:
            self._serves, self._patient = before

    def get_over(self, error: OssJupyterError, attempt: int, version: str, *, waits_for_network: bool = True) -> None:
        """Return when attempt number `attempt` (from 1) may be followed by the next one; raise `error` if by none.

        version: of the credentials that were used. waits_for_network: put up with a dead one for as long as the policy
        says.
        """
        if not self._patient:
            raise error
        silent_seconds = self.silent_seconds if waits_for_network else None
        decision = decide(error, attempt, self._transfer.spec.policy, silent_seconds)
        log_decision(self._transfer.id, f"request, attempt {attempt}", error, decision)
        if decision.action is Action.RENEW:
            self.renew_credentials(error, version)
        elif decision.action in (Action.RETRY, Action.SLOW_DOWN):
            if decision.note:
                self._transfer.note(decision.note, Lasts.THIS_RUN)
            if isinstance(error, NetworkError):
                self._transfer.note(tr("{what} It is tried again.", what=error.what), Lasts.WHILE_WAITING)
            self.sleep(decision.wait_seconds)
        else:
            raise error

    def renew_credentials(self, error: OssJupyterError, version: str) -> None:
        """Return once there are credentials of another `version`; raise `error` where none can be expected."""
        transfer = self._transfer
        self._refused_versions.add(version)
        if self._version_of_now() not in self._refused_versions:
            return
        provider_failed_midway = isinstance(error, CredentialsError) and self._confirmed_at is not None
        if not (waits_for_credentials(error) or provider_failed_midway):
            raise error
        words = tr("Waiting for new credentials: {what} Put them where the old ones are; it goes on.", what=error.what)
        transfer.note(words, Lasts.WHILE_WAITING)
        transfer.move(Event.CREDENTIALS_EXPIRED)
        while self._version_of_now() in self._refused_versions:
            if self.wait(CREDENTIALS_POLL_SECONDS):
                self.check()
                break  # somebody pressed Resume: try what is there
        self._refused_versions.clear()
        transfer.waits_no_longer()
        if transfer.state is State.WAITING_FOR_CREDENTIALS:
            transfer.move(Event.CREDENTIALS_RENEWED)

    def sleep(self, seconds: float) -> None:
        """Wait between two attempts. Raises Interrupted as soon as the user wants something else."""
        clock = self._transfer.spec.clock
        until = clock.monotonic() + seconds
        while (left := until - clock.monotonic()) > 0:
            if self._events.sleep(left):
                self.check()

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self.control.close()

    def _ask(
        self,
        name: str,
        call: Callable[[Control], T],
        undo: Callable[[Control, T], object] | None = None,
        *,
        once: bool = False,
    ) -> T:
        attempt = unanswered = 0
        while True:
            attempt += 1
            try:
                answer = self._once(name, call, undo)
            except OssJupyterError as error:
                if once and classify(error) in (Action.RETRY, Action.SLOW_DOWN):
                    raise
                unanswered += error.code in _UNANSWERED
                patient = unanswered < self._transfer.spec.policy.attempts
                self.get_over(error, attempt, self.version_used, waits_for_network=patient)
            else:
                self.confirmed()
                self._transfer.waits_no_longer()
                return answer

    def _once(self, name: str, call: Callable[[Control], T], undo: Callable[[Control, T], object] | None = None) -> T:
        """Return the answer to one request. undo: takes back one that comes when it is no longer wanted."""
        self.check()
        log.debug("%s: asks for %s", self._transfer.id, name)
        control = self.control
        request = Request(control, call, undo, self._transfer.spec.clock.monotonic)
        request.start(self._events)
        try:
            while not request.done():
                self._events.wait_until(request.done)
                self.check()
        except Interrupted:
            request.let_go()
            raise
        self.version_used = request.credentials_version
        if request.credentials_version:
            self._signer, self._looked_up_at = control, request.looked_up_at
        self._transfer.note_all(control.remarks)
        return request.answer()

    def _fresh_signer(self) -> Control:
        age_seconds = self._transfer.spec.clock.monotonic() - self._looked_up_at
        if self._signer is not None and self._signer is self.control and age_seconds <= CREDENTIALS_FRESH_SECONDS:
            return self._signer
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._look_up()
            except OssJupyterError as error:
                # All that can fail here is to get credentials, so there are none to be blamed.
                self.get_over(error, attempt, "")

    def _version_of_now(self) -> str:
        try:
            self._look_up()
        except CredentialsError:
            return ""
        return self.version_used

    def _look_up(self) -> Control:
        """Return the control plane of now, which has looked its credentials up."""
        control = self.control
        self._once("credentials", _ask_nothing)
        return control


def _ask_nothing(_control: Control) -> None:
    """Ask for nothing but credentials, which every request looks up first."""
