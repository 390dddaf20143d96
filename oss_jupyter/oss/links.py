"""Until when a link may be good: as long as was asked for, or as the session token that signs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from oss_jupyter.errors import CredentialsError
from oss_jupyter.model.signed_url import LONGEST_SECONDS
from oss_jupyter.oss.credentials import Credentials
from oss_jupyter.texts import tr

_INTERNAL = "-internal.aliyuncs.com"


@dataclass(frozen=True)
class Validity:
    """seconds: from now on. note: what it has to do with a session token."""

    seconds: int
    note: str = ""


def validity(used: Credentials, now: datetime, wanted_seconds: int | None) -> Validity:
    """Return how long a link is good. now: by the service's clock. Raises CredentialsError where a token has ended."""
    wanted = LONGEST_SECONDS if wanted_seconds is None else wanted_seconds
    if not used.security_token:
        return Validity(wanted)
    if used.ends_at is None:
        return Validity(
            wanted, tr("It may end earlier: with the session token that signed it, whose end is not known.")
        )
    left = int((used.ends_at - now) / timedelta(seconds=1))
    if left < 1:
        raise CredentialsError(
            tr("The session token ended at {time} UTC.", time=f"{used.ends_at:%Y-%m-%d %H:%M:%S}"),
            tr("Renew the credentials where they come from, then ask for the link again."),
            code="SecurityTokenExpired",
        )
    if left >= wanted:
        return Validity(wanted)
    return Validity(left, tr("It ends with the session token that signed it."))


def within(host: str) -> str:
    """Return where alone a link of this host opens, in a sentence; nothing where it does so everywhere."""
    if not host.endswith(_INTERNAL):
        return ""
    return tr("It opens only inside the region's own network: the endpoint is internal.")
