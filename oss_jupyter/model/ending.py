"""What Python says when it is ending and lets no thread, exit handler or piece of work begin any more, in words."""

from __future__ import annotations

import re

from oss_jupyter.errors import InterpreterEnding
from oss_jupyter.texts import tr

# "can't create new thread at interpreter shutdown", "cannot schedule new futures after interpreter shutdown", and what
# importing a module says that wants to do something at the end.
_SAID = re.compile("interpreter shutdown|register atexit after shutdown")


def ending_of(error: BaseException) -> InterpreterEnding | None:
    """Return what an error means if it means that Python is ending, else None."""
    if isinstance(error, RuntimeError) and _SAID.search(str(error)):
        return interpreter_ending()
    return None


def interpreter_ending() -> InterpreterEnding:
    """Return the error that it is too late to begin anything."""
    return InterpreterEnding(
        tr("Python is ending, and lets nothing begin any more."),
        tr(
            "Upload before the program's main part ends: wait there for the threads that upload (thread.join()), and "
            "do not begin uploads in an atexit handler. What is unfinished can be resumed in the next program."
        ),
    )
