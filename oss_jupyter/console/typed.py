"""How a value that Python's source has is typed on a line: a word that the magics' parser and a shell both take."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from oss_jupyter.model.arguments import ARGUMENTS
from oss_jupyter.model.tags import as_tagging

# What means nothing to either of them: letters of any script are bare words.
_BARE = re.compile(r"[\w%+,./:=@…-]+")
_NOT_IN_DOUBLE = re.compile(r"[\"$`\\!]")


def option(flag: str, text: str) -> str:
    """Return an option with its value, which may begin like an option."""
    return f"{flag}={word(text)}" if text.startswith("-") else f"{flag} {word(text)}"


def word(text: str) -> str:
    """Return a text as one word; without quotes where it needs none."""
    if _BARE.fullmatch(text):
        return text
    if not _NOT_IN_DOUBLE.search(text):
        return f'"{text}"'
    return "'" + text.replace("'", "'\"'\"'") + "'"


def literal(source: str) -> str:
    """Return what stands between quotes in Python's source; a quote or a backslash has one before it."""
    return re.sub(r"\\([\"'\\])", r"\1", source)


def mapping(flag: str, name: str, source: str) -> str | None:
    """Return the option that gives a dict of Python's source, or None where it is none or cannot be given."""
    try:
        found = ast.literal_eval(source)
        return _given(flag, name, found) if isinstance(found, dict) else None
    except (ValueError, SyntaxError):  # also where it cannot be given at all
        return None


def _given(flag: str, name: str, found: Mapping[str, Any]) -> str:
    takes = ARGUMENTS[name].takes
    if takes == "NAME=VALUE":
        return " ".join(option(flag, f"{key}={value}") for key, value in found.items())
    if takes == "VARIABLE":
        return f"{flag} {takes}"
    if takes == "TAGS":
        return option(flag, as_tagging(found))
    return option(flag, json.dumps(found, ensure_ascii=False))
