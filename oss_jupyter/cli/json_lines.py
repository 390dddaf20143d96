"""Uploads as programs read them: fields of `oj.Snapshot`, `oj.Receipt` and `oj.DatasetReceipt` by their names there."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from oss_jupyter.model.dataset import FilesView
from oss_jupyter.model.progress import AnyReceipt, Snapshot
from oss_jupyter.names import printable

_OF_AN_UPLOAD = (
    "id", "source", "target", "state", "phase", "total_bytes", "kept_bytes", "confirmed_bytes", "in_flight_bytes",
    "sent_bytes", "resent_bytes", "bytes_per_second", "left_seconds", "elapsed_seconds", "parts_total", "parts_kept",
    "parts_done", "part_size", "parallel", "retries", "upload_id", "checkpoint", "detached", "notes",
)  # fmt: skip
_OF_FILES = ("total", "scanning", "sent", "kept", "skipped", "failed", "files_per_second")
_FAILED = ("path", "key", "code", "reason")
# What leads to more than numbers and texts.
_LEFT_OUT = ("saved", "failures")


def upload(now: Snapshot) -> dict[str, Any]:
    """Return how an upload stands; of a dataset with its files, and why it failed, where it did."""
    told = {name: _plain(getattr(now, name)) for name in _OF_AN_UPLOAD}
    if now.files is not None:
        told["files"] = _files(now.files)
    return told


def ended(now: Snapshot) -> dict[str, Any]:
    """Return how an upload has ended: its receipt, of a completed one, and the files that failed."""
    told = upload(now)
    if now.receipt is not None:
        told["receipt"] = _receipt(now.receipt)
    if now.files is not None:
        told["failures"] = [{name: getattr(one, name) for name in _FAILED} for one in now.files.failures]
    return told


def plain(row: Any) -> dict[str, Any]:
    """Return the fields of a value, such as the row of a plan or of the history."""
    return {one.name: _plain(getattr(row, one.name)) for one in fields(row)}


def _files(view: FilesView) -> dict[str, Any]:
    return {name: getattr(view, name) for name in _OF_FILES}


def _receipt(receipt: AnyReceipt) -> dict[str, Any]:
    names = [one.name for one in fields(receipt) if one.name not in _LEFT_OUT]
    return {name: _plain(getattr(receipt, name)) for name in names}


def _plain(value: Any) -> Any:
    """Return a value that JSON has: a state, a target and the like as their words."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return [printable(str(one)) for one in value] if isinstance(value, tuple) else printable(str(value))
