"""Help of options in the language of whoever reads it: parsers hold it in English, and it is put into words when asked.

What argparse says by itself is English as well, so its sentences stand here beside ours.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from oss_jupyter.model.columns import wrapped
from oss_jupyter.texts import english, tr
from oss_jupyter.texts.spoken import language

# Headings and help of its own.
ARGPARSE_SAYS = (
    english("positional arguments"),
    english("options"),
    english("show this help message and exit"),
    english("show program's version number and exit"),
)
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
    english("invalid {kind} value"),
    english("ignored explicit argument"),
    english("not allowed with argument {other}"),
)
OF_RESUME_AND_ABORT = english("resume, abort: {words}")
_OF_ARGUMENT = english("argument {name}: {what}")
_COLON_BEHIND_CHINESE = re.compile("(?<=[\u4e00-\u9fff]):$", re.MULTILINE)
_HOLE = re.compile(r"\\{(\w+)\\}")


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Puts into the reader's language what a parser holds in English."""

    def start_section(self, heading: str | None) -> None:
        """Begin a group of options."""
        super().start_section(heading and tr(heading))

    def add_text(self, text: str | None) -> None:
        """Add a paragraph, which is no help of an option."""
        super().add_text(text if text is None or text == argparse.SUPPRESS else tr(text))

    def format_help(self) -> str:
        """Return all of it; argparse puts a colon behind each heading."""
        return _COLON_BEHIND_CHINESE.sub("：", super().format_help())

    def _format_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None) -> str:
        return super()._format_usage(usage and tr(usage), actions, groups, tr("usage: ") if prefix is None else prefix)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return help_of(action) or None

    def _split_lines(self, text: str, width: int) -> list[str]:
        return super()._split_lines(text, width) if language() == "en" else wrapped(" ".join(text.split()), width)


def help_of(action: argparse.Action) -> str:
    """Return what is said beside an option, in the reader's language."""
    words = action.help or ""
    before = OF_RESUME_AND_ABORT.partition("{")[0]
    if words.startswith(before):
        return tr(OF_RESUME_AND_ABORT, words=tr(words.removeprefix(before)))
    return tr(words, variable="{variable}")  # braces stand for themselves in one of them


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
