"""What becomes many files, each of which is made when its turn comes: the partitions of a table, for example."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import IO, Protocol

from oss_jupyter.errors import InputError
from oss_jupyter.names import printable
from oss_jupyter.texts import tr

# How the folder ends in which the files lie until they are sent.
MADE = ".made"
# The code of a dataset whose files nobody can make any more.
MAKER_GONE = "MakerGone"

Write = Callable[[IO[bytes]], None]


class Taker(Protocol):
    """Where the files go. Any thread may call it."""

    def take(self, number: int, write: Write) -> None:
        """Write a file, as soon as there is room for it, and let it be sent.

        Raises PartStopped once nobody wants it any more, CheckpointNotWritable, and what `write` raises.
        """

    def failed(self, number: int, why: str) -> None:
        """Note that a file cannot be made. why: in words, without secrets."""


class Parted(Protocol):
    """An object that becomes many files. One thread at a time enters it."""

    @property
    def text(self) -> str:
        """What its user calls it."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the files are called; their place here is their number."""

    def make(self, numbers: Collection[int], taker: Taker) -> None:
        """Make some of the files, in any order, and give each to the taker or say why it fails.

        Raises what the taker raises where that is not of one file, and OssJupyterError where all of them fail.
        """


# As in the names that Dask gives, but with as many digits for all: whoever sorts names has the files in their order.
NAMES = "part.*"
_DIGITS_LEAST = 4
_ENDING = re.compile(r"\.[A-Za-z]\w*(?:\.gz)?$")


def pattern_of(target: str) -> tuple[str, str]:
    """Return the target without the names of files, and the pattern of these: "" where the target has none.

    Raises InputError for a * where no number can stand.
    """
    below, _, last = target.rpartition("/")
    if "*" not in target:
        return target, ""
    if last.count("*") != 1 or "*" in below:
        raise InputError(
            tr("The target {target} has a * where no number can stand.", target=repr(printable(target))),
            tr("Write one * in the name behind the last slash, like oss://bucket/table/part-*.parquet."),
            code="InvalidKey",
        )
    return f"{below}/", last


def ending_of(target: str) -> str:
    """Return how the last name of a target's key ends: ``.csv.gz`` for oss://bucket/table.csv.gz/."""
    key = target.partition("://")[2].partition("/")[2].rstrip("/")
    ending = _ENDING.search(key)
    return ending[0] if ending else ""


def names_of(pattern: str, count: int) -> tuple[str, ...]:
    """Return the names of so many files, each with its number in the place of the *."""
    digits = max(_DIGITS_LEAST, len(str(count - 1)))
    before, _, after = pattern.partition("*")
    return tuple(f"{before}{number:0{digits}}{after}" for number in range(count))


# So many that fail alike, one after the other, are taken for all of them.
_IN_A_ROW_MOST = 8


class Alike:
    """Whether what fails is one file or all of them. One thread at a time enters it. text: what becomes files."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._whys: list[str] = []

    def made(self) -> None:
        """Note that one has been made."""
        self._whys.clear()

    def failed(self, why: str, *, of_all: bool = False) -> InputError | None:
        """Note why one could not be made; return the error of all of them, if it is that."""
        self._whys = [*self._whys, why] if why in self._whys else [why]
        if len(self._whys) < _IN_A_ROW_MOST and not of_all:
            return None
        return InputError(
            tr("No partition of {table} can be made: {why}", table=self._text, why=why),
            tr("Look at what computes them: compute() of one of its partitions shows it. Then run the cell again."),
            code="NotMade",
        )
