"""Plain values as people give them: a whole number, yes or no, a text. NumPy's numbers count as Python's own."""

from __future__ import annotations

import re
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.redact import quoted
from oss_jupyter.texts import tr

# Words that switch something off where Python's None cannot be written.
_OFF = frozenset({"none", "off", "no"})

# What eight bytes hold: no number that anything is counted in is larger.
MOST = 2**63 - 1
# Longer ones are too large, and int() refuses thousands of digits in words of its own.
_WHOLE = re.compile(r"\s*[+-]?\d{1,400}\s*")


def plain(value: Any) -> Any:
    """Return Python's own value for a scalar of NumPy or pandas; anything else as it is."""
    scalar = getattr(value, "shape", None) == () and hasattr(value, "item")
    return value.item() if scalar else value


def as_text(value: Any) -> str | None:
    """Return a text as it is and a number as a text; None for all else, and for numbers beyond eight bytes."""
    scalar = plain(value)
    if isinstance(scalar, str):
        return scalar
    return str(scalar) if isinstance(scalar, float) or (isinstance(scalar, int) and abs(scalar) <= MOST) else None


def whole(value: Any, name: str, least: int = 1, most: int = MOST) -> int:
    """Return a whole number from `least` to `most`; "3" and 3.0 are some, 2.5 and True are not. Raises InputError."""
    number = _number(value)
    if isinstance(number, bool) or not isinstance(number, int):
        what = tr("{name}={value} is not a whole number.", name=name, value=quoted(value))
        raise InputError(what, tr("Write it like {name}=3.", name=name))
    if number < least:
        what = tr("{name}={value} is too few.", name=name, value=quoted(number))
        raise InputError(what, tr("Write {name}={least} or more.", name=name, least=least))
    if number > most:
        what = tr("{name}={value} is too many.", name=name, value=quoted(number))
        raise InputError(what, tr("Write {name}={most} or less.", name=name, most=most))
    return number


def _number(value: Any) -> Any:
    number = plain(value)
    if isinstance(number, str) and _WHOLE.fullmatch(number):
        return int(number)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def yes_or_no(value: Any, name: str) -> bool:
    """Return True or False; a text like ``"no"``, which Python takes for true, is refused. Raises InputError."""
    answer = plain(value)
    if not isinstance(answer, bool):
        raise InputError(
            tr("{name}={value} is neither True nor False.", name=name, value=quoted(value)),
            tr("Write {name}=True, or leave it out.", name=name),
        )
    return answer


def text(value: Any, name: str) -> str:
    """Return a text without blanks around it. Raises InputError."""
    if not isinstance(value, str):
        raise InputError(
            tr("{name} is of type {type}, and no text.", name=name, type=type(value).__name__),
            tr('Write it like {name}="…".', name=name),
        )
    return value.strip()


def word(value: Any) -> str:
    """Return a text in small letters; what is none is no word."""
    return value.strip().lower() if isinstance(value, str) else ""


def is_off(value: Any) -> bool:
    """Whether a word switches something off: none, off or no."""
    return word(value) in _OFF
