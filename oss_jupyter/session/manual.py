"""What Shift-Tab and help() show of `upload`: the arguments in their groups, a line each, two screens in all."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import MISSING
from typing import Any, TypeVar

from oss_jupyter.model.arguments import ARGUMENTS, GROUPS, Argument
from oss_jupyter.model.described import line_of
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.stores import UNSET

Function = TypeVar("Function", bound=Callable[..., Any])

# What help() adds to a line: the name, or blanks before it.
_WIDTH = 100 - len("upload")


def with_arguments(function: Function) -> Function:
    """Give a function that takes `UploadOptions` its signature in full, and a docstring that goes through them."""
    real = inspect.signature(function)
    named = [one for one in real.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    more = [inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=_left_out(one)) for one in _ARGUMENTS]
    vars(function)["__signature__"] = _Folded([*named, *more], return_annotation=real.return_annotation)
    function.__doc__ = "\n".join((inspect.cleandoc(function.__doc__ or ""), *_lines()))
    return function


class _Folded(inspect.Signature):
    """A signature that help() shows neither in one endless line nor in one line for each argument."""

    def __str__(self) -> str:
        return self.format()

    def format(self, **_: Any) -> str:
        text = inspect.Signature.__str__(inspect.Signature(list(self.parameters.values())))
        return textwrap.fill(text, _WIDTH, subsequent_indent="    ") + f" -> {self.return_annotation}"


_ARGUMENTS = tuple(ARGUMENTS.values())


def _left_out(argument: Argument) -> Any:
    return UNSET if argument.none else argument.default


def _lines() -> Iterator[str]:
    defaults = OssJupyter()
    for group in GROUPS:
        yield f"\n{group.capitalize()}:"
        for one in _ARGUMENTS:
            if one.group == group:
                yield f"  {_line(one, getattr(defaults, one.name, one.default))}"


def _line(one: Argument, default: Any) -> str:
    kind = " | ".join(one.types) + (f" ({one.unit})" if one.unit else "")
    none = f" None: {one.none}." if one.none else ""
    return line_of(one.name, kind, MISSING if default is None else default, f"{one.python or one.words}{none}")
