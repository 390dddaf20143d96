"""Work of a library that listens to no interrupt, done on a thread of its own so that the cell can be interrupted.

What it writes goes through a file that refuses it from then on, which ends the work.
"""

from __future__ import annotations

import contextvars
import io
import threading
from collections.abc import Callable
from typing import IO, Any, cast

from oss_jupyter.texts import tr

_LOOK_SECONDS = 0.1


def beside(work: Callable[[IO[bytes]], object], file: IO[bytes]) -> None:
    """Call `work` with a file that stands for `file`, and wait for it. Raises what it does, and KeyboardInterrupt."""
    kept = _Refusing(file)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work(cast(IO[bytes], kept))
        except BaseException as error:  # it is raised where it is waited for
            raised.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name="oss-object", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_LOOK_SECONDS)
    finally:
        kept.refuse()
    if raised:
        raise raised[0]


class _Refusing(io.RawIOBase):
    """A binary file until it refuses. `_lock` guards _over, and is held while something is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._over = False

    def refuse(self) -> None:
        """Take nothing any more."""
        with self._lock:
            self._over = True

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, data: Any, /) -> int:
        """Write all of it. Raises InterruptedError once it refuses, and what the file does."""
        with self._lock:
            if self._over:
                raise InterruptedError(tr("The cell was interrupted."))
            return self._file.write(data)
