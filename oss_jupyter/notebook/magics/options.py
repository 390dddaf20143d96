"""The options of `%oss_upload` and `%%oss_upload`: the arguments of `oss_jupyter.upload`, with dashes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from IPython.core.magic_arguments import argument, argument_group

from oss_jupyter.model.arguments import ANEW_NAMES, ARGUMENTS, GROUPS, PLACE_NAMES, Argument
from oss_jupyter.model.dataset import Rule

Method = TypeVar("Method", bound=Callable[..., Any])

_FIRST = (
    argument(
        "source",
        nargs="+",
        help="Path of a file or a folder, or a glob in quotes; several are one upload. {variable}, $variable, ~ work. "
        "Or the name of a variable that holds a table, an array, a figure, bytes or the like.",
    ),
    argument("target", help="oss://bucket/key; one that ends in / gets the file's name, or the paths below a folder."),
    argument("--variable", action="store_true", help="The word is a variable, also where a file is called so."),
    argument("--dry-run", action="store_true", help="Send nothing: show what would be done with each file."),
)
_OF_A_CELL = (argument("target", nargs="*", help="oss://bucket/key of the object that the output becomes."),)
_WAIT = argument(
    "--wait", action="store_true", help="Wait for the end. Interrupting the wait leaves the upload running."
)
_SHORT = {one.short_for: name for name, one in ARGUMENTS.items() if one.short_for}


def _options(first: Sequence[Any]) -> Iterator[Any]:
    yield from first
    yield _WAIT
    for group in GROUPS:
        those = [one for one in ARGUMENTS.values() if one.group == group.__doc__ and one.on_a_line]
        if those:
            yield argument_group(str(group.__doc__).rstrip(".").lower())
        yield from (_option(one) for one in those if not one.short_for)


def _option(one: Argument, before: str = "") -> Any:
    words = [f"--{name.replace('_', '-')}" for name in (_SHORT.get(one.name), one.name) if name]
    return argument(*words, dest=one.name, help=before + one.words, **_how(one))


def _how(one: Argument) -> dict[str, Any]:
    """Return how argparse reads an option. What is not written stays None, and comes from the settings."""
    if one.types == ("bool",):
        off = one.default is False
        return {"action": "store_true", "default": None} if off else {"action": argparse.BooleanOptionalAction}
    metavar = one.takes or one.name.upper()
    if metavar == "PATTERN":
        return {"metavar": metavar, "action": _InOrder}
    return {"metavar": metavar, **({"action": "append"} if "=" in metavar else {})}


class _InOrder(argparse.Action):
    """Keeps patterns that take in and that leave out in the order in which they stand on the line, under `include`."""

    def __call__(self, parser: object, namespace: argparse.Namespace, value: Any, option: object = None) -> None:
        rule = Rule(value, takes_in=self.dest == "include")
        namespace.include = [*(namespace.include or ()), rule]


UPLOAD_OPTIONS = tuple(_options(_FIRST))


def upload_options(method: Method) -> Method:
    """Give a magic the options of an upload."""
    return _with(UPLOAD_OPTIONS, method)


def cell_options(method: Method) -> Method:
    """Give a magic the options of an upload of what a cell prints."""
    return _with(tuple(_options(_OF_A_CELL)), method)


def anew_options(method: Method) -> Method:
    """Give a magic the options that can be given anew when an upload is resumed or aborted."""
    return _with([_option(ARGUMENTS[name], "resume, abort: ") for name in ANEW_NAMES], method)


def place_options(*more: str) -> Callable[[Method], Method]:
    """Give a magic the options that say how the service is reached and who asks, and some more by their names."""
    names = (*dict.fromkeys((*PLACE_NAMES, *ANEW_NAMES)), *more)
    return lambda method: _with([_option(ARGUMENTS[name]) for name in names], method)


def _with(options: Sequence[Any], method: Method) -> Method:
    for option in reversed(options):
        method = option(method)
    return method
