"""What a thread publishes is the latest cell's, and it is known whether that one was still running."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from oss_jupyter.notebook.display.cells import Cells


class _Shell:
    """Runs empty cells, as far as whoever follows them sees."""

    def __init__(self) -> None:
        self._told: dict[str, Callable[..., None]] = {}
        self.events = self

    def register(self, event: str, listener: Callable[..., None]) -> None:
        self._told[event] = listener

    def begin(self) -> None:
        self._told["pre_run_cell"](None)

    def end(self) -> None:
        self._told["post_run_cell"](None)


@pytest.mark.parametrize(
    ("steps", "taken_in"),
    [
        pytest.param((), True, id="the cell runs"),
        pytest.param((_Shell.end,), False, id="it has ended"),
        pytest.param((_Shell.end, _Shell.begin), False, id="the next one has begun"),
    ],
)
def test_what_a_thread_publishes_late_is_not_taken_in(
    steps: tuple[Callable[[_Shell], None], ...], taken_in: bool
) -> None:
    """Whoever executes a notebook takes only what was published for the running cell, so the rest is said again."""
    shell, cells = _Shell(), Cells()
    cells.follow(shell)
    begun, told = threading.Barrier(2, timeout=10), []

    def publish() -> None:
        begun.wait()  # for the cell that runs now
        begun.wait()
        told.append(cells.taken_in)

    thread = threading.Thread(target=cells.within, args=(publish,))
    thread.start()
    begun.wait()
    for step in steps:
        step(shell)
    begun.wait()
    thread.join()
    assert told == [taken_in]


def test_the_cell_itself_is_taken_in_while_it_runs() -> None:
    """What the main thread publishes belongs to its own cell, and to none between two."""
    shell, cells = _Shell(), Cells()
    cells.follow(shell)
    assert cells.taken_in
    shell.end()
    assert not cells.taken_in
