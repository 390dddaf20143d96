"""What stands where `%oss_upload` takes its source: paths, or the name of a variable that holds an object."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from IPython.core.error import UsageError

from oss_jupyter.objects.find import could_be

_NO_VARIABLE = "--variable takes the name of a Python variable, and there is none of that name."


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
