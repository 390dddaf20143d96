"""What stands where `%oss_upload` takes its source: paths, or the name of a variable that holds an object."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from typing import Any

from IPython.core.error import UsageError

from oss_jupyter.errors import SourceMissing
from oss_jupyter.objects.find import could_be
from oss_jupyter.texts import english, sentences, tr

_EXPRESSION_SAID = english(
    "Behind %oss_upload stands a path or the name of a variable, and no other Python. Give what comes of it a name "
    "first: part = df.head(), and then %oss_upload part oss://bucket/part.parquet"
)
# What begins with a name and goes on as Python does: df.head(), df["a"].
_EXPRESSION = re.compile(r"([^\W\d]\w*)[.(\[].*[)\]]$")

# What looks a variable up, by its namespace and its name.
_NAMED: dict[tuple[int, str], Callable[[], Any]] = {}


def variable_of(name: str | None, variables: Mapping[str, Any], option: str = "--credentials") -> Any:
    """Return the value of a variable that an option names. What was written is not repeated: it may be a key."""
    if name is None:
        return None
    if name not in variables:
        raise _no_variable(option)
    return variables[name]


def credentials_of(name: str | None, variables: Mapping[str, Any]) -> Any:
    """Return the variable behind --credentials so that its value of the moment counts, also when one tries again.

    One object for each name, because uploads with the same credentials share their connections. Raises UsageError.
    """
    if name is None or variable_of(name, variables) is None:
        return None
    return _NAMED.setdefault((id(variables), name), lambda: variables[name])


@dataclass(frozen=True)
class Word:
    """The source of a line. name: of the variable that it is, or None for paths. note: what to tell of the choice."""

    source: Any
    name: str | None = None
    note: str = ""

    @classmethod
    def of(cls, words: list[str], variables: Mapping[str, Any], *, force: bool) -> Word:
        """Return what the words mean: a path that exists comes before a variable. Raises UsageError."""
        word = words[0]
        is_variable = len(words) == 1 and word.isidentifier() and word in variables
        if len(words) == 1 and _is_expression(word, variables):
            raise UsageError(tr(_EXPRESSION_SAID))
        if force and not is_variable:
            raise _no_variable("--variable")
        if not is_variable:
            return cls(word if len(words) == 1 else words)
        if force or not os.path.lexists(word):
            return cls(variables[word], word)
        if not could_be(variables[word]):
            return cls(word)
        both = tr("{name} is a file here and a variable; the file goes up. --variable takes the variable.", name=word)
        return cls(word, note=both)


def _no_variable(option: str) -> UsageError:
    return UsageError(
        tr("{option} takes the name of a Python variable, and there is none of that name.", option=option)
    )


def _is_expression(word: str, variables: Mapping[str, Any]) -> bool:
    """Whether it is of Python, of a variable that there is, and neither a path nor a glob that finds one."""
    said = _EXPRESSION.match(word)
    return said is not None and said[1] in variables and not os.path.lexists(word) and not glob(word)  # noqa: PTH207


@contextmanager
def as_no_variable(words: list[str], variables: Mapping[str, Any]) -> Iterator[None]:
    """Let the error that there is no such file say as well what could have been meant of variables."""
    try:
        yield
    except SourceMissing as error:
        word, alone = words[0], len(words) == 1
        if alone and word.isidentifier() and word not in variables:
            error.what = tr(
                "{what}, and no variable of the name {name}.",
                what=error.what.removesuffix(".").removesuffix("。"),
                name=word,
            )
            error.advice = tr(
                "Check the name, and run the cell that makes the variable; of a path, that its disk is mounted."
            )
        elif alone and isinstance(variables.get(word), str):
            error.what = sentences(error.what, tr("It is what the variable {name} holds.", name=word))
            itself = tr("Where the text itself is to go up: %oss_upload {name} oss://… --variable.", name=word)
            error.advice = sentences(itself, error.advice)
        raise
