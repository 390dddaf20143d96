"""The one file that imports the official SDK; imported late, because that costs 0.3 s and more.

It joins our settings, credentials, transport and retry rules to the SDK's client, which signs and parses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import alibabacloud_oss_v2 as sdk
from alibabacloud_oss_v2.signer import SignerV1, SignerV4
from alibabacloud_oss_v2.types import Retryer

from oss_jupyter.model.retry import Action, RetryPolicy, asked_wait_seconds, classify, decide
from oss_jupyter.oss.clock import ServiceClock
from oss_jupyter.oss.credentials import Credentials
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.failures import from_exception
from oss_jupyter.oss.transport import Transport


def make_client(
    settings: EndpointSettings,
    credentials: Callable[[], Credentials],
    transport: Transport,
    retry: RetryPolicy,
    user_agent: str,
    clock: ServiceClock,
) -> sdk.Client:
    """Return a client that any thread may use."""
    config = sdk.config.Config(
        region=settings.region,
        endpoint=settings.url,
        credentials_provider=_Provider(credentials),
        http_client=transport,
        retryer=_Retryer(retry),
        use_cname=settings.cname,
        use_path_style=settings.path_style,
        user_agent=user_agent,
    )
    signer = _SignerV1(clock) if settings.signature_version == "v1" else _SignerV4(clock)
    return sdk.Client(config, signer=signer)


class _Provider(sdk.credentials.CredentialsProvider):  # type: ignore[misc]
    def __init__(self, credentials: Callable[[], Credentials]) -> None:
        self._credentials = credentials

    def get_credentials(self) -> Any:
        now = self._credentials()
        return sdk.credentials.Credentials(now.access_key_id, now.access_key_secret, now.security_token)


class _Retryer(Retryer):  # type: ignore[misc]
    """The project's own rules: the SDK's would repeat a failing credentials provider and not a RequestTimeout."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy

    def max_attempts(self) -> int:
        return self._policy.attempts

    def is_error_retryable(self, error: Exception) -> bool:
        ours = from_exception(error)
        # A long wait is the engine's matter: there it is shown, and ends when the user wants something else.
        short = asked_wait_seconds(ours) <= self._policy.cap_seconds
        return short and classify(ours) in (Action.RETRY, Action.SLOW_DOWN)

    def retry_delay(self, attempt: int, error: Exception) -> float:
        return decide(from_exception(error), attempt, self._policy).wait_seconds


class _InServiceTime:
    """A signer's mixin: the time that is signed is the service's."""

    def __init__(self, clock: ServiceClock) -> None:
        self._clock = clock

    def sign(self, signing_ctx: Any) -> None:
        if signing_ctx.signing_time is None:
            signing_ctx.signing_time = self._clock.now()
        super().sign(signing_ctx)  # type: ignore[misc]
        signing_ctx.expiration_time = None  # it is signed, and the SDK would compare it with this computer's clock


class _SignerV4(_InServiceTime, SignerV4):  # type: ignore[misc]
    pass


class _SignerV1(_InServiceTime, SignerV1):  # type: ignore[misc]
    """The SDK's V1 sends a session token under a name that the service does not know; this adds the right one."""

    def _auth_header(self, signing_ctx: Any) -> None:
        if signing_ctx.credentials.security_token:
            signing_ctx.request.headers["x-oss-security-token"] = signing_ctx.credentials.security_token
        super()._auth_header(signing_ctx)
