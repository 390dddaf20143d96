"""The control planes of a kernel: uploads to one place with the same credentials share one, and its connections."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable
from typing import Any
from weakref import WeakValueDictionary

from oss_jupyter.oss.aliyun_config import CLI_PROFILE_NAMED_BY
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import credentials_chain
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.paths import home

# Where a chain looks is decided when it is made, by these.
_NAMED_BY = ("OSSUTIL_PROFILE", "OSSUTIL_CONFIG_FILE", "ALIBABA_CLOUD_CREDENTIALS_FILE", *CLI_PROFILE_NAMED_BY)


class Controls:
    """`_lock` guards _known: those that an upload has. now: seconds since the epoch."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._known: WeakValueDictionary[Hashable, SdkControl] = WeakValueDictionary()

    def get(self, endpoint: EndpointSettings, credentials: Any, profile: str | None, needed: str = "") -> SdkControl:
        """Return the control plane of this endpoint and these credentials. needed: as in `credentials_chain`."""
        named = (*map(os.environ.get, _NAMED_BY), home()) if credentials is None else _same(credentials)
        key = (endpoint, profile, needed, named)
        with self._lock:
            known = self._known.get(key)
            if known is None:
                known = SdkControl(endpoint, credentials_chain(credentials, profile, needed=needed), now=self._now)
                self._known[key] = known
            return known


def _same(credentials: Any) -> Hashable:
    """Return what is equal for the same credentials: pairs and triples of texts, and whatever is the same object.

    The control plane that is found by it holds the object, so no other one can have its number.
    """
    plain = type(credentials) is tuple and all(type(one) is str for one in credentials)
    return credentials if plain else id(credentials)
