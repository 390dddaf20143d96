"""A link that anybody may open for a while, and how long that may be."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.model.given import plain
from oss_jupyter.names import printable
from oss_jupyter.redact import quoted
from oss_jupyter.texts import english, sentences, tr

# Signature V4 allows no more (EC 0002-00000232); V1 names no limit, and a link that is good for ever helps nobody.
LONGEST_SECONDS = 7 * 24 * 3600
_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 24 * 3600}
_PIECE = re.compile(r"(\d{1,9})\s*(s|min|m|h|d)\s*")
_LIKE = english('Write it like expires="1h", "30m" or "7d"; "max" is as long as it can be.')

_TOO_LONG = english("expires={value} is longer than 7 days.")
_TOO_SHORT = english("expires={value} is less than a second.")


class SignedUrl(str):
    """A URL with a signature: whoever has it may read the object until it ends. To be used like any text.

    Printed it is the URL; its repr, which is what a cell shows and saves, tells only whose it is and when it ends.

    object_url: ``oss://bucket/key``. ends_at: when, in UTC. note: what may end it before that, or did shorten it.
    """

    object_url: str
    ends_at: datetime
    note: str

    def __new__(cls, url: str, object_url: str = "", ends_at: datetime | None = None, note: str = "") -> SignedUrl:
        made = super().__new__(cls, url)
        made.object_url = object_url
        made.ends_at = ends_at or datetime.fromtimestamp(0, timezone.utc)
        made.note = note
        return made

    def __repr__(self) -> str:
        until = self.ends_at.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
        if not self.note:
            return printable(tr("<signed link to {url}, good until {until}>", url=self.object_url, until=until))
        told = tr(
            "<signed link to {url}, good until {until}. {note}>", url=self.object_url, until=until, note=self.note
        )
        return printable(told)

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (str(self), self.object_url, self.ends_at, self.note))


def parse_expires(value: object) -> int | None:
    """Return seconds for ``"1h"``, ``"1h30m"``, 3600 or a timedelta; None for ``"max"``. Raises InputError."""
    seconds = _seconds(plain(value))
    if seconds is None:
        return None
    if not 1 <= seconds <= LONGEST_SECONDS:
        raise InputError(
            tr(_TOO_LONG if seconds > LONGEST_SECONDS else _TOO_SHORT, value=quoted(value)),
            sentences(tr("The service takes links of 1 second to 7 days."), tr(_LIKE)),
            code="InvalidExpires",
        )
    return int(seconds)


def _seconds(value: Any) -> float | None:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if value == value else 0
    if isinstance(value, str):
        text = value.strip().lower()
        if text == "max":
            return None
        pieces = _PIECE.findall(text)
        if pieces and _PIECE.sub("", text) == "":
            return sum(int(number) * _UNITS[unit] for number, unit in pieces)
        if text.isdecimal() and len(text) < 10:
            return int(text)
    what = tr("expires={value} is no length of time.", value=quoted(value))
    raise InputError(what, tr(_LIKE), code="InvalidExpires")
