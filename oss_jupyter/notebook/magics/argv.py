"""The line behind a magic's name: split into words, parsed, and complained about without repeating its values."""

from __future__ import annotations

import argparse
import os
import re
from typing import Any

from IPython.core.error import UsageError

from oss_jupyter.console.options import behind_dashes, is_option, without_values, words_too_many
from oss_jupyter.model.sizes import count
from oss_jupyter.texts import english, sentences, tr
from oss_jupyter.texts.argparse_says import complaint

# IPython's completion writes spaces and the like as `\ ` where the system separates folders by a slash. Every other
# backslash stands for itself, so that C:\data\trips.csv arrives as it was typed.
_ESCAPED = r"\\(?P<escaped>[ ()\[\]{}?=|;:'#*\"^&])" if os.sep == "/" else r"(?P<escaped>(?!))"
PIECE = re.compile(
    r"(?P<gap>\s+)"
    r'|"(?P<double>[^"]*)"'
    r"|'(?P<single>[^']*)'"
    r"|(?P<lone>[\"'])"
    rf"|{_ESCAPED}"
    r"|(?P<plain>[^\s\"'\\]+|\\)"
)
_DATA = english(
    "Data is no file: it goes up by the name of its variable, without braces, as in "
    "%oss_upload df oss://bucket/t.parquet; "
    'or write it to a file first, for example df.to_parquet("data.parquet"), and upload that.'
)
_NO_FILE = english("The line holds several lines of text, such as a table that was put in by its name, and no path.")


def split_line(line: str) -> list[str]:
    """Return the words of a line; quotes keep what is between them together. Raises UsageError.

    As in Python, a # that begins a word begins a comment, and a ; at the end is no part of the last word; in quotes
    both stand for themselves.
    """
    words: list[str] = []
    word: str | None = None
    bare = ""  # the piece before, where nothing protects it
    for piece in PIECE.finditer(line):
        kind = piece.lastgroup or ""
        if kind == "lone":
            raise UsageError(tr("A quote is not closed. Put a name that holds one kind of quote into the other kind."))
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
        arguments, rest = magic.parser.parse_known_intermixed_args(behind_dashes(split_line(line)))
    except UsageError as error:
        said = complaint(without_values(str(error)))
    else:
        if not rest and not _holds_a_table(line):
            assert isinstance(arguments, argparse.Namespace)
            return arguments
        said = words_too_many(rest, '"{path}"', magic.parser._option_string_actions)
        if "source" in vars(arguments) and not any(map(is_option, rest)):
            said = sentences(said, tr(_DATA))
    # Raised outside of the block: argparse's words, which repeat values, would travel along as its context.
    raise misused(sentences(tr(_NO_FILE), tr(_DATA)) if _holds_a_table(line) else said, usage)


def misused(what: str, usage: str) -> UsageError:
    """Return what is wrong with a line, and below it how it is written; `usage` in English, as `tr` takes it."""
    return UsageError(f"{what}\n{tr(usage)}")


def _holds_a_table(line: str) -> bool:
    """Whether a variable in braces, or something typed, put several lines where words belong: it was no name."""
    bare = re.sub(r'"[^"]*"|\'[^\']*\'', "", line)
    return "\n" in bare.strip()


def refuse_one_name(words: list[str]) -> None:
    """Raise UsageError where several words are the name of one file, which has blanks in it, or none is any path."""
    if len(words) < 2:
        return
    if os.path.lexists(" ".join(words)):
        raise UsageError(tr("There is one file of that whole name: put names with spaces into quotes."))
    if not any(map(_may_be_there, words)):
        many = count(len(words), "word")
        what = tr(
            "None of {words} is the path of a file. Put names with spaces into quotes, also in variables: {variable}.",
            words=many,
            variable='"{path}"',
        )
        raise UsageError(sentences(what, tr(_DATA)))


def _may_be_there(word: str) -> bool:
    return os.path.lexists(os.path.expanduser(word)) or any(sign in word for sign in "*?")  # noqa: PTH111
