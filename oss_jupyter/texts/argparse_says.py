"""What argparse says: its headings, and what is wrong with a command. Python has it in English, whatever is spoken."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from oss_jupyter.texts import english, tr

# Headings and help of its own.
ARGPARSE_SAYS = (
    english("positional arguments"),
    english("options"),
    english("show this help message and exit"),
    english("show program's version number and exit"),
)
# How a complaint begins that a word is missing.
MISSING = english("the following arguments are required: {names}").partition("{")[0]
# Its complaints, the values that it repeats left out. A hole takes what stands there.
_COMPLAINTS = (
    english("the following arguments are required: {names}"),
    english("one of the arguments {names} is required"),
    english("unrecognized arguments: {words}"),
    english("ambiguous option: {option} could match {options}"),
    english("expected one argument"),
    english("expected at least one argument"),
    english("expected at most one argument"),
    english("expected {number} arguments"),
    english("invalid choice: {value} (choose from {choices})"),
    english("invalid choice (choose from {choices})"),
    english("invalid {kind} value: {value}"),
    english("invalid {kind} value"),
    english("ignored explicit argument"),
    english("not allowed with argument {other}"),
)
_OF_ARGUMENT = english("argument {name}: {what}")
_HOLE = re.compile(r"\\{(\w+)\\}")


def complaint(said: str) -> str:
    """Return what argparse says in the reader's language; what is not known stays as it is."""
    of_argument = _pattern(_OF_ARGUMENT).fullmatch(said)
    if of_argument:
        return tr(_OF_ARGUMENT, name=of_argument["name"], what=_known(of_argument["what"], _COMPLAINTS))
    return _known(said, _COMPLAINTS)


def _known(said: str, sentences: Iterable[str]) -> str:
    for sentence in sentences:
        found = _pattern(sentence).fullmatch(said)
        if found:
            return tr(sentence, **found.groupdict())
    return said


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(_HOLE.sub(r"(?P<\1>.+?)", re.escape(sentence)), re.DOTALL)
