"""Which cell runs. What is published from a thread belongs to the latest cell, not to the one that began the thread.

Who executes a notebook without a page, as nbconvert and papermill do, takes in only what the running cell says; and
while a cell runs, whatever is answered beside it must leave the kernel busy.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

from oss_jupyter import forks

P = ParamSpec("P")
T = TypeVar("T")

# The request of the cell whose context this is; identity counts.
_spoken_in: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar("spoken_in", default=None)


class Cells:
    """Follows the cells of the main thread, whose own _inner is. `_lock` guards the other fields that change:
    _shell, _header, _context and _when_over.
    """

    def __init__(self) -> None:
        self._begin_anew()
        forks.in_child(self._begin_anew)

    def _begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._shell: Any = None
        self._header: dict[str, Any] | None = None
        self._context = contextvars.copy_context()
        self._when_over: list[Callable[[Any], None]] = []
        self._inner = 0

    def follow(self, shell: Any) -> None:
        """Follow the cells of this shell, from the one that runs now; doing it again changes nothing."""
        with self._lock:
            if self._shell is shell:
                return
            self._shell = shell
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)
        self._begin()

    def when_over(self, listener: Callable[[Any], None], *, first: bool = False) -> None:
        """Call `listener(result)` on the main thread when a cell has run, before anybody is told that it is over.

        At the end of the kernel it is called with None. `first`: before the others.
        """
        with self._lock:
            if listener not in self._when_over:
                self._when_over.insert(0 if first else len(self._when_over), listener)

    @contextlib.contextmanager
    def within_one(self) -> Iterator[None]:
        """Take what IPython runs in the block as a part of the cell that runs. Main thread only."""
        self._inner += 1
        try:
            yield
        finally:
            self._inner -= 1

    def end_of_kernel(self) -> None:
        """Let everybody who listens say a last word."""
        self._tell(None)

    @property
    def running(self) -> dict[str, Any] | None:
        """The request of the cell that runs, or None between cells."""
        with self._lock:
            return self._header

    @property
    def taken_in(self) -> bool:
        """Whether what this thread has published just now is a part of the cell that runs: it is asked afterwards.

        It is not where the cell it was published for is over, be it that the next one has begun in the meantime.
        """
        running = self.running
        if threading.current_thread() is threading.main_thread():
            return running is not None
        return running is not None and running is _spoken_in.get()

    def within(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Call a function as a part of the latest cell; any thread may."""
        with self._lock:
            context = self._context.copy()
        return context.run(function, *arguments, **named)

    def _begin(self, *_info: Any) -> None:
        if self._is_of_its_own():
            kernel = getattr(self._shell, "kernel", None)
            header = {} if kernel is None else kernel.get_parent("shell")
            with self._lock:
                self._header, self._context = header, contextvars.copy_context()
                self._context.run(_spoken_in.set, header)

    def _end(self, result: Any = None) -> None:
        if self._is_of_its_own():
            try:
                self._tell(result)
            finally:
                with self._lock:
                    self._header = None

    def _is_of_its_own(self) -> bool:
        return threading.current_thread() is threading.main_thread() and not self._inner

    def _tell(self, result: Any) -> None:
        with self._lock:
            listeners = tuple(self._when_over)
        for listener in listeners:
            listener(result)


cells = Cells()
