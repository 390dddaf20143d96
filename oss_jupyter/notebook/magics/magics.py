"""The magics `%oss_upload`, `%oss_uploads`, `%oss_leftovers`, `%oss_panel` and `%oss_sandbox`: lines, handed over.

Main thread only.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from functools import partial
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

from oss_jupyter.console.options import pairs
from oss_jupyter.console.spelling import as_magic, in_magic_words, magic_words
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.model.arguments import ANEW_NAMES
from oss_jupyter.model.dataset_plan import DatasetPlan
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.notebook.display.view import say
from oss_jupyter.notebook.magics.argv import misused, parse, refuse_one_name, split_line
from oss_jupyter.notebook.magics.cell_output import CELL_USAGE, at_once, refuse_of_lines, target_of, upload_output
from oss_jupyter.notebook.magics.help import PANEL, SANDBOX, UPLOAD, UPLOAD_CELL, UPLOADS, helped_by
from oss_jupyter.notebook.magics.options import (
    anew_options,
    cell_options,
    sandbox_options,
    upload_options,
    uploads_options,
)
from oss_jupyter.notebook.magics.sandbox_switch import SandboxSwitch
from oss_jupyter.notebook.magics.showing import helped, show
from oss_jupyter.notebook.magics.uploads import Uploads
from oss_jupyter.notebook.magics.waiting import wait_for
from oss_jupyter.notebook.magics.words import Word, as_no_variable, credentials_of, variable_of
from oss_jupyter.session.planning import plan
from oss_jupyter.session.session import Session
from oss_jupyter.texts import english, tr

_UPLOAD_USAGE = english(
    "Usage: %oss_upload FILE|FOLDER|GLOB...|VARIABLE oss://bucket/key [options]; %oss_upload? explains them."
)
_UPLOADS_USAGE = english(
    "Usage: %oss_uploads [list | show ID | resume ID|all | pause ID|all | abort ID|all [--keep-parts | --forget] | "
    "clean | wait ID|all | history [--last 20] [--csv FILE | --json]]"
)
_PANEL_USAGE = english("Usage: %oss_panel, without anything after it.")
_SANDBOX_USAGE = english("Usage: %oss_sandbox [start [--rate 20MiB/s] [--bucket NAME] | stop | status]")


@magics_class
class OssMagics(Magics):
    """The magics of oss_jupyter."""

    def __init__(self, shell: Any, session: Session) -> None:
        super().__init__(shell)
        self._shell = shell
        self._session = session
        self._uploads = Uploads(session)
        self._sandbox = SandboxSwitch(session.settings)

    @helped_by(UPLOAD)
    @upload_options
    @line_magic
    @in_magic_words
    def oss_upload(self, line: str) -> Transfer | DatasetPlan | None:
        """Upload a file or a dataset, and show it; with --dry-run return what would be done."""
        if helped(self.oss_upload, line):
            return None
        given = vars(parse(self.oss_upload, line, _UPLOAD_USAGE))
        sources, target = given.pop("source"), given.pop("target")
        wait, dry_run = given.pop("wait"), given.pop("dry_run")
        force = given.pop("variable")
        word = Word.of(sources, self._shell.user_ns, force=force)
        if word.name is None:
            refuse_one_name(sources)
        arguments = self._arguments(given)
        name = word.name or ""
        with as_no_variable(sources, self._shell.user_ns):
            if dry_run:
                return plan(self._session, word.source, target, arguments, as_magic, name)
            transfer = self._session.upload(word.source, target, arguments, as_magic, name, is_data=force)
        if word.note:
            coordinator_of(transfer).note(word.note, Lasts.WHILE_ASKED_SO)
        return self._shown(transfer, wait=wait)

    @helped_by(UPLOAD_CELL, "%oss_upload")
    @cell_options
    @cell_magic("oss_upload")  # type: ignore[arg-type]  # its types know no names
    def oss_upload_cell(self, line: str, cell: str) -> Transfer | None:
        """Run the cell and upload what it prints."""
        return at_once(self.upload_output(line, cell))

    async def upload_output(self, line: str, cell: str) -> Transfer | None:
        """Do what `%%oss_upload` does with a cell that may await something."""
        with magic_words():
            if helped(self.oss_upload_cell, line):
                return None
            refuse_of_lines(split_line(line))
            given = vars(parse(self.oss_upload_cell, line, CELL_USAGE))
            target, wait = target_of(given.pop("target")), given.pop("wait")
            transfer = await upload_output(self._shell, self._session, cell, target, self._arguments(given))
            return self._shown(transfer, wait=wait)

    @helped_by(UPLOADS)
    @uploads_options
    @anew_options
    @line_magic
    @in_magic_words
    def oss_uploads(self, line: str) -> None:
        """List uploads, or act on them."""
        if helped(self.oss_uploads, line):
            return
        given = parse(self.oss_uploads, line, _UPLOADS_USAGE)
        if given.json and (given.action != "history" or given.csv is not None):
            raise misused(tr("--json belongs to history, without --csv."), _UPLOADS_USAGE)
        of_none: dict[str, Callable[[], None]] = {
            "list": self._uploads.overview,
            "clean": self._uploads.clean,
            "history": partial(self._uploads.history, given.last, given.csv, as_json=given.json),
        }
        if given.action in of_none:
            of_none[given.action]()
        elif given.id is None:
            raise misused(tr("{action} needs the id of an upload.", action=given.action), _UPLOADS_USAGE)
        elif given.action == "abort":
            if given.forget and given.id == "all":
                what = tr("--forget takes the id of one upload, because its parts may stay in OSS.")
                raise misused(what, _UPLOADS_USAGE)
            if given.forget:
                self._uploads.forget(given.id)
            else:
                self._uploads.abort(given.id, keep_parts=given.keep_parts, **self._anew(given))
        elif given.action == "resume":
            self._uploads.resume(given.id, **self._anew(given))
        else:
            getattr(self._uploads, given.action)(given.id)

    @helped_by(PANEL)
    @line_magic
    def oss_panel(self, line: str) -> None:
        """Show the desk."""
        if helped(self.oss_panel, line):
            return
        parse(self.oss_panel, line, _PANEL_USAGE)
        self._uploads.panel()

    @helped_by(SANDBOX)
    @sandbox_options
    @line_magic
    @in_magic_words
    def oss_sandbox(self, line: str) -> None:
        """Start or stop the sandbox, or tell of it."""
        if helped(self.oss_sandbox, line):
            return
        given = parse(self.oss_sandbox, line, _SANDBOX_USAGE)
        if given.action == "start":
            say(*self._sandbox.start(given.rate, given.bucket))
        else:
            say(*getattr(self._sandbox, given.action)())

    def _arguments(self, given: dict[str, Any]) -> UploadArguments:
        """Return what was asked of an upload on the line."""
        try:
            given["metadata"] = pairs(given["metadata"])
        except ValueError as error:
            raise UsageError(str(error)) from None
        given["credentials"] = credentials_of(given["credentials"], self._shell.user_ns)
        given["writer_options"] = variable_of(given["writer_options"], self._shell.user_ns, "--writer-options")
        return UploadArguments.of(**{name: value for name, value in given.items() if value is not None})

    def _shown(self, transfer: Transfer, *, wait: bool) -> Transfer:
        """Show an upload that has begun, and wait for its end where that is wanted."""
        if wait:
            wait_for(transfer, self._session.reporter)
        else:
            show(transfer, self._session.reporter)
        return transfer

    def _anew(self, given: Namespace) -> dict[str, Any]:
        """Return what replaces the arguments of an upload's first time."""
        anew = {name: getattr(given, name) for name in ANEW_NAMES}
        return anew | {"credentials": credentials_of(given.credentials, self._shell.user_ns)}
