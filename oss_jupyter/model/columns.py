"""Rows of text, each on a line, as terminals and scripts show tables."""

from __future__ import annotations

from collections.abc import Sequence

# More makes a table wider than a page, and its rows high.
_NAME_MAX = 60


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of equally many cells as aligned lines."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def shortened(name: str) -> str:
    """Return a long name without its middle, for a table; both ends tell names apart."""
    return name if len(name) <= _NAME_MAX else f"{name[: _NAME_MAX // 2]}…{name[-_NAME_MAX // 2 :]}"
