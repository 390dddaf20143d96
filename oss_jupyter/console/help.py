"""Help of options in the language of whoever reads it: parsers hold it in English, and it is put into words when asked.

What argparse says by itself stands in `texts.argparse_says`.
"""

from __future__ import annotations

import argparse
import re
from typing import Any

from oss_jupyter.model.columns import wrapped
from oss_jupyter.texts import english, tr
from oss_jupyter.texts.spoken import language

OF_RESUME_AND_ABORT = english("resume, abort: {words}")
_COLON_BEHIND_CHINESE = re.compile("(?<=[\u4e00-\u9fff]):$", re.MULTILINE)


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
