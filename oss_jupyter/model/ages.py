"""How long ago something was, as people write and read it."""

from __future__ import annotations

import re

from oss_jupyter.errors import InputError
from oss_jupyter.model.given import plain
from oss_jupyter.model.sizes import count
from oss_jupyter.redact import quoted
from oss_jupyter.texts import tr

DAY_SECONDS = 86_400.0
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": DAY_SECONDS, "w": 7 * DAY_SECONDS}
_AGE = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*([smhdw])\s*")


def parse_age(value: str | float) -> float:
    """Return seconds for ``"7d"``, ``"12h"``, ``"30m"`` or ``"2w"``; a number alone is seconds. Raises InputError."""
    value = plain(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value)
    match = _AGE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise InputError(
            tr("older_than: {value} is no time.", value=quoted(value)), tr("Write it like 7d, 12h or 30m.")
        )
    return float(match[1]) * _UNITS[match[2]]


def format_age(seconds: float) -> str:
    """Return ``45 s``, ``12 min``, ``7 h`` or ``31 days``."""
    whole = max(0, int(seconds))
    if whole >= DAY_SECONDS:
        return count(whole // int(DAY_SECONDS), "day")
    for unit, name in ((3600, "h"), (60, "min")):
        if whole >= unit:
            return f"{whole // unit} {name}"
    return f"{whole} s"
