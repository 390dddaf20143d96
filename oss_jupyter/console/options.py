"""The options of an upload as values: the arguments of `oss_jupyter.upload`, with dashes.

The magics and the command line add them to their parsers, so both know the same words.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from oss_jupyter.model.arguments import ANEW_NAMES, ARGUMENTS, GROUPS, PLACE_NAMES, Argument
from oss_jupyter.model.dataset import Rule
from oss_jupyter.model.sizes import count
from oss_jupyter.redact import shown
from oss_jupyter.texts import listed, sentences, tr

# What argparse repeats, as in: invalid choice: 'x' (choose from …).
_REPEATED = re.compile(
    r"(invalid choice|invalid \w+ value|ignored explicit argument).*?(?= \(choose from |\Z)", re.DOTALL
)
_OPTION_VALUE = re.compile(r"(--?[\w-]+)=.*?(?: (?=could match)|\Z)", re.DOTALL)
# A long one, or a short one, of which the rest is its value or the name of a file.
_OPTION = re.compile(r"--[A-Za-z][^=]*|-[A-Za-z]")
_SHORT = {one.short_for: name for name, one in ARGUMENTS.items() if one.short_for}


@dataclass(frozen=True)
class Option:
    """One option. words: as it is typed, a short one first. how: what `add_argument` takes beside them.

    group: under which heading help lists it. of_python: it takes the name of a Python variable, which no shell has.
    """

    words: tuple[str, ...]
    how: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    of_python: bool = False


class _InOrder(argparse.Action):
    """Keeps patterns that take in and that leave out in the order in which they stand on the line, under `include`."""

    def __call__(self, parser: object, namespace: argparse.Namespace, value: Any, option: object = None) -> None:
        rule = Rule(value, takes_in=self.dest == "include")
        namespace.include = [*(namespace.include or ()), rule]


def _options() -> Iterator[Option]:
    for group in GROUPS:
        those = (one for one in ARGUMENTS.values() if one.group == group and one.on_a_line)
        yield from (_option(one) for one in those if not one.short_for)


def _option(one: Argument) -> Option:
    words = tuple(f"--{name.replace('_', '-')}" for name in (_SHORT.get(one.name), one.name) if name)
    how = {"dest": one.name, "help": one.words, **_how(one)}
    return Option(words, how, one.group, one.takes == "VARIABLE")


def _how(one: Argument) -> dict[str, Any]:
    """Return how argparse reads an option. What is not written stays None, and comes from the settings."""
    if one.types == ("bool",):
        off = one.default is False
        return {"action": "store_true", "default": None} if off else {"action": argparse.BooleanOptionalAction}
    metavar = one.takes or one.name.upper()
    if metavar == "PATTERN":
        return {"metavar": metavar, "action": _InOrder}
    return {"metavar": metavar, **({"action": "append"} if "=" in metavar else {})}


UPLOAD_OPTIONS = tuple(_options())
ANEW_OPTIONS = tuple(_option(ARGUMENTS[name]) for name in ANEW_NAMES)
"""What can be given anew when an upload is resumed or aborted."""
FLAGS: Mapping[str, str] = {
    word.removeprefix("--").replace("-", "_"): one.words[0] for one in UPLOAD_OPTIONS for word in one.words
} | {"older_than": "--older-than", "last": "--last"}
"""The option for each argument of Python."""


def place_options(*more: str) -> tuple[Option, ...]:
    """Return the options that say how the service is reached and who asks, and some more by their names."""
    names = (*dict.fromkeys((*PLACE_NAMES, *ANEW_NAMES)), *more)
    return tuple(_option(ARGUMENTS[name]) for name in names)


def without_values(said: str) -> str:
    """Return what argparse says without the values that it repeats, and an option without what follows its =."""
    return _OPTION_VALUE.sub(r"\1 ", _REPEATED.sub(r"\1", said))


def may_repeat(action: argparse.Action) -> bool:
    """Whether an option may stand on a line more than once."""
    return isinstance(action, _InOrder) or "=" in str(action.metavar)


def is_option(word: str) -> bool:
    """Whether a word is written like an option."""
    return _OPTION.match(word) is not None


def behind_dashes(words: Sequence[str]) -> list[str]:
    """Return words of a line, those behind a ``--`` as paths: argparse loses count of it where options may follow."""
    at = words.index("--") if "--" in words else len(words)
    return [*words[:at], *(f"./{word}" if word.startswith("-") else word for word in words[at + 1 :])]


def no_option(words: Iterable[str], known: Iterable[str]) -> str:
    """Return that there is none of these options, and which is meant perhaps; empty where there is no word."""
    named = [found[0] for found in map(_OPTION.match, words) if found]
    if not named:
        return ""
    near = [] if len(named) > 1 else get_close_matches(named[0], known, 1, cutoff=0.75)
    return sentences(
        tr("There is no option {options}.", options=listed(map(shown, named))),
        tr("Did you mean {name}?", name=near[0]) if near else "",
        tr("A name that begins with a dash needs ./ before it.") if any(len(one) == 2 for one in named) else "",
    )


def words_too_many(rest: Sequence[str], variable: str, known: Iterable[str]) -> str:
    """Return what is said of words that argparse could not place: they are counted, not repeated.

    variable: how one is put into quotes. known: the options that there are.
    """
    if unknown := no_option(rest, known):
        return unknown
    many = count(len(rest), "word")
    return tr(
        "{words} too many. Put names with spaces into quotes, also in variables: {variable}.",
        words=many,
        variable=variable,
    )


def pairs(texts: Sequence[str] | None) -> dict[str, str] | None:
    """Return ``["k=v"]`` as a mapping. Raises ValueError with what to say."""
    if texts is None:
        return None
    if any("=" not in text for text in texts):
        raise ValueError(tr("--metadata takes name=value, and may be repeated."))
    return {name: value for name, _, value in (text.partition("=") for text in texts)}
