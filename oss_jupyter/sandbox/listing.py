"""Paging through sorted names, with a delimiter that folds names into common prefixes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass
class Page(Generic[T]):
    """One page: the entries, the folded prefixes, and where the next page begins."""

    entries: list[T] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: T | str | None = None  # the last entry or prefix taken
    is_truncated: bool = False

    @property
    def count(self) -> int:
        """Return the number of entries and prefixes together, which is what page limits count."""
        return len(self.entries) + len(self.prefixes)


def page_of(
    items: Iterable[T], name_of: Callable[[T], str], *, prefix: str, delimiter: str, limit: int, after: str = ""
) -> Page[T]:
    """Return the first page of sorted items whose names start with the prefix.

    A common prefix equal to `after` was on the page before and is not repeated.
    """
    page: Page[T] = Page()
    for item in items:
        name = name_of(item)
        if not name.startswith(prefix):
            continue
        folded = _fold(name, prefix, delimiter)
        if folded is not None and (folded == after or (page.prefixes and page.prefixes[-1] == folded)):
            continue
        if page.count == limit:
            page.is_truncated = True
            break
        if folded is None:
            page.entries.append(item)
            page.last = item
        else:
            page.prefixes.append(folded)
            page.last = folded
    return page


def iso_time(unix_seconds: float) -> str:
    """Write a time as XML documents carry it; oss2 reads only the .000Z form."""
    return f"{datetime.fromtimestamp(unix_seconds, timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}"


def _fold(name: str, prefix: str, delimiter: str) -> str | None:
    position = name.find(delimiter, len(prefix)) if delimiter else -1
    return None if position < 0 else name[: position + len(delimiter)]
