"""What each command takes. Nothing of what a command does is loaded before its words are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oss_jupyter.cli.words import Parser, add, add_json, add_kept_in, add_place
from oss_jupyter.console.options import ANEW_OPTIONS, UPLOAD_OPTIONS


def read(command: str, words: Sequence[str]) -> dict[str, Any]:
    """Return what is given, by its names. Ends the process with status 2 where that cannot be meant."""
    parser = _PARSERS[command]()
    add_json(parser)
    return parser.read(words)


def _upload_parser() -> Parser:
    parser = Parser(
        "upload",
        "FILE|FOLDER|GLOB... oss://bucket/key [options]",
        "Upload a file, or a folder, a glob in quotes or several paths as one dataset, and follow it to its end.\n"
        "The same command again carries on where it was left, or finds that all is there.",
    )
    parser.add_argument("source", nargs="+", metavar="FILE|FOLDER|GLOB", help="What is to go up.")
    parser.add_argument(
        "target", help="oss://bucket/key; one that ends in / gets the file's name, or the paths below a folder."
    )
    parser.add_argument("--dry-run", action="store_true", help="Send nothing: show what would be done with each file.")
    add(parser, UPLOAD_OPTIONS)
    return parser


def _resume_parser() -> Parser:
    parser = Parser("resume", "ID|all [options]", "Carry on with an upload, or with all, and follow it to its end.")
    parser.add_argument("id", metavar="ID", help="The id of an upload or its beginning, or all.")
    add_kept_in(parser)
    add(parser, ANEW_OPTIONS)
    return parser


def _list_parser() -> Parser:
    parser = Parser(
        "list",
        "[options]",
        "List the uploads that wait to be carried on, run in another process or kernel, or outlive their terminal.",
    )
    add_kept_in(parser)
    return parser


def _pause_parser() -> Parser:
    parser = Parser("pause", "ID|all", "Pause an upload that outlives its terminal or its kernel, or all of them.")
    parser.add_argument("id", metavar="ID", help="The id of an upload or its beginning, or all.")
    add_kept_in(parser)
    return parser


def _abort_parser() -> Parser:
    parser = Parser(
        "abort",
        "ID|all [--keep-parts | --forget] [options]",
        "Give an upload up and remove its parts from OSS, where they would be billed.",
    )
    parser.add_argument("id", metavar="ID", help="The id of an upload or its beginning, or all.")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--keep-parts", action="store_true", help="Leave the parts in OSS, where they are billed.")
    how.add_argument("--forget", action="store_true", help="Ask nobody, and remove the checkpoint only.")
    add_kept_in(parser)
    add(parser, ANEW_OPTIONS)
    return parser


def _history_parser() -> Parser:
    parser = Parser("history", "[--last N] [--csv FILE]", "List the uploads that have ended, in all processes.")
    parser.add_argument("--last", type=int, metavar="N", help="So many of the last ones.")
    parser.add_argument("--csv", metavar="FILE", help="Write it to a file of CSV.")
    return parser


def _check_parser() -> Parser:
    parser = Parser(
        "check",
        "[oss://bucket/prefix/] [FILE|FOLDER] [options]",
        "Tell what could stand in the way of an upload, before it begins: a line for each thing, and what to do.\n"
        "Nothing is stored in the bucket; the parts that measure the speed are removed at once.",
    )
    parser.add_argument("target", nargs="?", default="", help="oss://bucket/prefix/ or the key that is meant.")
    parser.add_argument("source", nargs="?", help="What is to be uploaded there, so that its time can be told.")
    parser.add_argument("--fast", action="store_true", help="Do not measure the speed of this line.")
    add_place(parser, "checkpoint_dir")
    return parser


def _leftovers_parser() -> Parser:
    parser = Parser(
        "leftovers",
        "oss://bucket/prefix/ [remove ID | remove --older-than 7d | adopt ID FILE] [options]",
        "List the unfinished multipart uploads of a bucket, whoever began them, remove them, or carry on with one.\n"
        "Their parts are billed, and no list of objects shows them.",
    )
    parser.add_argument("place", help="oss://bucket, or with the beginning of the keys.")
    parser.add_argument("action", nargs="?", default="list", choices=("list", "remove", "adopt"))
    parser.add_argument("id", nargs="?", help="remove, adopt: the upload id, or its beginning.")
    parser.add_argument("file", nargs="?", help="adopt: the local file whose parts are in OSS.")
    parser.add_argument("--older-than", metavar="AGE", help="remove: all that were begun longer ago, like 7d or 12h.")
    parser.add_argument("--yes", action="store_true", help="remove: without asking.")
    parser.add_argument(
        "--force", action="store_true", help="remove: also those of the last day, and of checkpoints here."
    )
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
