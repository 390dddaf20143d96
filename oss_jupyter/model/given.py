"""Plain values as people give them: a whole number, yes or no, a text. NumPy's numbers count as Python's own."""

from __future__ import annotations

from typing import Any

from oss_jupyter.errors import InputError


def plain(value: Any) -> Any:
    """Return Python's own value for a scalar of NumPy or pandas; anything else as it is."""
    scalar = getattr(value, "shape", None) == () and hasattr(value, "item")
    return value.item() if scalar else value


def whole(value: Any, name: str, least: int = 1) -> int:
    """Return a whole number of at least `least`; "3" and 3.0 are some, 2.5 and True are not. Raises InputError."""
    number = plain(value)
    if isinstance(number, str) and number.strip().lstrip("+-").isdecimal():
        number = int(number)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int):
        raise InputError(f"{name}={value!r} is not a whole number.", f"Write it like {name}=3.")
    if number < least:
        raise InputError(f"{name}={number} is too few.", f"Write {name}={least} or more.")
    return number


def yes_or_no(value: Any, name: str) -> bool:
    """Return True or False; a text like ``"no"``, which Python takes for true, is refused. Raises InputError."""
    answer = plain(value)
    if not isinstance(answer, bool):
        raise InputError(f"{name}={value!r} is neither True nor False.", f"Write {name}=True, or leave it out.")
    return answer


def text(value: Any, name: str) -> str:
    """Return a text without blanks around it. Raises InputError."""
    if not isinstance(value, str):
        raise InputError(f"{name} is a {type(value).__name__}, and no text.", f'Write it like {name}="…".')
    return value.strip()
