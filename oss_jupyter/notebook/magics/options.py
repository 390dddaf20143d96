"""The options of `%oss_upload`, `%%oss_upload` and the other magics, as IPython's magics take them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from IPython.core.magic_arguments import argument, argument_group

from oss_jupyter.console.options import ANEW_OPTIONS, UPLOAD_OPTIONS, Option
from oss_jupyter.console.options import place_options as options_of_a_place

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


def upload_options(method: Method) -> Method:
    """Give a magic the options of an upload."""
    return _with([*_FIRST, _WAIT, *_grouped(UPLOAD_OPTIONS)], method)


def cell_options(method: Method) -> Method:
    """Give a magic the options of an upload of what a cell prints."""
    return _with([*_OF_A_CELL, _WAIT, *_grouped(UPLOAD_OPTIONS)], method)


def anew_options(method: Method) -> Method:
    """Give a magic the options that can be given anew when an upload is resumed or aborted."""
    return _with([_argument(one, "resume, abort: ") for one in ANEW_OPTIONS], method)


def place_options(*more: str) -> Callable[[Method], Method]:
    """Give a magic the options that say how the service is reached and who asks, and some more by their names."""
    return lambda method: _with([_argument(one) for one in options_of_a_place(*more)], method)


def _grouped(options: Sequence[Option]) -> Iterator[Any]:
    group = ""
    for one in options:
        if one.group != group:
            group = one.group
            yield argument_group(group)
        yield _argument(one)


def _argument(one: Option, before: str = "") -> Any:
    return argument(*one.words, **{**one.how, "help": before + one.how["help"]})


def _with(options: Sequence[Any], method: Method) -> Method:
    for option in reversed(options):
        method = option(method)
    return method
