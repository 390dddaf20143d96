"""Paging through sorted names, with a delimiter that folds names into common prefixes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


@dataclass
class Page(Generic[T]):
    """One page: the entries, the folded prefixes, and where the next page begins."""

    entries: list[T] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: object = None  # the last entry or prefix taken
    is_truncated: bool = False

    @property
    def count(self) -> int:
        """Return the number of entries and prefixes together, which is what page limits count."""
        return len(self.entries) + len(self.prefixes)

    def mapped(self, change: Callable[[T], U]) -> Page[U]:
        """Return the page with other entries; `last` stays what it is."""
        return Page([change(entry) for entry in self.entries], self.prefixes, self.last, self.is_truncated)

    def take(self, item: T, folded: str | None) -> None:
        """Add an item, or the common prefix into which it is folded."""
        if folded is None:
            self.entries.append(item)
            self.last = item
        else:
            self.prefixes.append(folded)
            self.last = folded


def page_of(
    items: Sequence[T],
    name_of: Callable[[T], str],
    *,
    prefix: str,
    delimiter: str,
    limit: int,
    after: str = "",
    place: int = 0,
) -> Page[T]:
    """Return a page of sorted items whose names start with the prefix, the first of them at `place` or behind it.

    A common prefix equal to `after` was on the page before and is not repeated. What is folded is not gone through.
    """
    page: Page[T] = Page()
    place = bisect_left(items, prefix, place, key=name_of)
    while place < len(items) and (name := name_of(items[place])).startswith(prefix):
        folded = _fold(name, prefix, delimiter)
        if folded is None or folded != after:
            if page.count == limit:
                page.is_truncated = True
                break
            page.take(items[place], folded)
        place = place + 1 if folded is None else _behind(items, folded, name_of, place)
    return page


@lru_cache(maxsize=1024)
def _second(unix_seconds: int) -> str:
    return f"{datetime.fromtimestamp(unix_seconds, timezone.utc):%Y-%m-%dT%H:%M:%S.000Z}"


def iso_time(unix_seconds: float) -> str:
    """Write a time as XML documents carry it; oss2 reads only the .000Z form."""
    return _second(int(unix_seconds))


def _fold(name: str, prefix: str, delimiter: str) -> str | None:
    position = name.find(delimiter, len(prefix)) if delimiter else -1
    return None if position < 0 else name[: position + len(delimiter)]


def _behind(items: Sequence[T], folded: str, name_of: Callable[[T], str], place: int) -> int:
    """Return the place of the first item whose name does not start with `folded`; that at `place` does."""
    return bisect_left(items, True, place, key=lambda item: not name_of(item).startswith(folded))
