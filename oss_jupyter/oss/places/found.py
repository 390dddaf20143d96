"""The values: credentials, and a place where they can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Protocol

# Temporary credentials are good enough for so long, where new ones cannot be had.
SPARE = timedelta(minutes=1)


@dataclass(frozen=True)
class Credentials:
    """An access key, with a session token if it is temporary, and that one's end where it is known (UTC).

    The repr shows nothing.
    """

    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    ends_at: datetime | None = field(default=None, repr=False)

    def last(self, longer_than: timedelta) -> bool:
        """Whether they end, and not so soon."""
        return self.ends_at is not None and self.ends_at > datetime.now(timezone.utc) + longer_than


class Place(Protocol):
    """Somewhere credentials can be. Any thread may ask it."""

    @property
    def name(self) -> str:
        """The place, as people write it."""

    @property
    def mode(self) -> str:
        """How it gets them, in the words of the tool whose place it is; "" where it just holds them."""

    def find(self) -> Credentials | str:
        """Return the credentials, or in a few words why there are none here.

        Raises CredentialsError where somebody put them here and they cannot be had: those of another place would be
        somebody else's.
        """
