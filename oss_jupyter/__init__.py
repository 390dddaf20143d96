"""Carry large local files from a notebook into Alibaba Cloud OSS, and never lose the place.

    import oss_jupyter as oj
    transfer = oj.upload("trips.parquet", "oss://my-bucket/data/trips.parquet", region="cn-hangzhou")
    transfer.result()

In a notebook: ``%load_ext oss_jupyter`` and then ``%oss_upload trips.parquet oss://my-bucket/data/``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.version import __version__

if TYPE_CHECKING:
    from oss_jupyter.api import (
        abort,
        check,
        credentials,
        filesystem,
        forget,
        history,
        leftovers,
        panel,
        plan,
        resume,
        settings,
        transfers,
        upload,
        widget,
    )
    from oss_jupyter.engine.dataset.transfer import DatasetTransfer
    from oss_jupyter.engine.transfer import Transfer
    from oss_jupyter.errors import FilesFailed
    from oss_jupyter.model.dataset_plan import DatasetPlan
    from oss_jupyter.model.dataset_receipt import DatasetReceipt
    from oss_jupyter.model.finding import Check, Finding
    from oss_jupyter.model.history import History
    from oss_jupyter.model.history_entry import HistoryEntry
    from oss_jupyter.model.leftover import Leftovers
    from oss_jupyter.model.progress import Receipt, Snapshot
    from oss_jupyter.model.states import State

__all__ = [
    "Check",
    "DatasetPlan",
    "DatasetReceipt",
    "DatasetTransfer",
    "FilesFailed",
    "Finding",
    "History",
    "HistoryEntry",
    "Leftovers",
    "OssJupyterError",
    "Receipt",
    "Snapshot",
    "State",
    "Transfer",
    "__version__",
    "abort",
    "check",
    "credentials",
    "filesystem",
    "forget",
    "history",
    "leftovers",
    "load_ipython_extension",
    "panel",
    "plan",
    "resume",
    "settings",
    "transfers",
    "unload_ipython_extension",
    "upload",
    "widget",
]

# Loaded when they are first used, so that importing the package costs next to nothing.
_HOMES = {
    "Check": "oss_jupyter.model.finding",
    "DatasetPlan": "oss_jupyter.model.dataset_plan",
    "DatasetReceipt": "oss_jupyter.model.dataset_receipt",
    "DatasetTransfer": "oss_jupyter.engine.dataset.transfer",
    "FilesFailed": "oss_jupyter.errors",
    "Leftovers": "oss_jupyter.model.leftover",
    "History": "oss_jupyter.model.history",
    "HistoryEntry": "oss_jupyter.model.history_entry",
    "Finding": "oss_jupyter.model.finding",
    "Receipt": "oss_jupyter.model.progress",
    "Snapshot": "oss_jupyter.model.progress",
    "State": "oss_jupyter.model.states",
    "Transfer": "oss_jupyter.engine.transfer",
    "abort": "oss_jupyter.api",
    "check": "oss_jupyter.api",
    "credentials": "oss_jupyter.api",
    "filesystem": "oss_jupyter.api",
    "forget": "oss_jupyter.api",
    "history": "oss_jupyter.api",
    "leftovers": "oss_jupyter.api",
    "panel": "oss_jupyter.api",
    "plan": "oss_jupyter.api",
    "resume": "oss_jupyter.api",
    "settings": "oss_jupyter.api",
    "transfers": "oss_jupyter.api",
    "upload": "oss_jupyter.api",
    "widget": "oss_jupyter.api",
}


def load_ipython_extension(shell: Any) -> None:
    """Make the magics known; called by ``%load_ext oss_jupyter``."""
    from oss_jupyter.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics away again; uploads go on."""
    from oss_jupyter.notebook.extension import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
