"""A stream of bytes, as whoever uploads it needs to know it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Streamed:
    """What gives the bytes, and what it is in words, without secrets. name: of a file that would be like it, or ""."""

    chunks: Iterable[Any]
    text: str
    name: str = ""
