"""What each command takes. Nothing of what a command does is loaded before its words are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oss_jupyter.cli.words import Parser, add, add_json, add_kept_in, add_place
from oss_jupyter.console.options import ANEW_OPTIONS, UPLOAD_OPTIONS
from oss_jupyter.console.words import CHECK_ARGUMENTS, DRY_RUN_HELP, LEFTOVERS_ARGUMENTS, TARGET_HELP
from oss_jupyter.texts import english

_ID_HELP = english("The id of an upload or its beginning, or all.")


def read(command: str, words: Sequence[str]) -> dict[str, Any]:
    """Return what is given, by its names. Ends the process with status 2 where that cannot be meant."""
    parser = _PARSERS[command]()
    add_json(parser)
    return parser.read(words)


def _upload_parser() -> Parser:
    parser = Parser(
        "upload",
        english("oss-jupyter upload FILE|FOLDER|GLOB... oss://bucket/key [options]"),
        english(
            "Upload a file, or a folder, a glob in quotes or several paths as one dataset, and follow it to its end.\n"
            "The same command again carries on where it was left, or finds that all is there."
        ),
    )
    parser.add_argument("source", nargs="+", metavar="FILE|FOLDER|GLOB", help=english("What is to go up."))
    parser.add_argument("target", help=TARGET_HELP)
    parser.add_argument("--dry-run", action="store_true", help=DRY_RUN_HELP)
    add(parser, UPLOAD_OPTIONS)
    return parser


def _resume_parser() -> Parser:
    parser = Parser(
        "resume",
        english("oss-jupyter resume ID|all [options]"),
        english("Carry on with an upload, or with all, and follow it to its end."),
    )
    parser.add_argument("id", metavar="ID", help=_ID_HELP)
    add_kept_in(parser)
    add(parser, ANEW_OPTIONS)
    return parser


def _list_parser() -> Parser:
    parser = Parser(
        "list",
        english("oss-jupyter list [options]"),
        english(
            "List the uploads that wait to be carried on, run in another process or kernel, or outlive their terminal."
        ),
    )
    add_kept_in(parser)
    return parser


def _pause_parser() -> Parser:
    parser = Parser(
        "pause",
        "oss-jupyter pause ID|all",
        english("Pause an upload that another process sends, or all of them."),
    )
    parser.add_argument("id", metavar="ID", help=_ID_HELP)
    add_kept_in(parser)
    return parser


def _abort_parser() -> Parser:
    parser = Parser(
        "abort",
        english("oss-jupyter abort ID|all [--keep-parts | --forget] [options]"),
        english("Give an upload up and remove its parts from OSS, where they would be billed."),
    )
    parser.add_argument("id", metavar="ID", help=_ID_HELP)
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--keep-parts", action="store_true", help=english("Leave the parts in OSS, where they are billed.")
    )
    how.add_argument("--forget", action="store_true", help=english("Ask nobody, and remove the checkpoint only."))
    add_kept_in(parser)
    add(parser, ANEW_OPTIONS)
    return parser


def _history_parser() -> Parser:
    parser = Parser(
        "history",
        "oss-jupyter history [--last N] [--csv FILE]",
        english("List the uploads that have ended, in all processes."),
    )
    parser.add_argument("--last", type=int, metavar="N", help=english("So many of the last ones."))
    parser.add_argument("--csv", metavar="FILE", help=english("Write it to a file of CSV."))
    return parser


def _check_parser() -> Parser:
    parser = Parser(
        "check",
        english("oss-jupyter check [oss://bucket/prefix/] [FILE|FOLDER] [options]"),
        english(
            "Tell what could stand in the way of an upload, before it begins: a line for each thing, and what to do.\n"
            "Nothing is stored in the bucket; the parts that measure the speed are removed at once."
        ),
    )
    for words, how in CHECK_ARGUMENTS:
        parser.add_argument(*words, **how)
    add_place(parser, "checkpoint_dir")
    return parser


def _leftovers_parser() -> Parser:
    parser = Parser(
        "leftovers",
        english(
            "oss-jupyter leftovers oss://bucket/prefix/ [remove ID | remove --older-than 7d | adopt ID FILE] [options]"
        ),
        english(
            "List the unfinished multipart uploads of a bucket, whoever began them, remove them, or carry on with one."
            "\nTheir parts are billed, and no list of objects shows them."
        ),
    )
    for words, how in LEFTOVERS_ARGUMENTS:
        parser.add_argument(*words, **how)
    add_place(parser)
    return parser


_PARSERS: Mapping[str, Callable[[], Parser]] = {
    "upload": _upload_parser,
    "resume": _resume_parser,
    "list": _list_parser,
    "pause": _pause_parser,
    "abort": _abort_parser,
    "history": _history_parser,
    "check": _check_parser,
    "leftovers": _leftovers_parser,
}
