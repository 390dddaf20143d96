"""What a cell prints, on its way to a file instead of to the page.

The cell is the thread that runs it and the threads that it starts. What others print meanwhile, such as a callback of
an earlier cell, is shown where it would be without this; so is what IPython shows: values, displays and tracebacks.
"""

from __future__ import annotations

import codecs
import contextvars
import io
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from subprocess import DEVNULL, PIPE, CalledProcessError, Popen
from threading import Event
from typing import Any
from weakref import WeakSet

from oss_jupyter.engine.threads import start_thread
from oss_jupyter.local.spool import DraftFile
from oss_jupyter.texts import tr

_BUFFER_BYTES = 1024 * 1024
_SLICE_CHARACTERS = 1024 * 1024
_READ_BYTES = 256 * 1024
# What a command has said when it ended is there at once; a child of it may keep the pipe open for longer.
_LAST_WORDS_SECONDS = 1.0
_SHOWN = object()
# Whose output this is: of a `Printed`, or shown by IPython. Threads that a cell starts have none.
_whose: contextvars.ContextVar[object] = contextvars.ContextVar("whose", default=None)


class Printed(io.TextIOBase):
    """`sys.stdout` while a cell runs: text becomes UTF-8, bytes of `buffer` and of `!` commands go as they are.

    Any thread may write. `_lock` guards _bytes, _failure and _over, and is held while the disk takes what there is, so
    that all stands in the order in which it was printed. statuses: of the `!` commands, for the thread of the cell.
    """

    encoding = "utf-8"
    errors = "surrogateescape"  # names of files that are no Unicode stay the bytes that they are

    def __init__(self, file: DraftFile, shown: Any) -> None:
        self._file = file
        self._stdout = shown
        self._before = WeakSet(threading.enumerate())
        self._lock = threading.RLock()  # a signal's handler may print as well
        self._bytes = bytearray()
        self._failure: BaseException | None = None
        self._over = False
        self.statuses: list[int] = []

    @property
    def buffer(self) -> Any:
        """What takes bytes."""
        return _Bytes(self) if self._is_of_cell() else self._stdout.buffer

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, text: str, /) -> int:
        """Take a text. Raises UnicodeEncodeError, CheckpointNotWritable, OSError."""
        for begin in range(0, len(text), _SLICE_CHARACTERS):
            piece = text[begin : begin + _SLICE_CHARACTERS]
            if not (self._is_of_cell() and self.take(piece.encode(self.encoding, self.errors))):
                self._stdout.write(piece)
        return len(text)

    def take(self, data: Any) -> bool:
        """Take bytes as they are, unless it has ended. Raises CheckpointNotWritable, OSError."""
        with self._lock:
            if self._over:
                return False
            if len(data) >= _BUFFER_BYTES:
                self._drain(data)
            else:
                self._bytes += data
                if len(self._bytes) >= _BUFFER_BYTES:
                    self._drain()
            return True

    def flush(self) -> None:
        """Nobody waits for what goes to the file; what is shown is shown now."""
        if not self._is_of_cell():
            self._stdout.flush()

    def end(self) -> BaseException | None:
        """Take no more, and return why what was printed is not all there, whoever has caught that."""
        with self._lock:
            self._over = True
            if self._failure is None:
                with suppress(Exception):  # which is told below
                    self._drain()
            return self._failure

    def system(self, shell: Any) -> Callable[[str], None]:
        """Return what does a `!` command: its output goes to the file, and what it says of errors is shown."""
        others = shell.system

        def run(command: str) -> None:
            if not self._is_of_cell():  # a cell beside it, in a subshell
                others(command)
                return
            if command.rstrip().endswith("&"):
                raise OSError(tr("Background processes not supported."))
            status = self._run(shell.var_expand(command, depth=1))
            shell.user_ns["_exit_code"] = status
            self.statuses.append(status)
            if status and getattr(shell, "system_raise_on_error", False):
                raise CalledProcessError(status, command)

        return run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stdout, name)

    def _run(self, command: str) -> int:
        sh = shutil.which(os.environ.get("SHELL", "sh"))  # as IPython does
        with Popen(command, shell=True, executable=sh, stdin=DEVNULL, stdout=PIPE, stderr=PIPE) as process:  # noqa: S602
            assert process.stdout is not None
            assert process.stderr is not None
            told = Event()
            start_thread(_tell_errors, "oss-stderr", os.dup(process.stderr.fileno()), told)
            try:
                while data := os.read(process.stdout.fileno(), _READ_BYTES):
                    self.take(data)
            except BaseException:
                process.kill()
                raise
            told.wait(_LAST_WORDS_SECONDS)
        return process.returncode

    def _is_of_cell(self) -> bool:
        whose = _whose.get()
        if self._over or whose is _SHOWN:
            return False
        return whose is self or threading.current_thread() not in self._before

    def _drain(self, more: Any = b"") -> None:
        try:
            held, self._bytes = self._bytes, bytearray()
            for data in (held, more):
                self._file.write(data)
        except BaseException as error:  # an interrupt, too: nobody knows how much of it was written
            self._failure = self._failure or error
            raise


class _Bytes(io.BufferedIOBase):
    """Takes bytes for a `Printed`."""

    def __init__(self, printed: Printed) -> None:
        self._printed = printed

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, data: Any, /) -> int:
        """Take bytes as they are."""
        view = memoryview(data).cast("B")
        if not self._printed.take(view):
            raise ValueError(tr("The cell whose output this was has ended."))
        return len(view)


def _tell_errors(pipe: int, told: Event) -> None:
    """Show what a command says of errors, until it has no more to say."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        while data := os.read(pipe, _READ_BYTES):
            sys.stderr.write(decoder.decode(data))
    finally:
        os.close(pipe)
        told.set()


@contextmanager
def printed_into(file: DraftFile, shell: Any) -> Iterator[Printed]:
    """Let what the block prints go to a file, and what IPython shows to where it always goes."""
    printed = Printed(file, sys.stdout)
    with ExitStack() as undo:
        _replace(undo, sys, "stdout", printed)
        # In terminals these print.
        _replace(undo, sys, "displayhook", _shown(sys.displayhook))
        _replace(undo, shell, "_showtraceback", _shown(shell._showtraceback))
        _replace(undo, shell.display_pub, "publish", _shown(shell.display_pub.publish))
        _replace(undo, shell, "system", printed.system(shell))
        token = _whose.set(printed)
        undo.callback(_whose.reset, token)
        yield printed


def _shown(function: Callable[..., Any]) -> Callable[..., Any]:
    def show(*arguments: Any, **named: Any) -> Any:
        token = _whose.set(_SHOWN)
        try:
            return function(*arguments, **named)
        finally:
            _whose.reset(token)

    return show


def _replace(undo: ExitStack, owner: Any, name: str, value: Any) -> None:
    """Let something be another until the end of the block, unless the block itself puts a third in its place."""
    own, before = name in vars(owner), getattr(owner, name)

    def back() -> None:
        if getattr(owner, name) is not value:
            return
        if own:
            setattr(owner, name, before)
        else:
            delattr(owner, name)

    setattr(owner, name, value)
    undo.callback(back)
