"""`%oss_check` and `%oss_leftovers`: they parse a line and hand over. Main thread only."""

from __future__ import annotations

import json
from typing import Any

from IPython.core.magic import Magics, line_magic, magics_class
from IPython.core.magic_arguments import argument

from oss_jupyter.console.spelling import as_magic, in_magic_words
from oss_jupyter.console.words import CHECK_ARGUMENTS, LEFTOVERS_ARGUMENTS
from oss_jupyter.model.finding import Check
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.notebook.magics.argv import misused, parse
from oss_jupyter.notebook.magics.help import CHECK, LEFTOVERS, helped_by
from oss_jupyter.notebook.magics.leftovers import leftovers
from oss_jupyter.notebook.magics.options import place_options, typed_options
from oss_jupyter.notebook.magics.showing import helped
from oss_jupyter.notebook.magics.words import Word, credentials_of
from oss_jupyter.session.checking import check
from oss_jupyter.session.session import Session
from oss_jupyter.texts import english, tr

_LEFTOVERS_USAGE = english(
    "Usage: %oss_leftovers oss://bucket/prefix/ [remove ID | remove --older-than 7d | adopt ID FILE]"
)
_CHECK_USAGE = english("Usage: %oss_check [oss://bucket/prefix/] [FILE|FOLDER|VARIABLE] [--fast] [--json] [options]")


@magics_class
class BucketMagics(Magics):
    """The magics that look at a bucket, and at the way to it."""

    def __init__(self, shell: Any, session: Session) -> None:
        super().__init__(shell)
        self._shell = shell
        self._session = session

    @helped_by(CHECK)
    @typed_options(CHECK_ARGUMENTS)
    @argument("--json", action="store_true", help=english("Print the findings as JSON."))
    @place_options("checkpoint_dir")
    @line_magic
    @in_magic_words
    def oss_check(self, line: str) -> Check | None:
        """Tell what could stand in the way of an upload, before it begins."""
        if helped(self.oss_check, line):
            return None
        given = vars(parse(self.oss_check, line, _CHECK_USAGE))
        target, source = given.pop("target"), given.pop("source")
        fast, as_json = given.pop("fast"), given.pop("json")
        given["credentials"] = credentials_of(given["credentials"], self._shell.user_ns)
        if target and "://" not in target:
            raise misused(tr("The target comes first, like oss://bucket/data/."), _CHECK_USAGE)
        word = Word.of([source], self._shell.user_ns, force=False) if source is not None else Word(None)
        arguments = UploadArguments.of(**{name: value for name, value in given.items() if value is not None})
        found = check(self._session, target, word.source, arguments, fast=fast, name=word.name or "", spell=as_magic)
        if as_json:
            print(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))  # noqa: T201 - what was asked for
            return None
        return found

    @helped_by(LEFTOVERS)
    @typed_options(LEFTOVERS_ARGUMENTS)
    @argument(
        "--json",
        action="store_true",
        help=english("A line of JSON: list: for each upload; remove: for what is gone and what stays."),
    )
    @place_options()
    @line_magic
    @in_magic_words
    def oss_leftovers(self, line: str) -> None:
        """List the unfinished multipart uploads of a bucket, remove them, or carry on."""
        if helped(self.oss_leftovers, line):
            return
        given = vars(parse(self.oss_leftovers, line, _LEFTOVERS_USAGE))
        if given["action"] == "list" and (given["id"] or given["older_than"]):
            raise misused(tr("An id and --older-than belong to remove."), _LEFTOVERS_USAGE)
        given["credentials"] = credentials_of(given["credentials"], self._shell.user_ns)
        leftovers(self._session, text=given.pop("id"), **given)
