"""How IPython shows plans, receipts of datasets and checks. It needs no extension: whoever has one sees it."""

from __future__ import annotations

from typing import Any

from oss_jupyter.model.dataset_plan import DatasetPlan
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.finding import Check
from oss_jupyter.notebook.display.check import check_html
from oss_jupyter.notebook.display.dataset import dataset_receipt_html, plan_html


def register(shell: Any) -> None:
    """Let this IPython show plans, receipts of datasets and checks; doing it again changes nothing."""
    formatters = shell.display_formatter.formatters
    for kind in (DatasetPlan, DatasetReceipt, Check):
        formatters["text/plain"].for_type(kind, _print)
    formatters["text/html"].for_type(DatasetPlan, plan_html)
    formatters["text/html"].for_type(DatasetReceipt, dataset_receipt_html)
    formatters["text/html"].for_type(Check, check_html)


def _print(value: DatasetPlan | DatasetReceipt | Check, printer: Any, _cycle: bool) -> None:
    """Print all of it where it stands alone, and a line among others."""
    printer.text(str(value) if len(printer.stack) <= 1 else repr(value))
