"""How the words of a command are read: argparse with the options of the magics, and no value of them in a complaint."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from oss_jupyter.cli.output import Output
from oss_jupyter.console.help import HelpFormatter
from oss_jupyter.console.options import Option, behind_dashes, no_option, place_options, without_values, words_too_many
from oss_jupyter.texts import about, english, tr
from oss_jupyter.texts.argparse_says import MISSING, complaint


class Parser(argparse.ArgumentParser):
    """One of a command. Its complaints go to logs, so they hold no value: an expanded variable may be a secret.

    usage: what may stand behind the command's name. words: what it is for. Both in English, as `tr` takes them.
    """

    def __init__(self, command: str, usage: str, words: str) -> None:
        super().__init__(
            prog=f"oss-jupyter {command}",
            usage=usage,
            description=words,
            formatter_class=HelpFormatter,
            allow_abbrev=False,  # a script goes on to mean the same when an option is added
        )

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        # Where a word is missing argparse says that alone; often it is there, and was taken for an option.
        said = (message.startswith(MISSING) and no_option(self._short, ())) or complaint(without_values(message))
        said = about(self.prog, said)
        usage = tr("usage: ") + tr(self.usage or "")
        Output(as_json=False).progress(said, usage, tr("{command} --help explains it.", command=self.prog))
        sys.exit(2)

    def read(self, words: Sequence[str]) -> dict[str, Any]:
        """Return what is given by its names. Options may stand anywhere."""
        typed, known = behind_dashes(words), self._option_string_actions
        self._short = [word for word in typed if word[:1] == "-" != word[1:2] and word[:2] not in known]
        given, rest = self.parse_known_intermixed_args(typed)
        if rest:
            self.error(words_too_many(rest, '"$path"', known))
        return vars(given)


def add(parser: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    """Add options below their headings; those that take a Python variable have no meaning in a shell."""
    groups: dict[str, Any] = {}
    for one in options:
        if not one.of_python:
            if one.group not in groups:
                groups[one.group] = parser.add_argument_group(one.group)
            groups[one.group].add_argument(*one.words, **one.how)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add what lets programs read the output."""
    parser.add_argument("--json", action="store_true", help=english("One JSON object a line on stdout."))


def add_place(parser: argparse.ArgumentParser, *more: str) -> None:
    """Add how the service is reached, and some more options by their names."""
    add(parser, place_options(*more))


def add_kept_in(parser: argparse.ArgumentParser) -> None:
    """Add where uploads are looked for."""
    words = english("Where the places are kept.")
    parser.add_argument("--checkpoint-dir", dest="kept_in", metavar="DIR", help=words)


def given_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return what stands on the line."""
    return {name: value for name, value in given.items() if value is not None}
