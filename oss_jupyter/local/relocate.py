"""Giving an unfinished upload's checkpoint another path: its file was moved, renamed, or is mounted elsewhere now.

The id of a transfer depends on the path, so the checkpoint is written anew under the new id before the old one is
removed: whenever the kernel dies, at least one of them is there. The old fingerprint is kept on purpose: when the
upload is resumed, the engine finds that the file is another one, and only parts with the same CRC-64 still count.
"""

from __future__ import annotations

from dataclasses import replace

from oss_jupyter.errors import InputError
from oss_jupyter.local.source import FileSource
from oss_jupyter.local.store import Checkpoints
from oss_jupyter.model.identity import transfer_id
from oss_jupyter.model.record import CheckpointRecord
from oss_jupyter.texts import tr


def relocate(store: Checkpoints, kept_id: str, source: FileSource, host: str) -> CheckpointRecord:
    """Move the checkpoint of the upload `kept_id` to `source` and return it. host: the service's.

    Raises InputError where that is not the same upload, and SourceError and CheckpointError.
    """
    size_bytes = source.check().size
    old, record = store.open(kept_id)
    try:
        if record is None:
            raise InputError(
                tr("Nothing of this upload is kept."), tr("Begin a new one with this file."), code="NothingKept"
            )
        if record.header.spooled:
            raise InputError(
                tr("{object} was no file: what it was written to stays where it is.", object=record.header.spooled),
                tr("Run the cell that uploads it again: the same bytes go on where they stopped."),
                code="NoFile",
            )
        expected_bytes = record.header.fingerprint.size
        if size_bytes != expected_bytes:
            raise InputError(
                tr(
                    "{path} has {size} bytes; the upload was begun with {expected}.",
                    path=source.path,
                    size=f"{size_bytes:,}",
                    expected=f"{expected_bytes:,}",
                ),
                tr("Choose the same file, or begin a new upload of this one."),
                code="NotTheSameFile",
            )
        new_id = transfer_id(str(source.path), record.header.target, host)
        if new_id == kept_id:
            return record  # it is back where it was
        header = replace(record.header, transfer_id=new_id, source=str(source.path))
        moved = replace(record, header=header)
        _write(store, moved)
        old.delete()
        return moved
    finally:
        old.close()


def _write(store: Checkpoints, record: CheckpointRecord) -> None:
    journal, there = store.open(record.header.transfer_id)
    try:
        if there is not None:
            raise InputError(
                tr(
                    "{path} has an unfinished upload of its own to {target}.",
                    path=record.header.source,
                    target=record.header.target,
                ),
                tr("Resume that one, and abort this one."),
                code="AnotherUpload",
            )
        journal.start(record.header, tuple(record.receipts.values()), completing=record.completing)
    finally:
        journal.close()
