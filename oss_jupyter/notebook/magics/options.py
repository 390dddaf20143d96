"""The options of `%oss_upload`, `%%oss_upload` and the other magics, as IPython's magics take them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from IPython.core.magic_arguments import argument, argument_group

from oss_jupyter.console.help import OF_RESUME_AND_ABORT
from oss_jupyter.console.options import ANEW_OPTIONS, UPLOAD_OPTIONS, Option
from oss_jupyter.console.options import place_options as options_of_a_place
from oss_jupyter.console.words import DRY_RUN_HELP, TARGET_HELP, Typed
from oss_jupyter.texts import english

Method = TypeVar("Method", bound=Callable[..., Any])

_FIRST = (
    argument(
        "source",
        nargs="+",
        help=english(
            "Path of a file or a folder, or a glob in quotes; several are one upload. {variable}, $variable, ~ work. "
            "Or the name of a variable that holds a table, an array, a figure, bytes or the like."
        ),
    ),
    argument("target", help=TARGET_HELP),
    argument(
        "--variable", action="store_true", help=english("The word is a variable, also where a file is called so.")
    ),
    argument("--dry-run", action="store_true", help=DRY_RUN_HELP),
)
_OF_A_CELL = (argument("target", nargs="*", help=english("oss://bucket/key of the object that the output becomes.")),)
_WAIT = argument(
    "--wait",
    action="store_true",
    help=english("Wait for the end. Interrupting the wait leaves the upload running."),
)
_ACTIONS = ("list", "show", "resume", "pause", "abort", "clean", "wait", "history")
_OF_UPLOADS = (
    argument("action", nargs="?", default="list", choices=_ACTIONS),
    argument(
        "id",
        nargs="?",
        help=english("The id of an upload or its beginning; all for resume, pause, abort and wait."),
    ),
    argument(
        "--keep-parts", action="store_true", help=english("abort: leave the parts in OSS, where they are billed.")
    ),
    argument("--forget", action="store_true", help=english("abort: ask nobody and remove the checkpoint only.")),
    argument("--last", type=int, help=english("history: so many of the last ones.")),
    argument("--csv", metavar="FILE", help=english("history: write it to a file of CSV.")),
    argument("--json", action="store_true", help=english("history: one line of JSON for each upload.")),
)
_OF_THE_SANDBOX = (
    argument("action", nargs="?", default="status", choices=("start", "stop", "status")),
    argument("--rate", help=english("start: pace of all uploads together, like 20MiB/s.")),
    argument("--bucket", metavar="NAME", help=english("start: the bucket to create; demo-bucket without it.")),
)


def upload_options(method: Method) -> Method:
    """Give a magic the options of an upload."""
    return _with([*_FIRST, _WAIT, *_grouped(UPLOAD_OPTIONS)], method)


def cell_options(method: Method) -> Method:
    """Give a magic the options of an upload of what a cell prints."""
    return _with([*_OF_A_CELL, _WAIT, *_grouped(UPLOAD_OPTIONS)], method)


def uploads_options(method: Method) -> Method:
    """Give a magic the options of what is done with uploads."""
    return _with(_OF_UPLOADS, method)


def sandbox_options(method: Method) -> Method:
    """Give a magic the options of the sandbox."""
    return _with(_OF_THE_SANDBOX, method)


def typed_options(arguments: Sequence[Typed]) -> Callable[[Method], Method]:
    """Give a magic arguments that a command has as well."""
    return lambda method: _with([argument(*words, **how) for words, how in arguments], method)


def anew_options(method: Method) -> Method:
    """Give a magic the options that can be given anew when an upload is resumed or aborted."""
    return _with([_argument(one, OF_RESUME_AND_ABORT) for one in ANEW_OPTIONS], method)


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


def _argument(one: Option, among: str = "{words}") -> Any:
    return argument(*one.words, **{**one.how, "help": among.format(words=one.how["help"])})


def _with(options: Sequence[Any], method: Method) -> Method:
    for option in reversed(options):
        method = option(method)
    return method
