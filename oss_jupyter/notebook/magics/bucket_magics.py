"""`%oss_check` and `%oss_leftovers`: they parse a line and hand over. Main thread only."""

from __future__ import annotations

import json
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments

from oss_jupyter.console.spelling import as_magic, in_magic_words
from oss_jupyter.model.finding import Check
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.notebook.magics.argv import parse
from oss_jupyter.notebook.magics.leftovers import leftovers
from oss_jupyter.notebook.magics.options import place_options
from oss_jupyter.notebook.magics.showing import helped
from oss_jupyter.notebook.magics.words import Word, credentials_of
from oss_jupyter.session.checking import check
from oss_jupyter.session.session import Session

_LEFTOVERS_USAGE = "Usage: %oss_leftovers oss://bucket/prefix/ [remove ID | remove --older-than 7d | adopt ID FILE]"
_CHECK_USAGE = "Usage: %oss_check [oss://bucket/prefix/] [FILE|FOLDER|VARIABLE] [--fast] [--json] [options]"


@magics_class
class BucketMagics(Magics):
    """The magics that look at a bucket, and at the way to it."""

    def __init__(self, shell: Any, session: Session) -> None:
        super().__init__(shell)
        self._shell = shell
        self._session = session

    @magic_arguments()
    @argument("target", nargs="?", default="", help="oss://bucket/prefix/ or the key that is meant.")
    @argument("source", nargs="?", help="What is to be uploaded there, so that its time can be told.")
    @argument("--fast", action="store_true", help="Do not measure the speed of this line.")
    @argument("--json", action="store_true", help="Print the findings as JSON.")
    @place_options("checkpoint_dir")
    @line_magic
    @in_magic_words
    def oss_check(self, line: str) -> Check | None:
        """Tell what could stand in the way of an upload, before it begins: a line for each thing, and what to do.

        The way to the service, the clock, the credentials and how long they last, the bucket and its region, what is
        allowed, what is there already, room on this computer, the speed of the line, and what could end the upload
        early. Nothing is stored in the bucket; the parts that measure the speed are removed at once.
        """
        if helped(self.oss_check, line):
            return None
        given = vars(parse(self.oss_check, line, _CHECK_USAGE))
        target, source = given.pop("target"), given.pop("source")
        fast, as_json = given.pop("fast"), given.pop("json")
        given["credentials"] = credentials_of(given["credentials"], self._shell.user_ns)
        if target and "://" not in target:
            raise UsageError(f"The target comes first, like oss://bucket/data/.\n{_CHECK_USAGE}")
        word = Word.of([source], self._shell.user_ns, force=False) if source is not None else Word(None)
        arguments = UploadArguments.of(**{name: value for name, value in given.items() if value is not None})
        found = check(self._session, target, word.source, arguments, fast=fast, name=word.name or "", spell=as_magic)
        if as_json:
            print(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))  # noqa: T201 - what was asked for
            return None
        return found

    @magic_arguments()
    @argument("place", help="oss://bucket, or with the beginning of the keys.")
    @argument("action", nargs="?", default="list", choices=("list", "remove", "adopt"))
    @argument("id", nargs="?", help="remove, adopt: the upload id, or its beginning.")
    @argument("file", nargs="?", help="adopt: the local file whose parts are in OSS.")
    @argument("--older-than", metavar="AGE", help="remove: all that were begun longer ago, like 7d or 12h.")
    @argument("--yes", action="store_true", help="remove: without asking.")
    @argument("--force", action="store_true", help="remove: also those of the last day, and of checkpoints here.")
    @argument(
        "--json",
        action="store_true",
        help="A line of JSON: list: for each upload; remove: for what is gone and what stays.",
    )
    @place_options()
    @line_magic
    @in_magic_words
    def oss_leftovers(self, line: str) -> None:
        """List the unfinished multipart uploads of a bucket, whoever began them, remove them, or carry on.

        Their parts are billed, and no list of objects shows them. What this kernel, your others
        and the process behind --detach say they are sending is never removed.
        """
        if helped(self.oss_leftovers, line):
            return
        given = vars(parse(self.oss_leftovers, line, _LEFTOVERS_USAGE))
        if given["action"] == "list" and (given["id"] or given["older_than"]):
            raise UsageError(f"An id and --older-than belong to remove.\n{_LEFTOVERS_USAGE}")
        given["credentials"] = credentials_of(given["credentials"], self._shell.user_ns)
        leftovers(self._session, text=given.pop("id"), **given)
