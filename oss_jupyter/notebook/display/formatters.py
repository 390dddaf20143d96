"""How IPython shows what a user holds of a dataset. It needs no extension: whoever calls a function sees its value."""

from __future__ import annotations

from typing import Any

from oss_jupyter.model.dataset_plan import DatasetPlan
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.notebook.display.dataset import dataset_receipt_html, plan_html


def register(shell: Any) -> None:
    """Let this IPython show plans and receipts of datasets; doing it again changes nothing."""
    formatters = shell.display_formatter.formatters
    for kind in (DatasetPlan, DatasetReceipt):
        formatters["text/plain"].for_type(kind, _print)
    formatters["text/html"].for_type(DatasetPlan, plan_html)
    formatters["text/html"].for_type(DatasetReceipt, dataset_receipt_html)


def _print(value: DatasetPlan | DatasetReceipt, printer: Any, _cycle: bool) -> None:
    """Print all of it where it stands alone, and a line among others."""
    printer.text(str(value) if len(printer.stack) <= 1 else repr(value))
