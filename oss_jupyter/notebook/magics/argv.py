"""The line behind a magic's name: split into words, parsed, and complained about without repeating its values."""

from __future__ import annotations

import argparse
import os
import re
from typing import Any

from IPython.core.error import UsageError

from oss_jupyter.session.text import counted

# IPython's completion writes spaces and the like as `\ ` where the system separates folders by a slash. Every other
# backslash stands for itself, so that C:\data\trips.csv arrives as it was typed.
_ESCAPED = r"\\(?P<escaped>[ ()\[\]{}?=|;:'#*\"^&])" if os.sep == "/" else r"(?P<escaped>(?!))"
_PIECE = re.compile(
    r"(?P<gap>\s+)"
    r'|"(?P<double>[^"]*)"'
    r"|'(?P<single>[^']*)'"
    r"|(?P<lone>[\"'])"
    rf"|{_ESCAPED}"
    r"|(?P<plain>[^\s\"'\\]+|\\)"
)


def split_line(line: str) -> list[str]:
    """Return the words of a line; quotes keep what is between them together. Raises UsageError.

    As in Python, a # that begins a word begins a comment, and a ; at the end is no part of the last word; in quotes
    both stand for themselves.
    """
    words: list[str] = []
    word: str | None = None
    bare = ""  # the piece before, where nothing protects it
    for piece in _PIECE.finditer(line):
        kind = piece.lastgroup or ""
        if kind == "lone":
            raise UsageError("A quote is not closed. Put a name that holds one kind of quote into the other kind.")
        if kind != "gap":
            if word is None and kind == "plain" and piece[kind].startswith("#"):
                break
            word = (word or "") + piece[kind]
            bare = piece[kind] if kind == "plain" else ""
        elif word is not None:
            words.append(word)
            word = None
    words += [] if word is None else [word]
    if bare.endswith(";"):
        words[-1] = words[-1][: len(bare.rstrip(";")) - len(bare)]
        return words if words[-1] else words[:-1]
    return words


def wants_help(line: str) -> bool:
    """Whether --help or -h stands in a line, which may otherwise be wrong."""
    try:
        return not {"--help", "-h"}.isdisjoint(split_line(line))
    except UsageError:
        return False


def parse(magic: Any, line: str, usage: str) -> argparse.Namespace:
    """Return the arguments of a magic. Raises UsageError with a short usage line.

    Words that do not fit are counted and not repeated: an expanded variable may have put a secret there.
    """
    try:
        # Intermixed, because an option may stand before the last word that it does not belong to.
        arguments, rest = magic.parser.parse_known_intermixed_args(split_line(line))
    except UsageError as error:
        raise UsageError(f"{error}\n{usage}") from None
    if rest:
        unknown = [word.partition("=")[0] for word in rest if word.startswith("--")]
        many = counted(len(rest), "word")
        said = f'{many} too many. Put names with spaces into quotes, also in variables: "{{path}}".'
        if unknown:
            said = f"There is no option {', '.join(unknown)}."
        raise UsageError(f"{said}\n{usage}")
    assert isinstance(arguments, argparse.Namespace)
    return arguments


def pairs(texts: list[str] | None) -> dict[str, str] | None:
    """Return ``["k=v"]`` as a mapping. Raises UsageError."""
    if texts is None:
        return None
    wrong = [text for text in texts if "=" not in text]
    if wrong:
        raise UsageError("--metadata takes name=value, and may be repeated.")
    return {name: value for name, _, value in (text.partition("=") for text in texts)}
