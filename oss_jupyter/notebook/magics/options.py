"""The options of `%oss_upload`: the arguments of `oss_jupyter.upload`, with dashes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from IPython.core.magic_arguments import argument, argument_group

from oss_jupyter.model.arguments import ARGUMENTS, GROUPS, Argument

Method = TypeVar("Method", bound=Callable[..., Any])

_FIRST = (
    argument("source", help="Path of a file. Quote spaces; {variable}, $variable and ~ are expanded."),
    argument("target", help="oss://bucket/key; a key that ends in / gets the file's name appended."),
    argument("--wait", action="store_true", help="Wait for the end. Interrupting the wait leaves the upload running."),
)
_SHORT = {one.short_for: name for name, one in ARGUMENTS.items() if one.short_for}


def _options() -> Iterator[Any]:
    yield from _FIRST
    for group in GROUPS:
        those = [one for one in ARGUMENTS.values() if one.group == group.__doc__ and one.on_a_line]
        if those:
            yield argument_group(str(group.__doc__).rstrip(".").lower())
        yield from (_option(one) for one in those if not one.short_for)


def _option(one: Argument) -> Any:
    words = [f"--{name.replace('_', '-')}" for name in (_SHORT.get(one.name), one.name) if name]
    return argument(*words, dest=one.name, help=one.words, **_how(one))


def _how(one: Argument) -> dict[str, Any]:
    """Return how argparse reads an option. What is not written stays None, and comes from the settings."""
    if one.types == ("bool",):
        off = one.default is False
        return {"action": "store_true", "default": None} if off else {"action": argparse.BooleanOptionalAction}
    metavar = one.takes or one.name.upper()
    return {"metavar": metavar, **({"action": "append"} if "=" in metavar else {})}


UPLOAD_OPTIONS = tuple(_options())


def upload_options(method: Method) -> Method:
    """Give a magic these options, in this order."""
    for option in reversed(UPLOAD_OPTIONS):
        method = option(method)
    return method
