"""What stands where `%oss_upload` takes its source: paths, or the name of a variable that holds an object."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from IPython.core.error import UsageError

from oss_jupyter.errors import SourceMissing
from oss_jupyter.objects.find import could_be
from oss_jupyter.redact import quoted

_NO_VARIABLE = "--variable takes the name of a Python variable, and there is none of that name."
# What begins with a name and goes on as Python does: df.head(), df["a"].
_EXPRESSION = re.compile(r"([^\W\d]\w*)[.(\[].*[)\]]$")


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
        if force and not is_variable:
            raise UsageError(_NO_VARIABLE)
        if not is_variable:
            return cls(word if len(words) == 1 else words)
        if force or not os.path.lexists(word):
            return cls(variables[word], word)
        if not could_be(variables[word]):
            return cls(word)
        return cls(word, note=f"{word} is a file here and a variable; the file goes up. --variable takes the variable.")


@contextmanager
def as_no_variable(words: list[str], variables: Mapping[str, Any]) -> Iterator[None]:
    """Let the error that there is no such file say as well what could have been meant of variables."""
    try:
        yield
    except SourceMissing as error:
        word = words[0]
        expression = _EXPRESSION.match(word)
        if len(words) == 1 and word.isidentifier() and word not in variables:
            error.what = f"{error.what.removesuffix('.')}, and no variable of the name {word}."
            error.advice = (
                "Check the name, and run the cell that makes the variable; of a path, that its disk is mounted."
            )
        elif len(words) == 1 and expression and expression[1] in variables:
            error.advice = (
                f"Where {quoted(word)} is meant as Python, give what comes of it a name, and upload that: "
                f"name = …, then %oss_upload name oss://…"
            )
        raise
