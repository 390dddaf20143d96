"""Which failures are retried, and how long to wait. One table; the rest of the project asks `decide`.

The codes and their meaning: OSS documentation, "HTTP status codes" and the pages of the EC numbers. Branch on status
and code only; EC is for people.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from oss_jupyter.errors import (
    CertificateRefused,
    CredentialsError,
    IntegrityError,
    NetworkError,
    NotOss,
    PartStopped,
    ServiceError,
    Shortage,
)
from oss_jupyter.texts import tr


class Action(Enum):
    """What to do about a failure."""

    RETRY = "retry"  # the same request again, after a wait
    SLOW_DOWN = "slow down"  # the same, and send less at once
    RENEW = "renew credentials"  # sign again with fresh credentials; without any, wait for them
    RESTART = "restart"  # a new upload id
    FAIL = "fail"


# The same answer will not change by asking often: these are retried less than the rest.
_FEW_RETRIES = 2

_BY_CODE: dict[str, Action] = {
    "InternalError": Action.RETRY,
    "ServiceUnavailable": Action.RETRY,
    # The service saw the body arrive too slowly, or cut short. No SDK retries it; a flaky line needs it.
    "RequestTimeout": Action.RETRY,
    "BadRequest": Action.RETRY,
    "IncompleteBody": Action.RETRY,
    "InvalidDigest": Action.RETRY,
    "InvalidCRC64": Action.RETRY,
    "UploadTrafficRateLimitExceeded": Action.SLOW_DOWN,
    "DownloadTrafficRateLimitExceeded": Action.SLOW_DOWN,
    "MetaOperationQpsLimitExceeded": Action.SLOW_DOWN,
    "TotalQpsLimitExceeded": Action.SLOW_DOWN,
    "ActiveRequestLimitExceeded": Action.SLOW_DOWN,
    "CpuLimitExceeded": Action.SLOW_DOWN,
    "QpsLimitExceeded": Action.SLOW_DOWN,
    "SecurityTokenExpired": Action.RENEW,
    "InvalidSecurityToken": Action.RENEW,
    "AccessKeyIdAndSecurityTokenNotMatch": Action.RENEW,
    "InvalidAccessKeyId": Action.RENEW,
    "NoSuchUpload": Action.RESTART,
    "EntityTooSmall": Action.RESTART,
}
# 507: no room there, which somebody has to make.
_BY_STATUS: dict[int, Action] = {401: Action.RENEW, 408: Action.RETRY, 429: Action.SLOW_DOWN, 507: Action.FAIL}
_FEW = frozenset({"InvalidDigest", "InvalidCRC64", "BadRequest"})

# What the request carries is refused, and the same upload carries the same again.
_NEVER_WORK = frozenset(
    {
        "InvalidArgument", "InvalidTag", "InvalidEncryptionAlgorithmError", "InvalidObjectName", "InvalidBucketName",
        "MissingArgument", "NotImplemented", "EntityTooLarge", "FileAlreadyExists",
    }
)  # fmt: skip

# Renewing helps once: a key that is unknown stays unknown, while an expired token is replaced in time.
_WAIT_FOR_NEW_CREDENTIALS = frozenset({"SecurityTokenExpired"})


# A wait that is asked for and is shorter than this needs no words.
_SAY_FROM_SECONDS = 5.0


@dataclass(frozen=True)
class Decision:
    """The action, and for a retry how many seconds to wait before it.

    note: what the user should know of a long wait that was asked for, or "".
    """

    action: Action
    wait_seconds: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with full jitter: a random share of ``base * 2**n`` seconds, at most ``cap`` seconds.

    attempts: how often one request is tried in all. patience_seconds: how long a dead network is put up with once
    something has been sent; before that, an address that never answered is given up after `attempts`.
    retry_after_most_seconds: the longest wait that an answer can ask for. The service's own are below a second; hours
    come from gateways under maintenance, and who asks once a minute burdens nobody and sees the end of it.
    Tests take waiting away with ``base_seconds=0``.
    Full jitter: "Exponential Backoff And Jitter", AWS Architecture Blog, 2015; the official SDK does the same.
    """

    attempts: int = 6
    base_seconds: float = 0.5
    cap_seconds: float = 20.0
    patience_seconds: float = 900.0
    retry_after_most_seconds: float = 60.0
    random: Callable[[], float] = random.random

    def wait_seconds(self, attempt: int) -> float:
        """Return the wait after failed attempt number `attempt` (from 1)."""
        return self.random() * min(self.base_seconds * 2.0 ** min(attempt - 1, 30), self.cap_seconds)


def classify(error: Exception) -> Action:
    """Return the action for a failure, whatever the number of attempts so far."""
    if isinstance(error, ServiceError):
        if error.reply.code == "AccessDenied" and "Expires" in error.reply.extras:
            # The URL was too old: the lid was closed, or the line is slow. Each attempt is signed anew.
            return Action.RETRY
        by_code = _BY_CODE.get(error.reply.code)
        by_status = _BY_STATUS.get(error.reply.status)
        return by_code or by_status or (Action.RETRY if error.reply.status >= 500 else Action.FAIL)
    if isinstance(error, CredentialsError):
        return Action.RENEW
    if isinstance(error, Shortage):
        return Action.SLOW_DOWN
    if isinstance(error, CertificateRefused):
        return Action.FAIL
    if isinstance(error, (NetworkError, IntegrityError, PartStopped)):
        return Action.RETRY
    return Action.FAIL


def decide(error: Exception, attempt: int, policy: RetryPolicy, silent_seconds: float | None = None) -> Decision:
    """Return what to do after attempt number `attempt` (from 1) of a request failed with `error`.

    silent_seconds: for how long the service has confirmed nothing, or None if it never did.
    """
    action = classify(error)
    # Patience is for a network that is silent. Where something answers, waiting does not make it the service.
    silent = isinstance(error, NetworkError) and not isinstance(error, NotOss)
    if silent and action is Action.RETRY and silent_seconds is not None:
        patient = silent_seconds < policy.patience_seconds and policy.attempts > 1
        return Decision(action, policy.wait_seconds(attempt)) if patient else Decision(Action.FAIL)
    reply = error.reply if isinstance(error, ServiceError) else None
    few = isinstance(error, IntegrityError) or (reply is not None and reply.code in _FEW)
    if action in (Action.RETRY, Action.SLOW_DOWN):
        if attempt >= (min(policy.attempts, 1 + _FEW_RETRIES) if few else policy.attempts):
            return Decision(Action.FAIL)
        asked_seconds = asked_wait_seconds(error)
        granted_seconds = min(asked_seconds, policy.retry_after_most_seconds)
        wait_seconds = max(policy.wait_seconds(attempt), granted_seconds)
        return Decision(action, wait_seconds, _describe(asked_seconds, granted_seconds))
    return Decision(action)


def asked_wait_seconds(error: Exception) -> float:
    """Return how long a wait the answer asks for; 0.0 where it asks for none."""
    return (error.reply.retry_after_seconds or 0.0) if isinstance(error, ServiceError) else 0.0


def _describe(asked_seconds: float, granted_seconds: float) -> str:
    if asked_seconds < _SAY_FROM_SECONDS:
        return ""
    asked, granted = f"{asked_seconds:,.0f}", f"{granted_seconds:,.0f}"
    if asked_seconds == granted_seconds:
        return tr("The answer asks to wait {asked} s before the next try.", asked=asked)
    return tr(
        "The answer asks to wait {asked} s before the next try; it is tried after {granted} s.",
        asked=asked,
        granted=granted,
    )


def never_works(error: Exception) -> bool:
    """Whether the service refused what the upload carries, so that it can only be asked for otherwise."""
    return isinstance(error, ServiceError) and error.reply.code in _NEVER_WORK


def waits_for_credentials(error: Exception) -> bool:
    """Whether new credentials can be expected: a token that expired will be replaced, a wrong key will not."""
    return isinstance(error, ServiceError) and error.reply.code in _WAIT_FOR_NEW_CREDENTIALS
