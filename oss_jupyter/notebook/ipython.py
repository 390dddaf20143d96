"""What this room takes from IPython, most of which has no types: behind these names the rest of the room has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from IPython.core import getipython, magic, magic_arguments
from IPython.core.error import UsageError
from IPython.display import display as _display

Method = TypeVar("Method", bound=Callable[..., Any])

__all__ = [
    "Magics",
    "UsageError",
    "display",
    "get_ipython",
    "in_notebook",
    "line_magic",
    "magics_class",
    "option",
    "option_group",
]

_untyped: Any = magic_arguments
_magic: Any = magic

Magics = magic.Magics
display: Any = _display
get_ipython: Any = getipython.get_ipython
magics_class: Any = magic.magics_class
option: Any = magic_arguments.argument
option_group: Any = magic_arguments.argument_group


def line_magic(*options: Any) -> Callable[[Method], Method]:
    """Make a method a line magic whose options are parsed by argparse, and documented by `%name?`."""

    def decorate(method: Method) -> Method:
        made = _magic.line_magic(method)
        for each in reversed(options):
            made = each(made)
        decorated: Method = _untyped.magic_arguments()(made)
        return decorated

    return decorate


def in_notebook() -> bool:
    """Whether outputs can be updated in place: a Jupyter kernel runs this."""
    return getattr(get_ipython(), "kernel", None) is not None
