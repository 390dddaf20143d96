"""How IPython shows plans, receipts of datasets, checks and lists. It needs no extension: whoever has one sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from oss_jupyter.model.dataset_plan import DatasetPlan
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.finding import Check
from oss_jupyter.model.history import History
from oss_jupyter.model.leftover import Leftovers, Removed
from oss_jupyter.notebook.display.check import check_html
from oss_jupyter.notebook.display.dataset import dataset_receipt_html, plan_html
from oss_jupyter.notebook.display.lists import history_html, leftovers_html

_HTML: Mapping[type, Callable[[Any], str]] = {
    DatasetPlan: plan_html,
    DatasetReceipt: dataset_receipt_html,
    Check: check_html,
    History: history_html,
    Leftovers: leftovers_html,
}


def register(shell: Any) -> None:
    """Let this IPython show them; doing it again changes nothing."""
    formatters = shell.display_formatter.formatters
    for kind, html in _HTML.items():
        formatters["text/plain"].for_type(kind, _print)
        formatters["text/html"].for_type(kind, html)
    formatters["text/plain"].for_type(Removed, _print)


def _print(value: object, printer: Any, _cycle: bool) -> None:
    """Print all of it where it stands alone, and a line among others."""
    printer.text(str(value) if len(printer.stack) <= 1 else repr(value))
