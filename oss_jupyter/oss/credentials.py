"""Who signs: the credentials, and where they come from.

They are looked up each time something is signed, so rotating ones work, and nothing here is ever saved or shown. The
first place that has them wins: given in Python, the environment, the file of ossutil, then the default chain of the
package alibabacloud-credentials where it is installed.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.util import find_spec
from typing import Any, Protocol, TypeVar

from oss_jupyter import forks
from oss_jupyter.errors import CredentialsError
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.oss.default_chain import why_none
from oss_jupyter.oss.ossutil_config import OssutilConfig

_ID, _SECRET, _TOKEN = "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"
T = TypeVar("T")

# A provider may return a provider, which may return credentials; more is a loop.
_DEPTH_MAX = 4
_MAKING_SECONDS = 2.0
_HOW_TO_GIVE = 'Give credentials=("<id>", "<secret>"), a triple with a session token, or a provider of the SDK.'
_PACKAGE = "the package alibabacloud-credentials"
_NOT_INSTALLED = "not installed; it knows RAM roles and the profiles of other tools"


@dataclass(frozen=True)
class Credentials:
    """An access key, with a session token if it is temporary, and that one's end where it is known (UTC).

    The repr shows nothing.
    """

    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    ends_at: datetime | None = field(default=None, repr=False)


class Place(Protocol):
    """Somewhere credentials can be."""

    @property
    def name(self) -> str:
        """The place, as people write it."""

    def find(self) -> Credentials | str:
        """Return the credentials, or in a few words why there are none here."""


class CredentialsChain:
    """Asks one place after another at each call. Any thread may call it."""

    def __init__(self, places: tuple[Place, ...], needed: str = "") -> None:
        self._places = places
        self._needed = needed

    def __repr__(self) -> str:
        return f"CredentialsChain({', '.join(place.name for place in self._places)})"

    def __call__(self) -> Credentials:
        """Return the credentials of now. Raises CredentialsError."""
        return self._look()[1]

    def describe(self) -> str:
        """Return where the credentials come from, like ``~/.ossutilconfig [default]``. Raises CredentialsError."""
        return self._look()[0]

    def _look(self) -> tuple[str, Credentials]:
        looked = ["the arguments (neither credentials nor a profile)"] if len(self._places) > 1 else []
        for place in self._places:
            found = place.find()
            if isinstance(found, Credentials):
                return place.name, found
            looked.append(f"{place.name} ({found})")
        raise CredentialsError(
            f"No credentials were found. Looked at: {'; '.join(looked)}.",
            self._needed
            or f"Set {_ID} and {_SECRET} in the environment (in a notebook: %env {_ID}=<id>), "
            "or, so that no notebook keeps them, run  ossutil config  in a terminal.",
            code="NoCredentials",
        )


def credentials_chain(
    given: Any = None,
    profile: str | None = None,
    config_file: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] = os.environ,
    default_chain: Callable[[], Any] | None = None,
    needed: str = "",
) -> CredentialsChain:
    """Return the places to look at, in order; what is named by an argument is the only one.

    given: a pair, a triple, a mapping, a provider (``get_credentials``), or a callable that returns any of them.
    profile, config_file: of ossutil. default_chain: what returns the client of alibabacloud-credentials. needed: what
    to do where none are found, if more is known than where to put them.
    """
    if given is not None:
        return CredentialsChain((_Given(given),))
    config = OssutilConfig(profile, config_file, environ)
    if config.chosen:
        return CredentialsChain((_Ossutil(config),))
    last = _DefaultChain(default_chain) if default_chain else _default_chain
    return CredentialsChain((_Environment(environ), _Ossutil(config), last), needed)


class _Given:
    name = "given in Python"

    def __init__(self, given: Any) -> None:
        self._given = given

    def find(self) -> Credentials:
        return _ask(lambda: self._given, _raised, f"{_HOW_TO_GIVE} Call yours in a cell to see what it says.")


class _Environment:
    name = f"the environment variables {_ID} and {_SECRET}"

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def find(self) -> Credentials | str:
        key_id, secret = (self._environ.get(name, "").strip() for name in (_ID, _SECRET))
        if bool(key_id) != bool(secret):
            there, missing = (_ID, _SECRET) if key_id else (_SECRET, _ID)
            raise CredentialsError(
                f"The environment has {there} but not {missing}.",
                f"Set both (in a notebook: %env {missing}=<value>).",
                code="HalfCredentials",
            )
        if not key_id:
            return "not set"
        return Credentials(key_id, secret, self._environ.get(_TOKEN, "").strip() or None)


class _Ossutil:
    def __init__(self, config: OssutilConfig) -> None:
        self._config = config
        self.name = config.name

    def find(self) -> Credentials | str:
        profile = self._config.profile()
        if isinstance(profile, str):
            return profile
        if profile.mode.lower() not in ("ak", "ststoken"):
            return (
                f"its mode {profile.mode} is ossutil's own: pip install alibabacloud-credentials, "
                "and give its Client with credentials="
            )
        values = profile.values
        key_id, secret = values.get("accesskeyid", ""), values.get("accesskeysecret", "")
        if not key_id or not secret:
            return "has no " + ("access key id" if not key_id else "access key secret")
        return Credentials(key_id, secret, values.get("ststoken") or None)


class _DefaultChain:
    """One client for all uploads, which is kept also where it finds nothing: it looks at all of its places each time.

    It caches temporary credentials, and has a thread that nothing ends. `_making` is held while it is made, and guards
    _client; what takes longer than a client does to be made hangs, and holds up nobody else.
    """

    name = _PACKAGE

    def __init__(self, make: Callable[[], Any] | None = None) -> None:
        self._make = make or _alibabacloud_client
        self._making = threading.RLock()
        self._client: Any = None
        forks.in_child(self._begin_anew)

    def find(self) -> Credentials | str:
        try:
            client = self._kept()
            return _NOT_INSTALLED if client is None else _ask(lambda: client, why_none, "")
        except CredentialsError as error:
            return error.what.rstrip(".")

    def _kept(self) -> Any:
        """Return the client, or None where there is no package."""
        held = self._making.acquire(timeout=_MAKING_SECONDS)
        try:
            if self._client is None:
                self._client = _guarded(self._make, why_none, "")
            return self._client
        finally:
            if held:
                self._making.release()

    def _begin_anew(self) -> None:
        forks.leave(self._client)
        self._making, self._client = threading.RLock(), None


def _alibabacloud_client() -> Any:
    if find_spec("alibabacloud_credentials") is None:
        return None
    with forks.no_forks:
        from alibabacloud_credentials.client import Client
        from alibabacloud_credentials.provider import DefaultCredentialsProvider

    # It prints a traceback for every place without credentials. What matters is in what it raises; whoever has set up
    # logging still gets the rest.
    logging.getLogger("credentials").handlers[:] = [logging.NullHandler()]
    # Else it asks only the place that once had some, for as long as it lives.
    return Client(provider=DefaultCredentialsProvider(reuse_last_provider_enabled=False))


_default_chain = _DefaultChain()


def _ask(given: Callable[[], Any], tell: Callable[[BaseException], str], advice: str) -> Credentials:
    return _guarded(lambda: _convert(given(), _DEPTH_MAX), tell, advice)


def _guarded(call: Callable[[], T], tell: Callable[[BaseException], str], advice: str) -> T:
    """Return what foreign code returns. Whatever it raises becomes a CredentialsError, sys.exit() too.

    Where the system had no descriptor, memory or thread left for it, that is a Shortage. Only an interrupt of the main
    thread is the user's, and passes. tell: says what it raised, without quoting it.
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
    raise CredentialsError(f"{failure}.", advice, code="CredentialsProviderFailed")


def _raised(error: BaseException) -> str:
    return f"The credentials given in Python cannot be used: what gives them raised {type(error).__name__}"


def _convert(value: Any, depth: int) -> Credentials:
    """Return what `value` means as credentials: it may be them, hold them, or know how to get them."""
    if isinstance(value, (tuple, list)):
        return _checked(*value) if len(value) in (2, 3) else _refuse(value)
    if isinstance(value, Mapping):
        plain = {str(name).lower().replace("_", "").replace("-", ""): entry for name, entry in value.items()}
        token = plain.get("securitytoken") or plain.get("ststoken") or plain.get("sessiontoken")
        return _checked(plain.get("accesskeyid"), plain.get("accesskeysecret"), token, plain.get("expiration"))
    # In this order: the client of alibabacloud-credentials has both, and means something else by the second.
    for method in ("get_credential", "get_credentials"):
        if callable(getattr(value, method, None)) and not isinstance(value, type):
            return _convert(getattr(value, method)(), depth - 1) if depth else _refuse(value)
    if hasattr(value, "access_key_id"):
        token, ends_at = (getattr(value, name, None) for name in ("security_token", "expiration"))
        return _checked(value.access_key_id, getattr(value, "access_key_secret", None), token, ends_at)
    if callable(value) and depth:
        return _convert(value(), depth - 1)
    return _refuse(value)


def _checked(key_id: Any, secret: Any, token: Any = None, ends_at: Any = None) -> Credentials:
    for name, entry in (("access key id", key_id), ("access key secret", secret)):
        if not isinstance(entry, str) or not entry.strip():
            raise CredentialsError(f"The credentials given have no {name}.", _HOW_TO_GIVE, code="HalfCredentials")
    if not all(text.isascii() and text.isprintable() for text in (key_id, secret, token or "")):
        raise CredentialsError("The credentials hold a character that no key has.", "Copy them again.")
    return Credentials(key_id.strip(), secret.strip(), token or None, _moment(ends_at) if token else None)


def _moment(told: Any) -> datetime | None:
    """Return when a token ends, as a provider tells it: a datetime, ISO 8601 or seconds since the epoch; else None."""
    with suppress(ValueError, OverflowError, OSError):
        if isinstance(told, str):
            told = datetime.fromisoformat(told.strip().replace("Z", "+00:00"))
        if isinstance(told, (int, float)) and not isinstance(told, bool):
            return datetime.fromtimestamp(told, timezone.utc)
        if isinstance(told, datetime):
            return told.replace(tzinfo=timezone.utc) if told.tzinfo is None else told.astimezone(timezone.utc)
    return None


def _refuse(value: Any) -> Credentials:
    raise CredentialsError(f"A {type(value).__name__} is not understood as credentials.", _HOW_TO_GIVE)
