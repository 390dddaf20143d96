"""Which failures are tried again, how often, and after how long."""

from __future__ import annotations

import pytest

from oss_jupyter.errors import (
    CertificateRefused,
    CheckpointNotWritable,
    CredentialsError,
    InputError,
    IntegrityError,
    NetworkError,
    NotOss,
    PartStopped,
    ServiceError,
    ServiceReply,
    SourceChanged,
    Stalled,
)
from oss_jupyter.model.retry import Action, Decision, RetryPolicy, classify, decide, waits_for_credentials

POLICY = RetryPolicy(attempts=6, base_seconds=0.5, cap_seconds=20.0, random=lambda: 1.0)


def answer(code: str, status: int, retry_after: float | None = None) -> ServiceError:
    return ServiceError(ServiceReply(status, code, retry_after_seconds=retry_after), "It failed.", "Do something.")


# Section by section as the service documents its codes: what helps, helps.
TABLE = {
    Action.RETRY: [
        ("InternalError", 500),
        ("ServiceUnavailable", 503),
        ("RequestTimeout", 400),
        ("BadRequest", 400),
        ("IncompleteBody", 400),
        ("InvalidDigest", 400),
        ("InvalidCRC64", 400),
        ("SomethingNew", 500),
        ("SomethingNew", 599),
        ("", 408),
        ("", 502),
    ],
    Action.SLOW_DOWN: [
        ("UploadTrafficRateLimitExceeded", 503),
        ("DownloadTrafficRateLimitExceeded", 503),
        ("MetaOperationQpsLimitExceeded", 503),
        ("TotalQpsLimitExceeded", 503),
        ("ActiveRequestLimitExceeded", 503),
        ("CpuLimitExceeded", 503),
        ("QpsLimitExceeded", 429),
        ("", 429),
    ],
    Action.RENEW: [
        ("SecurityTokenExpired", 403),
        ("InvalidSecurityToken", 403),
        ("AccessKeyIdAndSecurityTokenNotMatch", 403),
        ("InvalidAccessKeyId", 403),
        ("", 401),
    ],
    Action.RESTART: [("NoSuchUpload", 404), ("EntityTooSmall", 400)],
    Action.FAIL: [
        ("SignatureDoesNotMatch", 403),
        ("AccessDenied", 403),
        ("UserDisable", 403),
        ("SecondLevelDomainForbidden", 403),
        ("PublicEndpointForbidden", 400),
        ("KmsServiceNotEnabled", 403),
        ("NoSuchBucket", 404),
        ("InvalidArgument", 400),
        ("EntityTooLarge", 400),
        ("InvalidPartOrder", 400),
        ("MalformedXML", 400),
        ("InvalidObjectName", 400),
        ("MissingContentLength", 411),
        ("FileAlreadyExists", 409),
        ("FileImmutable", 409),
        ("PreconditionFailed", 412),
        ("", 400),
        ("", 404),
    ],
}


@pytest.mark.parametrize(
    ("action", "code", "status"),
    [(action, *answered) for action, answers in TABLE.items() for answered in answers],
)
def test_every_code(action: Action, code: str, status: int) -> None:
    """Each code of the service's table leads to the action that helps."""
    assert classify(answer(code, status)) is action


def test_an_expired_url() -> None:
    """A refusal that names when the URL expired is no lack of permission: the next attempt has a new URL."""
    reply = ServiceReply(403, "AccessDenied", extras={"Expires": "2026-01-01T00:00:00.000Z"})
    assert classify(ServiceError(reply, "x")) is Action.RETRY


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (NetworkError("x"), Action.RETRY),
        (Stalled("x"), Action.RETRY),
        (IntegrityError("x"), Action.RETRY),
        (PartStopped("x"), Action.RETRY),
        (CredentialsError("x"), Action.RENEW),
        (CertificateRefused("x"), Action.FAIL),
        (SourceChanged("x"), Action.FAIL),
        (CheckpointNotWritable("x"), Action.FAIL),
        (InputError("x"), Action.FAIL),
        (ValueError("x"), Action.FAIL),
    ],
)
def test_other_failures(error: Exception, action: Action) -> None:
    """What is not the service's answer is classified as well."""
    assert classify(error) is action


def test_waits_double_up_to_the_cap() -> None:
    """With the largest random share the waits are 0.5, 1, 2, 4 seconds and so on, never above 20."""
    assert [POLICY.wait_seconds(n) for n in (1, 2, 3, 4, 5, 6, 7, 5000)] == [0.5, 1, 2, 4, 8, 16, 20, 20]


def test_full_jitter() -> None:
    """The wait is a random share of that, from nothing up."""
    shares = iter([0.0, 0.25, 0.999])
    policy = RetryPolicy(base_seconds=0.5, random=lambda: next(shares))
    assert [policy.wait_seconds(3) for _ in range(3)] == [0.0, 0.5, 2 * 0.999]


def test_base_zero_takes_the_waiting_away() -> None:
    """For tests."""
    assert {RetryPolicy(base_seconds=0.0).wait_seconds(n) for n in range(1, 50)} == {0.0}


def test_attempts_have_an_end() -> None:
    """Six attempts in all: after the sixth it is over."""
    error = answer("InternalError", 500)
    assert [decide(error, n, POLICY).action for n in (1, 5, 6, 7)] == [
        Action.RETRY, Action.RETRY, Action.FAIL, Action.FAIL,
    ]  # fmt: skip


@pytest.mark.parametrize("error", [answer("InvalidDigest", 400), answer("BadRequest", 400), IntegrityError("x")])
def test_what_will_hardly_change_is_tried_less(error: Exception) -> None:
    """Two retries, and no more than the user allows."""
    assert [decide(error, n, POLICY).action for n in (1, 2, 3)] == [Action.RETRY, Action.RETRY, Action.FAIL]
    assert decide(error, 1, RetryPolicy(attempts=1)).action is Action.FAIL


def test_the_service_may_ask_for_a_longer_wait() -> None:
    """What the reply asks for is waited at least."""
    assert decide(answer("QpsLimitExceeded", 429, 4.5), 1, POLICY) == Decision(Action.SLOW_DOWN, 4.5)
    assert decide(answer("QpsLimitExceeded", 429, 0.1), 3, POLICY) == Decision(Action.SLOW_DOWN, 2.0)


@pytest.mark.parametrize("hours", [0.1, 1.0, 1e5])
def test_what_is_asked_for_has_a_bound(hours: float) -> None:
    """A wait of hours becomes a minute, and is told together with what was asked for."""
    decision = decide(answer("ServiceUnavailable", 503, hours * 3600), 1, POLICY)
    assert decision.wait_seconds == POLICY.retry_after_most_seconds == 60.0
    assert f"{hours * 3600:,.0f} s" in decision.note
    assert "60 s" in decision.note


def test_a_short_wait_needs_no_words() -> None:
    """The service's own waits are not news; one that is bearable and long is told as it is."""
    assert decide(answer("QpsLimitExceeded", 429, 4.0), 1, POLICY).note == ""
    assert decide(answer("QpsLimitExceeded", 429, 30.0), 1, POLICY).note.endswith("wait 30 s before the next try.")


def test_no_patience_with_somebody_else() -> None:
    """A network that is silent is waited for; where something else answers, six attempts have to do."""
    assert decide(NotOss("x"), 5, POLICY, silent_seconds=0.0).action is Action.RETRY
    assert decide(NotOss("x"), 6, POLICY, silent_seconds=0.0).action is Action.FAIL


def test_patience_with_a_dead_network() -> None:
    """Once something came back, a network is given up after 15 minutes of silence and not after six attempts."""
    down = NetworkError("x")
    assert decide(down, 6, POLICY).action is Action.FAIL
    assert decide(down, 60, POLICY, silent_seconds=899.0) == Decision(Action.RETRY, 20.0)
    assert decide(down, 2, POLICY, silent_seconds=900.0).action is Action.FAIL
    assert decide(down, 1, RetryPolicy(attempts=1), silent_seconds=0.0).action is Action.FAIL
    assert decide(answer("InternalError", 500), 6, POLICY, silent_seconds=0.0).action is Action.FAIL
    assert decide(CertificateRefused("x"), 1, POLICY, silent_seconds=0.0).action is Action.FAIL


def test_which_credentials_are_waited_for() -> None:
    """Only an expired token is replaced in time; a wrong key stays wrong."""
    assert waits_for_credentials(answer("SecurityTokenExpired", 403))
    assert not waits_for_credentials(answer("InvalidAccessKeyId", 403))
    assert not waits_for_credentials(NetworkError("x"))
