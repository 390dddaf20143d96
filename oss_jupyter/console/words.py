"""Arguments that magics and commands both take beside the options of an upload: how each is typed, and its help."""

from __future__ import annotations

from typing import Any

from oss_jupyter.texts import english

Typed = tuple[tuple[str, ...], dict[str, Any]]

TARGET_HELP = english("oss://bucket/key; one that ends in / gets the file's name, or the paths below a folder.")
DRY_RUN_HELP = english("Send nothing: show what would be done with each file.")


def _typed(*words: str, **how: Any) -> Typed:
    """Return what `add_argument` takes."""
    return (words, how)


CHECK_ARGUMENTS: tuple[Typed, ...] = (
    _typed("target", nargs="?", default="", help=english("oss://bucket/prefix/ or the key that is meant.")),
    _typed("source", nargs="?", help=english("What is to be uploaded there, so that its time can be told.")),
    _typed("--fast", action="store_true", help=english("Do not measure the speed of this line.")),
)
LEFTOVERS_ARGUMENTS: tuple[Typed, ...] = (
    _typed("place", help=english("oss://bucket, or with the beginning of the keys.")),
    _typed("action", nargs="?", default="list", choices=("list", "remove", "adopt")),
    _typed("id", nargs="?", help=english("remove, adopt: the upload id, or its beginning.")),
    _typed("file", nargs="?", help=english("adopt: the local file whose parts are in OSS.")),
    _typed("--older-than", metavar="AGE", help=english("remove: all that were begun longer ago, like 7d or 12h.")),
    _typed("--yes", action="store_true", help=english("remove: without asking.")),
    _typed(
        "--force",
        action="store_true",
        help=english("remove: also those of the last day, and of checkpoints here."),
    ),
)
