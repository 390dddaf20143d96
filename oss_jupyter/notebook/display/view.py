"""Outputs of a cell: lines, tables, and a view of a transfer that is updated in place until the transfer rests."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle, display

from oss_jupyter.console.lines import describe, receipt_rows
from oss_jupyter.engine.reporter import Reporter
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.model.columns import columns
from oss_jupyter.model.progress import Receipt, Snapshot
from oss_jupyter.notebook.display.cells import cells
from oss_jupyter.notebook.display.html import lines_html, table_html, transfer_html

# Each update is a message to every page that is open, and people read no faster.
UPDATE_SECONDS = 0.5


class Output:
    """Text for terminals and the same as HTML for notebooks."""

    def __init__(self, text: str, html: str) -> None:
        self._bundle = {"text/plain": text, "text/html": html}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self._bundle


class TransferView:
    """A transfer as it is at the moment of display.

    stays: the output is looked at later, too, and is not updated while the upload is queued: then it tells no place.
    """

    def __init__(self, transfer: Transfer, *, with_error: bool = True, stays: bool = False) -> None:
        self._transfer = transfer
        self._with_error = with_error
        self._stays = stays

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        now = self._transfer.snapshot()
        now = replace(now, queue_place=0) if self._stays else now
        return {
            "text/plain": "\n".join(describe(now, with_error=self._with_error)),
            "text/html": transfer_html(now, with_error=self._with_error),
        }


class LiveView:
    """One output of a notebook that follows its transfer, also after a pause. Any thread may call it.

    `_in_order` keeps an older view from overtaking a newer one, and guards _said, _said_at and _in_a_cell.
    """

    def __init__(self, transfer: Transfer, reporter: Reporter, *, with_error: bool = True) -> None:
        self._transfer = transfer
        self._reporter = reporter
        self._view = TransferView(transfer, with_error=with_error, stays=True)
        self._in_order = threading.Lock()
        self._said = self._view._repr_mimebundle_()
        self._said_at = time.monotonic()
        self._in_a_cell = True
        self._handle = display(self._view, display_id=True)
        cells.follow(get_ipython())
        cells.when_over(self._cell_ends)
        coordinator_of(transfer).on_change(self._follow)
        self._follow()

    def refresh(self) -> None:
        """Show where the transfer stands, unless the output says so already."""
        self._say()

    def _cell_ends(self, _result: Any) -> None:
        # What was said between cells is lost where no page listens.
        self._say(again=not self._in_a_cell)

    def _say(self, *, again: bool = False) -> None:
        with self._in_order:
            says = self._view._repr_mimebundle_()
            if self._handle is not None and (again or says != self._said):
                cells.within(self._update, self._handle)
                self._said, self._said_at = says, time.monotonic()

    def _update(self, handle: DisplayHandle) -> None:
        handle.update(self._view)
        self._in_a_cell = cells.taken_in

    def _follow(self) -> None:
        if self._transfer.state.active:
            self._reporter.add(self._transfer, self._on_progress)

    def _on_progress(self, now: Snapshot) -> None:
        with self._in_order:
            early = time.monotonic() - self._said_at < UPDATE_SECONDS
        if not (early and now.state.active):
            self.refresh()


def say(*lines: str) -> None:
    """Show lines of text in the running cell."""
    display(Output("\n".join(lines), lines_html(lines)))


def say_table(rows: list[tuple[str, ...]], header: tuple[str, ...] = ()) -> None:
    """Show rows of text in the running cell."""
    display(Output(columns([header, *rows] if header else rows), table_html(rows, header)))


def receipt_text(receipt: Receipt) -> str:
    """Return a receipt as a terminal shows it."""
    return columns(receipt_rows(receipt))


def receipt_html(receipt: Receipt) -> str:
    """Return a receipt as a notebook shows it."""
    return table_html(receipt_rows(receipt))
