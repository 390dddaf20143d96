"""What a command writes: what programs read to stdout, progress and errors to stderr. Main thread only.

A reader that has gone is no error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TextIO

from oss_jupyter.texts import tr
from oss_jupyter.texts.system import system_words


def take_every_character() -> None:
    """Let stdout and stderr show otherwise what the terminal's encoding lacks, such as a name: it stops nothing."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


class Output:
    """as_json: stdout gets one JSON object a line, and no other words.

    spare: whether an upload is what counts, and not what is said of it. failed: whether words that count were lost.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.spare = False
        self.failed = False

    def say(self, *lines: str) -> None:
        """Write lines for people to stdout, unless programs read that."""
        if not self.as_json:
            self._out(lines)

    def tell(self, event: str, **values: Any) -> None:
        """Write a JSON object to stdout, if programs read that."""
        if self.as_json:
            self._out((json.dumps({"event": event, **values}),))

    def progress(self, *lines: str) -> None:
        """Write lines for people to stderr, unless programs read stdout: then it is told there."""
        if not self.as_json:
            _write(sys.stderr, lines)

    def ask(self, question: str) -> None:
        """Write a question to stderr, with the answer behind it."""
        _write(sys.stderr, (question,), end="")

    def error(self, lines: tuple[str, str, str, str], **values: Any) -> None:
        """Write the four lines of an error to stderr, and for programs also to stdout."""
        what, safe, advice, code_line = lines
        code = code_line.partition(" · ")[0]
        self.tell("error", **values, code=code, what=what, safe=safe, advice=advice, code_line=code_line)
        _write(sys.stderr, [line for line in lines if line])

    def close(self) -> None:
        """Let nothing be left for the end of the interpreter, which would complain that the reader has gone."""
        for stream in (sys.stdout, sys.stderr):
            _write(stream, ())

    def _out(self, lines: Sequence[str]) -> None:
        error = _write(sys.stdout, lines)
        if error is not None and not isinstance(error, BrokenPipeError):
            self.failed = not self.spare
            _write(sys.stderr, (tr("What is said here cannot be written to stdout: {why}.", why=system_words(error)),))


def _write(stream: TextIO | None, lines: Sequence[str], end: str = "\n") -> OSError | None:
    """Write lines and return why that was impossible; a stream that is closed, or was never there, takes nothing."""
    if stream is None:
        return None
    try:
        stream.write("".join(f"{line}{end}" for line in lines))
        stream.flush()
    except OSError as error:
        # The upload is worth more than its words: from now on they go nowhere.
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        return error
    except ValueError:
        pass
    return None
