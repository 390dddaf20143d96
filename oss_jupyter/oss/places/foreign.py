"""Asking foreign code for credentials: what it returns becomes ours, and nothing of what it raises is quoted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, TypeVar

from oss_jupyter.errors import CredentialsError
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.oss.places.found import Credentials
from oss_jupyter.texts import english, tr

T = TypeVar("T")

# A provider may return a provider, which may return credentials; more is a loop.
_DEPTH_MAX = 4
HOW_TO_GIVE = english(
    'Give credentials=VARIABLE. In Python, credentials are a pair ("<id>", "<secret>"), a triple with a session token, '
    "or a provider of the SDK."
)

_NO_ID = english("The credentials given have no access key id.")
_NO_SECRET = english("The credentials given have no access key secret.")


def guarded(call: Callable[[], T], tell: Callable[[BaseException], str], advice: str) -> T:
    """Return what foreign code returns. Whatever it raises becomes a CredentialsError, sys.exit() too.

    Where the system had no descriptor, memory or thread left for it, that is a Shortage. Only an interrupt of the main
    thread is the user's, and passes. tell: says in a sentence what it raised, without quoting it.
    """
    try:
        return call()
    except CredentialsError:
        raise
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
            raise
        known = shortage_of(error)
        failure = tell(error)
    # Raised outside the except block: the original's text and arguments may hold a secret.
    if known is not None:
        raise known
    raise CredentialsError(failure, advice, code="CredentialsProviderFailed")


def convert(value: Any, depth: int = _DEPTH_MAX) -> Credentials:
    """Return what `value` means as credentials: it may be them, hold them, or know how to get them.

    Raises CredentialsError, and whatever the code in it raises.
    """
    if isinstance(value, (tuple, list)):
        return checked(*value) if len(value) in (2, 3) else _refuse(value)
    if isinstance(value, Mapping):
        plain = {str(name).lower().replace("_", "").replace("-", ""): entry for name, entry in value.items()}
        token = plain.get("securitytoken") or plain.get("ststoken") or plain.get("sessiontoken")
        return checked(plain.get("accesskeyid"), plain.get("accesskeysecret"), token, plain.get("expiration"))
    # In this order: the client of alibabacloud-credentials has both, and means something else by the second.
    for method in ("get_credential", "get_credentials"):
        if callable(getattr(value, method, None)) and not isinstance(value, type):
            return convert(getattr(value, method)(), depth - 1) if depth else _refuse(value)
    if hasattr(value, "access_key_id"):
        token, ends_at = (getattr(value, name, None) for name in ("security_token", "expiration"))
        return checked(value.access_key_id, getattr(value, "access_key_secret", None), token, ends_at)
    if callable(value) and depth:
        return convert(value(), depth - 1)
    return _refuse(value)


def checked(key_id: Any, secret: Any, token: Any = None, ends_at: Any = None) -> Credentials:
    """Return credentials that can be used. Raises CredentialsError.

    ends_at: when a token ends, as a provider tells it: a datetime, ISO 8601 or seconds since the epoch.
    """
    for lacking, entry in ((_NO_ID, key_id), (_NO_SECRET, secret)):
        if not isinstance(entry, str) or not entry.strip():
            raise CredentialsError(tr(lacking), tr(HOW_TO_GIVE), code="HalfCredentials")
    token = (token or "").strip(" ")
    return Credentials(key_id.strip(" "), secret.strip(" "), token or None, _moment(ends_at) if token else None)


def _moment(told: Any) -> datetime | None:
    with suppress(ValueError, OverflowError, OSError):
        if isinstance(told, str):
            told = datetime.fromisoformat(told.strip().replace("Z", "+00:00"))
        if isinstance(told, (int, float)) and not isinstance(told, bool):
            return datetime.fromtimestamp(told, timezone.utc)
        if isinstance(told, datetime):
            return told.replace(tzinfo=timezone.utc) if told.tzinfo is None else told.astimezone(timezone.utc)
    return None


def _refuse(value: Any) -> Credentials:
    raise CredentialsError(
        tr("Credentials of type {kind} are not understood.", kind=type(value).__name__), tr(HOW_TO_GIVE)
    )
