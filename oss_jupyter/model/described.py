"""A line for each argument or field, as Shift-Tab and help() show it: name, type, default, a few words."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, fields
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Kind = TypeVar("Kind", bound=type)

# Where a class lies is nobody's business who reads a line.
_ROOMS = re.compile(r"\b(?:\w+\.)+(?=[A-Z])")


def described(kind: Kind) -> Kind:
    """Let the docstring of a dataclass tell its fields: each is ``Annotated`` with its words, units among them."""
    hints = get_type_hints(kind, include_extras=True)
    kinds = {entry.name: " | ".join(type_names(hints[entry.name].__origin__)) for entry in fields(kind)}
    lines = (line_of(one.name, kinds[one.name], one.default, hints[one.name].__metadata__[0]) for one in fields(kind))
    kind.__doc__ = "\n".join((inspect.cleandoc(kind.__doc__ or ""), "", *lines))
    vars(kind)["__init__"].__annotations__.update(kinds)  # the signature need not tell the words again
    return kind


def line_of(name: str, kind: str, default: Any, words: str) -> str:
    """Return a line; MISSING is no default."""
    shown = f"{type(default).__name__}.{default.name}" if isinstance(default, Enum) else repr(default)
    return f"{name}: {kind}{'' if default is MISSING else f' = {shown}'}. {words}"


def type_names(hint: Any) -> tuple[str, ...]:
    """Return the types that a hint allows, in short: ``("int", "None")`` or ``("tuple[str, ...]",)``."""
    union = type(None) in get_args(hint) or get_origin(hint) is type(int | str)
    return tuple(map(_name, get_args(hint) if union else (hint,)))


def _name(kind: Any) -> str:
    if kind is type(None):
        return "None"
    plain = get_args(kind) and isinstance(get_origin(kind), type) and get_origin(kind) in (tuple, list, dict)
    return _ROOMS.sub("", str(kind)) if plain else str((get_origin(kind) or kind).__name__)
