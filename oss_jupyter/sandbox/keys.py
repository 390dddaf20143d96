"""The access keys a sandbox accepts. Any thread may add, change or remove one while requests run."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Key:
    """One access key; with a security token it is a temporary one, as STS gives out."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None  # Unix seconds; None never expires
    permissions: frozenset[str] | None = None  # RAM actions such as "oss:PutObject"; None allows all

    def allows(self, action: str) -> bool:
        """Say whether this key may perform a RAM action."""
        return self.permissions is None or action in self.permissions


class KeyRing:
    """The keys known now, by access key id. `_lock` guards _keys."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._lock = threading.Lock()
        self._keys = {key.access_key_id: key for key in keys}

    def put(self, key: Key) -> None:
        """Add a key, or replace the one with the same id."""
        with self._lock:
            self._keys[key.access_key_id] = key

    def remove(self, access_key_id: str) -> None:
        """Forget a key; requests signed with it fail from now on."""
        with self._lock:
            self._keys.pop(access_key_id, None)

    def find(self, access_key_id: str) -> Key | None:
        """Return the key with this id, if there is one."""
        with self._lock:
            return self._keys.get(access_key_id)

    def owner_of(self, security_token: str) -> Key | None:
        """Return the key that this security token belongs to, if there is one."""
        with self._lock:
            return next((key for key in self._keys.values() if key.security_token == security_token), None)
