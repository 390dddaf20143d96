"""The values: credentials, and a place where they can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Protocol

from oss_jupyter.errors import CredentialsError
from oss_jupyter.texts import english, tr

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


_PARTS = (
    english("The access key id ({place})"),
    english("The access key secret ({place})"),
    english("The session token ({place})"),
)
_LINE_ENDS = "\r\n"


def usable(found: Credentials, names: Sequence[str]) -> Credentials:
    """Return credentials that can be signed with and sent: what else is in them breaks a request on its way.

    names: of id, secret and token, where they are. Raises CredentialsError, which tells nothing of what they are.
    """
    for name, text in zip(names, (found.access_key_id, found.access_key_secret, found.security_token), strict=True):
        if text and (odd := next((one for one in text if not "!" <= one <= "~"), "")):
            raise CredentialsError(
                tr("{name} holds {what}, which none has.", name=name, what=tr(_what_is(odd))),
                tr("Copy it once more, with nothing before, in or behind it, and put it there again."),
                code="OddCredentials",
            )
    return found


def names_at(place: str) -> tuple[str, ...]:
    """Return what id, secret and token are called that are at a place."""
    return tuple(tr(part, place=place) for part in _PARTS)


def _what_is(odd: str) -> str:
    if odd in _LINE_ENDS:
        return english("a line break")
    if odd == " ":
        return english("a space")
    return english("a control character") if odd.isascii() else english("a character that is not ASCII")


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
