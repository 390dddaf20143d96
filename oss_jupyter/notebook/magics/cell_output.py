"""`%%oss_upload`: a cell runs, and what it prints is uploaded as one object, if all of it went well."""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

from IPython.core.error import UsageError

from oss_jupyter.console.spelling import as_magic
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import InputError, before_sending
from oss_jupyter.model.selection import refuse_for_files
from oss_jupyter.model.target import parse_target
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.names import printable
from oss_jupyter.notebook.display.cells import cells
from oss_jupyter.notebook.magics.argv import misused
from oss_jupyter.notebook.magics.printed import Printed, printed_into
from oss_jupyter.session.session import Session
from oss_jupyter.texts import english, tr

T = TypeVar("T")

_LABEL = english("a cell's output")
_NAME = "%%oss_upload"
CELL_USAGE = english(
    "Usage: %%oss_upload oss://bucket/key [options], and below it the cell whose output goes up; "
    "%%oss_upload? explains it."
)
# Options of the line magic that have no meaning here, and what to do instead.
_REFUSED = {
    "--variable": english(
        "--variable sends a variable, and a cell's output is none: %oss_upload NAME oss://bucket/key sends it."
    ),
    "--dry-run": english(
        "--dry-run cannot tell what a cell prints before it has run: run the cell without its first line, and look."
    ),
}


class NothingSent(Exception):
    """The cell did not come to its end. What it ended with has been shown, so one line is left to say."""

    def _render_traceback_(self) -> list[str]:
        """IPython shows this line instead of a traceback."""
        return [str(self)]


def target_of(words: list[str]) -> str:
    """Return the target, which alone may stand on the line. Raises UsageError."""
    if len(words) == 1:
        return words[0]
    if not words:
        raise misused(tr("There is no target."), CELL_USAGE)
    alone = tr(
        "What goes up is what the cell prints, so the target stands alone on the line. A file or a variable goes up "
        "with one %: %oss_upload FILE oss://bucket/key"
    )
    raise misused(alone, CELL_USAGE)


def refuse_of_lines(words: list[str]) -> None:
    """Raise UsageError where an option stands there that only the line magic has."""
    for word in words:
        option = word.partition("=")[0]
        if option in _REFUSED:
            raise misused(tr(_REFUSED[option]), CELL_USAGE)


async def upload_output(shell: Any, session: Session, cell: str, target: str, arguments: UploadArguments) -> Transfer:
    """Run a cell in the user's namespace and begin the upload of what it prints.

    Raises NothingSent where the cell failed or was interrupted, InputError where it printed nothing or where the target
    cannot work, which is told before it runs.
    """
    with before_sending():
        refuse_for_files(arguments, tr(_LABEL))
        goal = parse_target(target)
        if goal.key.endswith("/"):
            raise InputError(
                tr("{target} is a folder, and what a cell prints has no name that could be added.", target=goal),
                tr("Write the whole key, like {target}output.csv.", target=goal),
                code="InvalidObjectName",
            )
        with session.spooling.draft(tr(_LABEL), target, arguments) as draft:
            with draft.written():
                with cells.within_one(), printed_into(draft.file, shell) as printed:
                    done = await _run(shell, cell)
                    failure = printed.end()
                _raise_unless_all(done, failure, target)
            if not draft.size_bytes:
                raise _nothing_printed(str(goal))
            transfer = draft.upload(as_magic)
    _note_statuses(transfer, printed)
    return transfer


def at_once(running: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns that awaits nothing. Raises UsageError where it would have to be waited for."""
    try:
        running.send(None)
    except StopIteration as ended:
        value: T = ended.value
        return value
    running.close()
    raise UsageError(tr("A cell under %%oss_upload can only await where it was typed as a cell."))


def awaiting(shell: Any, name: str, lines: list[str]) -> list[str]:
    """Return a cell that awaits something as one that IPython awaits; every other cell as it is.

    name: an expression for the asynchronous function that takes line and cell.
    """
    first, cell = (lines[0] if lines else ""), "".join(lines[1:])
    if not first.startswith(f"{_NAME} ") or ("await" not in cell and "async" not in cell):
        return lines
    try:
        awaits = shell.should_run_async(cell, transformed_cell=shell.transform_cell(cell))
    except SyntaxError:
        return lines
    line = first.removeprefix(_NAME).strip()
    expanded = f"get_ipython().var_expand({line!r}, 0)"
    return [f"await {name}({expanded}, {cell!r})\n"] if awaits else lines


async def _run(shell: Any, cell: str) -> Any:
    """Run a cell and return IPython's result.

    Not by `run_cell`, which keeps all that is printed in memory, for the history.
    """
    problem, transformed = None, cell
    try:
        transformed = shell.transform_cell(cell)
    except Exception:
        problem = sys.exc_info()
    return await shell.run_cell_async(cell, transformed_cell=transformed, preprocessing_exc_tuple=problem)


def _raise_unless_all(done: Any, failure: BaseException | None, target: str) -> None:
    error = done.error_before_exec or done.error_in_exec
    if error is not None:
        # Its traceback goes along, so that %debug looks at the cell.
        raise NothingSent(_why_nothing(error, printable(target))).with_traceback(error.__traceback__) from None
    if failure is not None:
        raise failure


def _why_nothing(error: BaseException, target: str) -> str:
    if isinstance(error, KeyboardInterrupt):
        return tr("Nothing was sent to {target}: the cell was interrupted.", target=target)
    return tr("Nothing was sent to {target}: the cell ended with {error}.", target=target, error=type(error).__name__)


def _nothing_printed(target: str) -> InputError:
    return InputError(
        tr("The cell printed nothing, so there is nothing to send to {target}.", target=target),
        tr(
            "Print what is to go up: the value of the last line is shown, not printed. An empty object goes up with "
            'oj.upload(b"", …).'
        ),
        code="NothingPrinted",
    )


def _note_statuses(transfer: Transfer, printed: Printed) -> None:
    for status in dict.fromkeys(filter(None, printed.statuses)):
        said = tr(
            "A ! command of the cell ended with status {status}; what it had printed is part of the object.",
            status=status,
        )
        coordinator_of(transfer).note(said, Lasts.WHILE_ASKED_SO)
