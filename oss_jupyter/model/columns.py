"""Rows of text, each on a line, as terminals and scripts show tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

# More makes a table wider than a page, and its rows high.
_NAME_MAX = 60
# A character of Chinese, or a word of anything else, with the punctuation and the blanks behind it.
_HAN, _OPENS, _CLOSES = r"\u3400-\u9fff", "“（", "，。：；、？！）”"
_WORD = re.compile(rf"[{_OPENS}]*(?:[{_HAN}]|[^\s{_HAN}{_OPENS}{_CLOSES}]+)[{_CLOSES}]*\s*|[{_OPENS}{_CLOSES}\s]+")


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of equally many cells as aligned lines."""
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(_filled(cell, width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes: a Chinese character takes two."""
    return len(text) if text.isascii() else sum(2 if east_asian_width(one) in "WF" else 1 for one in text)


def wrapped(text: str, width: int) -> list[str]:
    """Return a text in lines, which may end beside each Chinese character, but not before its punctuation."""
    lines = [""]
    for word in (found[0] for found in _WORD.finditer(text)):
        if lines[-1] and width_of(lines[-1] + word.rstrip()) > width:
            lines.append("")
        lines[-1] += word if lines[-1] else word.lstrip()
    return [line.rstrip() for line in lines]


def _filled(cell: str, width: int) -> str:
    return cell + " " * (width - width_of(cell))


def shortened(name: str) -> str:
    """Return a long name without its middle, for a table; both ends tell names apart."""
    return name if len(name) <= _NAME_MAX else f"{name[: _NAME_MAX // 2]}…{name[-_NAME_MAX // 2 :]}"
