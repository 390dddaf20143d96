"""How sizes, speeds and durations are read and written, the same everywhere: written in binary units, in one style.

Read are both kinds, each for what it is: 1 MiB has 1,048,576 bytes and 1 MB has 1,000,000.
"""

from __future__ import annotations

import re

from oss_jupyter.errors import InputError
from oss_jupyter.model.given import MOST, is_off, plain
from oss_jupyter.redact import quoted
from oss_jupyter.texts import english, say, tr
from oss_jupyter.texts.spoken import language

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
TIB = 1024 * GIB
# Bytes per second: with less no upload would ever end.
SPEED_MIN = KIB

_UNITS = {"": 1, "b": 1, "kib": KIB, "mib": MIB, "gib": GIB, "tib": TIB, "k": KIB, "m": MIB, "g": GIB, "t": TIB}
_UNITS |= {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
# What can be wrong with a size or a speed: its form, that it is too large.
_NO_SIZE = (english("{name}: {value} is not a size."), english("{name}: {value} is larger than any size."))
_NO_SPEED = (english("{name}: {value} is not a speed."), english("{name}: {value} is larger than any speed."))
_SIZE = re.compile(r"\s*(\d{1,40}(?:\.\d{1,40})?)\s*([a-z]*)\s*(?:/s)?\s*", re.IGNORECASE)


def parse_size(value: float | str, name: str = "size") -> int:
    """Return bytes for ``8388608``, ``"8MiB"``, ``"512 KiB"``, ``"1.5GiB"`` or ``"8MB"``, which is 8,000,000.

    A letter alone is binary, as elsewhere on the command line. `name` is the argument's name, for the message.
    Raises InputError.
    """
    return _parse(value, name, _NO_SIZE, tr("8MiB, 512KiB or 1GiB"))


def parse_speed(value: float | str, name: str) -> int:
    """Return bytes per second for ``"20MiB/s"``, read as sizes are. Raises InputError, also for less than 1 KiB/s."""
    speed = _parse(value, name, _NO_SPEED, "20MiB/s")
    if speed < SPEED_MIN:
        what = tr("{name}: {value} is less than 1 KiB a second.", name=name, value=quoted(value))
        raise InputError(what, tr("Write the unit, like {name}=20MiB/s.", name=name))
    return speed


def parse_limit(value: float | str | None) -> float | None:
    """Return bytes per second, or None for no limit, which ``"none"`` is as well. Raises InputError."""
    return None if value is None or is_off(value) else float(parse_speed(value, "limit"))


def _parse(value: float | str, name: str, no_such: tuple[str, str], like: str) -> int:
    value = plain(value)
    size = _read(value)
    no_form, too_large = no_such
    wrong = no_form if size is None else too_large if size > MOST else ""
    if size is not None and size <= 0:
        wrong = english("{name}: {value} is not above zero.")
    if size is None or wrong:
        advice = tr("Write it like {name}={like}.", name=name, like=like)
        raise InputError(tr(wrong, name=name, value=quoted(value)), advice)
    return size


def _read(value: float | str) -> int | None:
    """Return bytes, or None where it is no number of them."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(value if isinstance(value, str) else repr(value) if type(value) is float else "")
    unit = _UNITS.get(match[2].lower()) if match else None
    return None if match is None or unit is None else int(float(match[1]) * unit)


def format_size(size_bytes: float) -> str:
    """Return ``52.0 GiB``, ``8 MiB``, ``100 KiB`` or ``17 B``: three digits are enough to watch."""
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1000 or (unit == "B" and size < KIB):
            return f"{_three_digits(size)} {unit}"
        size /= 1024
    return f"{_three_digits(size)} TiB"


def format_progress(done_bytes: int, total_bytes: int) -> str:
    """Return ``19.4 of 52.0 GiB``: both in the unit of the whole."""
    whole, unit = format_size(total_bytes).split(" ")
    scale = {"B": 1, "KiB": KIB, "MiB": MIB, "GiB": GIB, "TiB": TIB}[unit]
    return say("done_of_total", done=_three_digits(done_bytes / scale), total=f"{whole} {unit}")


def format_speed(bytes_per_second: float) -> str:
    """Return ``84.0 MiB/s``."""
    return f"{format_size(bytes_per_second)}/s"


def format_duration(seconds: float, *, tenths: bool = False) -> str:
    """Return ``45 s``, ``6 min 40 s`` or ``2 h 05 min``; with `tenths` also ``9.8 s``, where it is over quickly."""
    if tenths and 0 <= seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def count(number: int, one: str, more: str = "") -> str:
    """Return ``1 part`` or ``1,024 parts``; more: the plural, where an s does not make it.

    The catalogue has the plural, behind ``{number}``: Chinese words have one form.
    """
    noun = one if number == 1 and language() == "en" else more or f"{one}s"
    return tr("{number} " + noun, number=f"{number:,}")


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"
