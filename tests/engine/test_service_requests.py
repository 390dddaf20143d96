"""What a run asks of the service: each request is retried by the one table, on a clock that only waiting moves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from oss_jupyter.engine.service_requests import CREDENTIALS_FRESH_SECONDS, CREDENTIALS_POLL_SECONDS
from oss_jupyter.errors import CredentialsError, NetworkError, ServiceError, ServiceReply
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.states import State

from .by_hand import Hand, Interrupted
from .fakes import Service, refusal
from .kit import LONG_SECONDS, Kernel, until

PLAIN = ObjectOptions()
DEAD = NetworkError("The line is dead.", "Wait.", code="Unreachable")
BROKEN = NetworkError("The connection broke.", "Wait.")
NewHand = Callable[..., Hand]


class CountingService(Service):
    """It counts how often the credentials are looked up, and has something to say."""

    def __init__(self) -> None:
        super().__init__()
        self.looked_up = 0
        self.provider_fails = False
        self.said: tuple[str, ...] = ()

    @property
    def remarks(self) -> Sequence[str]:
        """What it has found out about the way to the service."""
        return self.said

    def credentials_version(self) -> str:
        """Return the word of the credentials."""
        self.looked_up += 1
        if self.provider_fails:
            raise CredentialsError("The vault is closed.", "Open it.")
        return super().credentials_version()


@pytest.fixture
def service() -> CountingService:
    """A service in memory."""
    return CountingService()


@pytest.fixture
def new_hand(kernel: Kernel, service: CountingService, source: Path) -> NewHand:
    """Makes a run by hand, with another policy where one is given."""
    return lambda **policy: Hand(kernel, source, service, **policy)


@pytest.fixture
def hand(new_hand: NewHand) -> Hand:
    """A run by hand that tries four times, after 1, 2 and 4 seconds."""
    return new_hand()


def named(hand: Hand) -> dict[str, Callable[[], object]]:
    """Every request by the name of its operation."""
    upload_id = hand.requests.initiate(PLAIN)
    return {
        "initiate": lambda: hand.requests.initiate(PLAIN),
        "list_parts": lambda: hand.requests.list_parts(upload_id),
        "head": hand.requests.head,
        "abort": lambda: hand.requests.abort(upload_id),
    }


OPERATIONS = ["initiate", "list_parts", "head", "abort"]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_trouble_that_passes_is_got_over(hand: Hand, service: Service, operation: str) -> None:
    """No request of a run fails for a hiccup, and the waits between the tries grow."""
    ask = named(hand)[operation]
    before, begun_at = service.calls_of(operation), hand.seconds
    service.script[operation].extend([refusal("InternalError", 500)] * 3)
    ask()
    assert service.calls_of(operation) - before == 4
    assert hand.seconds - begun_at == 1 + 2 + 4


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_trouble_that_stays_is_told_as_it_is(hand: Hand, service: Service, operation: str) -> None:
    """After as many tries as the user allows the service's own answer is raised, and no other try is made."""
    ask = named(hand)[operation]
    before = service.calls_of(operation)
    service.script[operation].extend([refusal("InternalError", 500)] * 5)
    with pytest.raises(ServiceError) as caught:
        ask()
    assert caught.value.code == "InternalError"
    assert service.calls_of(operation) - before == 4


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket", "NoSuchUpload", "InvalidAccessKeyId"])
def test_what_no_other_try_would_change_is_told_at_once(hand: Hand, service: Service, code: str) -> None:
    """A missing permission is there in the first second, and not after a minute of waiting."""
    service.script["head"].append(refusal(code, 403))
    with pytest.raises(ServiceError) as caught:
        hand.requests.head()
    assert (caught.value.code, hand.seconds, service.calls_of("head")) == (code, 0, 1)


def test_complete_is_tried_once(hand: Hand, service: Service) -> None:
    """An unclear answer may mean that the object is there, so whoever asked has to look before another try."""
    upload_id = hand.requests.initiate(PLAIN)
    service.script["complete"].append(refusal("InternalError", 500))
    with pytest.raises(ServiceError):
        hand.requests.complete_once(upload_id, [(1, "E")], PLAIN, 10.0)
    assert (service.calls_of("complete"), hand.seconds) == (1, 0)


def test_a_wait_that_the_service_asks_for(hand: Hand, service: Service) -> None:
    """A throttled request comes back when it is welcome, and a card that stands still says why."""
    reply = ServiceReply(503, "QpsLimitExceeded", retry_after_seconds=30.0)
    service.script["head"].append(ServiceError(reply, "Too many requests.", "Wait."))
    hand.requests.head()
    assert hand.seconds == 30
    assert "asks to wait 30 s" in hand.notes


def test_a_dead_network_is_put_up_with_where_it_once_worked(new_hand: NewHand, service: Service) -> None:
    """Closing the lid for ten minutes fails no upload; an address that never answered is given up soon."""
    hand = new_hand(patience_seconds=600.0, cap_seconds=20.0)
    service.script["head"].extend([DEAD] * 10)
    with pytest.raises(NetworkError):
        hand.requests.head()
    assert hand.seconds < 60
    service.script["head"].clear()
    hand.requests.head()
    service.script["head"].extend([DEAD] * 20)
    hand.requests.head()
    assert hand.seconds > 300
    service.script["head"].extend([DEAD] * 60)
    with pytest.raises(NetworkError):
        hand.requests.head()
    assert hand.requests.silent_seconds == pytest.approx(600, abs=20)


def test_every_try_without_an_answer_counts(new_hand: NewHand, service: Service) -> None:
    """A service that takes a request and never answers it is asked as often as `retries` says, and that is told."""
    hand = new_hand(attempts=2)
    hand.requests.head()
    told: list[str] = []
    service.script["initiate"].extend([BROKEN, lambda: told.append(hand.notes), BROKEN, BROKEN])
    hand.requests.initiate(PLAIN)
    assert (told, hand.notes) == (["The connection broke. It is tried again."], "")
    with pytest.raises(NetworkError):
        hand.requests.initiate(PLAIN)
    assert service.calls_of("initiate") == 4


@pytest.mark.parametrize("verb", ["pause", "abort"])
def test_a_command_ends_the_wait_between_two_tries(hand: Hand, service: Service, verb: str) -> None:
    """Who presses Pause while the network is dead does not wait for the next try."""
    service.script["head"].extend([refusal("InternalError", 500)] * 3)
    act = hand.transfer.pause if verb == "pause" else lambda: hand.transfer.abort(keep_parts=False)
    hand.queue.after(1.5, hand.command(act))
    with pytest.raises(Interrupted):
        hand.requests.head()
    assert (hand.seconds, service.calls_of("head")) == (1.5, 2)


def test_an_answer_that_comes_too_late_is_taken_back(hand: Hand, service: Service) -> None:
    """An upload id that nobody waits for any longer would be an upload that nobody knows and somebody pays."""
    let_go, pause = threading.Event(), hand.command(hand.transfer.pause)
    service.script["initiate"].append(lambda: (pause(), let_go.wait(LONG_SECONDS)))
    with pytest.raises(Interrupted):
        hand.requests.initiate(PLAIN)
    let_go.set()
    until(lambda: service.calls_of("abort") == 1, "it is given back")
    until(lambda: not service.uploads, "nothing is left")


def test_nothing_is_asked_once_the_user_wants_something_else(hand: Hand, service: Service) -> None:
    """The run looks at the command before each request, and asks on behalf of another command only where it says so."""
    hand.transfer.abort(keep_parts=False)
    with pytest.raises(Interrupted):
        hand.requests.head()
    assert hand.requests.stopped()
    with hand.requests.briefly(Command.ABORT):
        assert hand.requests.head() is None
        service.script["head"].append(refusal("InternalError", 500))
        with pytest.raises(ServiceError):  # nobody waits long for what is only tidied up
            hand.requests.head()
    assert hand.seconds == 0
    with pytest.raises(Interrupted):
        hand.requests.head()


def test_expired_credentials_are_waited_for(hand: Hand, service: CountingService) -> None:
    """An upload of a day outlives its token: it says what it waits for, looks now and then, and goes on."""
    service.script["head"].append(refusal("SecurityTokenExpired", 403))
    states: list[State] = []
    told: list[str] = []
    hand.queue.after(12.0, lambda: states.append(hand.transfer.state))
    hand.queue.after(12.0, lambda: told.append(hand.notes))
    hand.queue.after(12.5, lambda: setattr(service, "version", "second"))
    hand.requests.head()
    assert states == [State.WAITING_FOR_CREDENTIALS]
    assert hand.transfer.state is State.RUNNING
    assert 12.5 <= hand.seconds <= 12.5 + CREDENTIALS_POLL_SECONDS
    assert told[0].startswith("Waiting for new credentials")
    assert hand.notes == "", "what is over is not told beside what goes on"


@pytest.mark.parametrize("verb", ["resume", "pause"])
def test_the_wait_for_credentials_hears_the_user(hand: Hand, service: Service, verb: str) -> None:
    """Resume tries what is there at once, as often as it is pressed; Pause ends the wait."""
    service.script["head"].extend([refusal("SecurityTokenExpired", 403)] * 2)
    act = hand.transfer.resume if verb == "resume" else hand.transfer.pause
    hand.queue.after(6.0, hand.command(act))
    hand.queue.after(13.0, hand.command(act if verb == "resume" else lambda: None))
    if verb == "resume":
        hand.requests.head()
        assert (hand.seconds, service.calls_of("head")) == (13, 3)
    else:
        with pytest.raises(Interrupted):
            hand.requests.head()
        assert hand.seconds == 6


def test_what_is_found_out_about_the_way_is_told_once(hand: Hand, service: CountingService) -> None:
    """A clock that is wrong is worth one note, and not one for each request."""
    service.said = ("This computer's clock is 60 minutes behind.",)
    for _ in range(3):
        hand.requests.head()
    assert hand.notes == "This computer's clock is 60 minutes behind."


def test_credentials_that_are_new_already_are_used_at_once(hand: Hand, service: Service) -> None:
    """Where the provider has another token by then, nobody waits and nothing is said."""

    def expire() -> None:
        service.version = "second"
        raise refusal("SecurityTokenExpired", 403)

    service.script["head"].append(expire)
    hand.requests.head()
    assert (hand.seconds, hand.notes, service.calls_of("head")) == (0, "", 2)


def test_a_provider_that_fails_midway_is_waited_for(hand: Hand, service: CountingService) -> None:
    """A vault that is closed for a minute stops an upload that had begun, and does not end it; one never open does."""
    service.provider_fails = True
    with pytest.raises(CredentialsError):
        hand.requests.head()
    service.provider_fails = False
    hand.requests.head()
    service.provider_fails = True
    hand.queue.after(61.0, lambda: setattr(service, "provider_fails", False))
    hand.requests.head()
    assert 61 <= hand.seconds <= 61 + CREDENTIALS_POLL_SECONDS


def test_signing_without_credentials_is_told(hand: Hand, service: CountingService) -> None:
    """Where none were ever found there is nothing to wait for, and the provider's own words reach the user."""
    service.provider_fails = True
    with pytest.raises(CredentialsError, match="The vault is closed"):
        hand.requests.sign_part("ID", 1, PLAIN)
    assert hand.seconds == 0


def test_signing_asks_the_provider_once_a_second(hand: Hand, service: CountingService) -> None:
    """Ten thousand parts are no ten thousand questions to a vault, and a new token is used within a second."""
    for number in range(1, 101):
        hand.requests.sign_part("ID", number, PLAIN)
    assert service.looked_up == 1
    service.version = "second"
    hand.queue.now += CREDENTIALS_FRESH_SECONDS + 0.1
    assert hand.requests.sign_part("ID", 101, PLAIN).credentials_version == "second"
    assert hand.requests.sign_put(PLAIN, "0" * 32).credentials_version == "second"
    assert service.looked_up == 2
