"""What Python says when it is ending and lets no thread, exit handler or piece of work begin any more, in words."""

from __future__ import annotations

from oss_jupyter.errors import InterpreterEnding

# "can't create new thread at interpreter shutdown", "cannot schedule new futures after interpreter shutdown", and what
# importing a module says that wants to do something at the end.
_SAID = ("interpreter shutdown", "register atexit after shutdown")


def ending_of(error: BaseException) -> InterpreterEnding | None:
    """Return what an error means if it means that Python is ending, else None."""
    if isinstance(error, RuntimeError) and any(words in str(error) for words in _SAID):
        return interpreter_ending()
    return None


def interpreter_ending() -> InterpreterEnding:
    """Return the error that it is too late to begin anything."""
    return InterpreterEnding(
        "Python is ending, and lets nothing begin any more.",
        "Upload before the program's main part ends: wait there for the threads that upload (thread.join()), and do "
        "not begin uploads in an atexit handler. What is unfinished can be resumed in the next program.",
    )
