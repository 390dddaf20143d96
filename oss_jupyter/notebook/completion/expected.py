"""What a magic's parser expects at the cursor: an option, the value of one, or a word by its place."""

from __future__ import annotations

from argparse import Action, ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oss_jupyter.console.options import may_repeat
from oss_jupyter.notebook.completion.line import Line

_MANY = 1_000_000


@dataclass(frozen=True)
class Expected:
    """What may stand at the cursor.

    line: with what is to be completed alone at the cursor. options: those that may begin there, where the word begins
    as one. values: of which options or words by their place it can be a value. given: what the options before it say,
    by the names that they have in Python. placed: the words before it that belong to no option.
    """

    line: Line
    options: Sequence[Action] = ()
    values: Sequence[Action] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    placed: Sequence[str] = ()


def expected(parser: ArgumentParser, line: Line) -> Expected:
    """Return what may stand at the cursor of a line."""
    # argparse has no public way to ask what a parser takes.
    actions = parser._actions
    flags = {flag: action for action in actions for flag in action.option_strings}
    given: dict[str, Any] = {}
    placed: list[str] = []
    waiting: Action | None = None
    for word in line.words:
        name, equals, value = word.partition("=")
        if waiting is not None:
            given[waiting.dest], waiting = word, None
        elif not word.startswith("-"):
            placed.append(word)
        elif name in flags and flags[name].nargs == 0:
            given[flags[name].dest] = not name.startswith("--no-")
        elif name in flags and equals:
            given[flags[name].dest] = value
        else:
            waiting = flags.get(name)
    if waiting is not None:
        return Expected(line, (), (waiting,), given, placed)
    name, equals, _ = line.text.partition("=")
    if equals and name in flags:
        return Expected(line.behind("="), (), (flags[name],), given, placed)
    if line.text.startswith("-"):
        return Expected(line, _left(actions, given), (), given, placed)
    return Expected(line, (), _at(len(placed), actions), given, placed)


def _left(actions: Sequence[Action], given: Mapping[str, Any]) -> list[Action]:
    """Return the options that are not there yet, or may be repeated."""
    named = [action for action in actions if action.option_strings]
    return [action for action in named if action.dest not in given or may_repeat(action)]


def _at(place: int, actions: Sequence[Action]) -> list[Action]:
    """Return which of the words by their place could be the one with this number."""
    found: list[Action] = []
    least, most = 0, 0
    for action in (one for one in actions if not one.option_strings):
        fewest, many = {"?": (0, 1), "*": (0, _MANY), "+": (1, _MANY)}.get(str(action.nargs), (1, 1))
        if least <= place < most + many:
            # Who has named a source goes on with its target.
            found.insert(0, action)
            if many == 1:  # it takes the word, wherever the others could stand
                break
        least, most = least + fewest, most + many
    return found
