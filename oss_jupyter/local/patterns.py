"""Patterns as in .gitignore, and globs: cut at their slashes, so that a walk asks them about one name at a time.

What stands between two slashes is read by `pathspec`, of a glob by `fnmatch`; what ``**`` and the slashes mean is read
here. So a walk knows in each folder which patterns can still match below it, and no path is matched twice.
"""

from __future__ import annotations

import fnmatch
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pathspec import GitIgnoreSpec

DEEP = "**"
_WILD = re.compile(r"[*?\\]|\[")
_TRAILING = re.compile(r"(?<!\\) +$")


@dataclass(frozen=True)
class Segment:
    """What a pattern asks of one name. literal: the name itself, where there is no wildcard in it, else ""."""

    text: str
    matches: Callable[[str], object]
    literal: str = ""

    def names(self, name: str, by_its_dot: bool) -> bool:
        """Whether it asks for a name in so many words; by_its_dot: a dot at the beginning is enough, as in a shell."""
        return self.literal == name or (by_its_dot and self.text.startswith("."))


NOTHING = Segment("", lambda name: None)
"""What no name matches."""


@dataclass(frozen=True)
class Pattern:
    """segments: None stands for any number of folders. takes_in: what happens with that which it matches."""

    segments: tuple[Segment | None, ...]
    folders_only: bool
    takes_in: bool


def parse_pattern(text: str, takes_in: bool) -> Pattern | None:
    """Return a pattern as in .gitignore, without its ``!``; None where git says that it matches nothing."""
    body = text.removesuffix("/")
    anchored = "/" in body
    words = body.removeprefix("/").split("/")
    if not anchored:
        words = [DEEP, "*" if body == DEEP else body]
    return _pattern(words, text.endswith("/"), takes_in, _segment)


def parse_glob(text: str) -> Pattern | None:
    """Return a glob below the folder where its walk begins."""
    words = [word for word in text.split("/") if word]
    return _pattern(words, text.endswith("/"), True, _glob_segment)


def parse_lines(text: str) -> tuple[Pattern, ...]:
    """Return the patterns of a file like .gitignore: they leave out, and those with a ``!`` take in again."""
    found = (_line(line.removesuffix("\r")) for line in text.removeprefix("\ufeff").split("\n"))
    return tuple(pattern for pattern in found if pattern is not None)


def _line(line: str) -> Pattern | None:
    body = _TRAILING.sub("", line)
    if not body or body.startswith("#"):
        return None
    return parse_pattern(body.removeprefix("!"), takes_in=body.startswith("!"))


def _pattern(
    words: list[str], folders_only: bool, takes_in: bool, read: Callable[[str], Segment | None]
) -> Pattern | None:
    if words[-1:] == [DEEP]:
        words = [*words, "*"]  # what lies within, and not the folder itself
    segments = [None if word == DEEP else read(word) for word in words]
    if any(word != DEEP and segment is None for word, segment in zip(words, segments, strict=True)):
        return None
    once = (segment for at, segment in enumerate(segments) if segment is not None or segments[at - 1 : at] != [None])
    return Pattern(tuple(once), folders_only, takes_in)


@lru_cache(maxsize=4096)
def _segment(word: str) -> Segment | None:
    if not _WILD.search(word):
        return Segment(word, word.__eq__, word) if word else None
    # pathspec takes blanks off at the end; in brackets they stay.
    kept = re.sub(r"(?<!\\)\s$", lambda blank: f"[{blank[0]}]", word)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of re, about brackets in brackets
            (read,) = GitIgnoreSpec.from_lines([f"/{kept}"]).patterns
    except (ValueError, re.error):
        return None
    plain = re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL)
    literal = plain if not _WILD.search(re.sub(r"\\.", "", word, flags=re.DOTALL)) else ""
    return Segment(plain, read.regex.match, literal) if read.regex is not None else None


@lru_cache(maxsize=4096)
def _glob_segment(word: str) -> Segment:
    if not _WILD.search(word.replace("\\", "")):
        return Segment(word, word.__eq__, word)
    return Segment(word, re.compile(fnmatch.translate(word)).match)


class Level:
    """Where an ordered list of patterns stands in one folder. Frozen once it is made.

    places: for each pattern that can match here or below, which of its segments is asked next.
    """

    __slots__ = ("_ends", "_known", "patterns", "places")

    def __init__(
        self,
        patterns: tuple[Pattern, ...],
        places: frozenset[tuple[int, int]] | None = None,
        known: dict[frozenset[tuple[int, int]], Level] | None = None,
    ) -> None:
        self.patterns = patterns
        start = (at for number, _ in enumerate(patterns) for at in self._with_next(number, 0))
        self.places = frozenset(start) if places is None else places
        self._known = {} if known is None else known
        ends = sorted((place for place in self.places if self._is_end(*place)), reverse=True)
        self._ends = [(number, self._at(number, place), patterns[number].folders_only) for number, place in ends]

    def last_match(self, name: str, is_folder: bool) -> int:
        """Return the number of the last pattern that matches a name of this folder, or -1."""
        for number, segment, folders_only in self._ends:
            if (is_folder or not folders_only) and segment.matches(name):
                return number
        return -1

    def naming(self, name: str, is_folder: bool, by_its_dot: bool) -> Iterator[tuple[int, bool]]:
        """Yield the patterns that ask for a name in so many words: the number, and whether they end with it."""
        for number, place in self.places:
            segment, pattern = self.patterns[number].segments[place], self.patterns[number]
            if segment is not None and segment.matches(name) and segment.names(name, by_its_dot):
                ends = self._is_end(number, place)
                if is_folder or (ends and not pattern.folders_only):
                    yield number, ends

    def matched_by(self, numbers: frozenset[int], name: str, is_folder: bool) -> bool:
        """Whether one of these patterns matches a name of this folder."""
        return any(
            number in numbers and (is_folder or not folders_only) and segment.matches(name)
            for number, segment, folders_only in self._ends
        )

    def below(self, name: str) -> Level:
        """Return where the patterns stand in a folder of this one."""
        places = frozenset(self._ahead(name))
        if places not in self._known:
            self._known[places] = Level(self.patterns, places, self._known)
        return self._known[places]

    def _ahead(self, name: str) -> Iterator[tuple[int, int]]:
        for number, place in self.places:
            segment = self.patterns[number].segments[place]
            if segment is None:
                yield from self._with_next(number, place)
            elif not self._is_end(number, place) and segment.matches(name):
                yield from self._with_next(number, place + 1)

    def _with_next(self, number: int, place: int) -> Iterator[tuple[int, int]]:
        """Yield a place, and the next one where this one can stand for no folder at all."""
        yield number, place
        if self.patterns[number].segments[place] is None:
            yield number, place + 1

    def _is_end(self, number: int, place: int) -> bool:
        return place == len(self.patterns[number].segments) - 1

    def _at(self, number: int, place: int) -> Segment:
        segment = self.patterns[number].segments[place]
        assert segment is not None  # what ends in ** was given a * behind it
        return segment
