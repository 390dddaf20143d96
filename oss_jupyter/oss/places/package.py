"""Credentials that a provider of the package alibabacloud-credentials gets.

The package is loaded when the first such place is asked, for it takes half a second. It looks at the environment once,
when it is loaded, so its providers are told everything. One provider is kept for each place, because it caches
temporary credentials, and none of those that are made here has a thread.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from oss_jupyter import forks
from oss_jupyter.errors import CredentialsError
from oss_jupyter.oss.places.foreign import checked, guarded
from oss_jupyter.oss.places.found import SPARE, Credentials
from oss_jupyter.texts import tr

# What a service says is in the text of an exception, with the whole reply; of that, these alone are no secret.
_CODE = re.compile(r'"Code"\s*:\s*"([A-Za-z][A-Za-z.]{2,59})"', re.IGNORECASE)
_STATUS = re.compile(r"http_?code\s*[=:]\s*(\d{3})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Recipe:
    """What a provider is made of. place: whose; what: differs when the provider is to be made anew."""

    place: Hashable
    what: Hashable
    make: Callable[[Any], Any]


class Providers:
    """Those that are kept, one for each place. `_lock` guards _kept and _found."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[Hashable, Any]] = {}
        self._found: dict[Hashable, tuple[Hashable, Credentials]] = {}
        forks.in_child(self._begin_anew)

    def find(self, recipe: Recipe, name: str, advice: str) -> Credentials:
        """Return the credentials that a provider gets now.

        Where it gets none, those that it got last, while they are good. Raises CredentialsError.
        """
        try:
            found = guarded(lambda: _ask(self._provider(recipe)), _teller(name), advice)
        except CredentialsError:
            with self._lock:
                what, earlier = self._found.get(recipe.place, (None, None))
            if earlier is None or what != recipe.what or not earlier.last(SPARE):
                raise
            return earlier
        with self._lock:
            self._found[recipe.place] = (recipe.what, found)
        return found

    def _provider(self, recipe: Recipe) -> Any:
        package = _loaded()
        with self._lock:
            what, provider = self._kept.get(recipe.place, (None, None))
            if provider is None or what != recipe.what:
                provider = recipe.make(package)
                self._kept[recipe.place] = (recipe.what, provider)
            return provider

    def _begin_anew(self) -> None:
        forks.leave(self._kept)
        self.__init__()  # type: ignore[misc]


providers = Providers()


def _teller(name: str) -> Callable[[BaseException], str]:
    return lambda error: tr("{place}: {reason}.", place=name, reason=why(error))


def why(error: BaseException) -> str:
    """Return in a few words what a provider raised, without quoting it."""
    try:
        text = str(error)
    except Exception:
        text = ""  # foreign code again
    code, status = _CODE.search(text), _STATUS.search(text)
    if code is not None:
        if status is None:
            return tr("was answered with {code}", code=code[1])
        return tr("was answered with {code} (status {status})", code=code[1], status=status[1])
    if status is not None:
        return tr("was answered with status {status}", status=status[1])
    if "unsupported profile mode" in text:
        return tr("has a mode that the package alibabacloud-credentials does not know")
    if type(error).__name__ in ("RetryError", "ConnectionError", "Timeout"):
        return tr("the service that gives them was not reached")
    return tr("raised {error}", error=type(error).__name__)


def _loaded() -> Any:
    """Return the package's module of providers."""
    with forks.no_forks:
        from alibabacloud_credentials import provider as package
    # It prints a traceback for what it cannot find; whoever has set up logging still gets it.
    logging.getLogger("credentials").handlers[:] = [logging.NullHandler()]
    return package


def _ask(provider: Any) -> Credentials:
    got = provider.get_credentials()
    ends_at = got.get_expiration() or None
    return checked(got.get_access_key_id(), got.get_access_key_secret(), got.get_security_token(), ends_at)
