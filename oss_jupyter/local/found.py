"""What is found in the checkpoint directory, read and judged one file at a time."""

from __future__ import annotations

import os
import shlex
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

from oss_jupyter.errors import (
    CheckpointDamaged,
    CheckpointError,
    CheckpointForeign,
    CheckpointNotWritable,
    OssJupyterError,
    Shortage,
)
from oss_jupyter.local.files import others_can_write, read_own
from oss_jupyter.local.suffixes import JOURNAL
from oss_jupyter.model.record import CheckpointRecord, read_journal, read_remnant
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.texts import about, sentences, tr
from oss_jupyter.texts.system import system_words

# Twenty times what 10,000 parts take: what is larger is no journal.
JOURNAL_MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Found:
    """What lies in the directory under one transfer's id: a record, or the problem with it.

    busy: whether a process drives it, this one or another. exposed: whether others can write it, or its directory.
    remnant: what a journal with a problem still tells of the upload, in words. changed_at_ns: since the epoch.
    """

    transfer_id: str
    path: Path
    record: CheckpointRecord | None = None
    problem: OssJupyterError | None = None
    remnant: str = ""
    busy: bool = False
    exposed: bool = False
    changed_at_ns: int = 0


def read_found(path: Path, status: os.stat_result) -> Found:
    """Return what one journal says, or the problem with it; `status` is its own. Raises nothing."""
    found = Found(path.stem, path, exposed=others_can_write(status), changed_at_ns=status.st_mtime_ns)
    try:
        data = read_own(path, JOURNAL_MAX_BYTES + 1)
    except CheckpointForeign as error:
        return replace(found, problem=error)
    except OSError as error:
        return replace(found, problem=shortage_of(error) or unreadable(path, error))
    try:
        return replace(found, record=replace(believe(path, data), updated_at=status.st_mtime))
    except CheckpointError as error:
        return replace(found, problem=error, remnant=read_remnant(data))


def believe(path: Path, data: bytes) -> CheckpointRecord:
    """Return what a journal says. Raises CheckpointDamaged, CheckpointTooNew."""
    if len(data) > JOURNAL_MAX_BYTES:
        raise too_large()
    record = read_journal(data)
    if record.header.transfer_id != path.stem:
        raise misnamed(record.header.transfer_id, JOURNAL)
    return record


def unreadable(path: Path, error: OSError) -> CheckpointNotWritable:
    """Return why the system does not let a checkpoint be read."""
    return CheckpointNotWritable(
        tr("It cannot be read: {reason}.", reason=system_words(error)),
        tr("Allow it: !chmod u+rw {path}", path=shlex.quote(str(path))),
    )


def unusable(found: Found, problem: OssJupyterError) -> OssJupyterError:
    """Return what is said to whoever asks for the upload of a checkpoint that has a problem."""
    if isinstance(problem, (CheckpointForeign, Shortage)):
        return problem  # it names the file, or is of this moment
    told = copy(problem)
    told.what = about(str(found.path), problem.what)
    forget = tr('To forget it here: oj.forget("{id}")', id=found.transfer_id)
    told.advice = sentences(problem.advice, forget)
    return told


def too_large() -> CheckpointDamaged:
    """Return that what has a checkpoint's name is none, which its size tells."""
    return CheckpointDamaged(
        tr("It is too large to be a checkpoint."), tr("It is set aside when the upload is run again.")
    )


def misnamed(transfer_id: str, suffix: str) -> CheckpointDamaged:
    """Return that a checkpoint has the name of another one, and its own, which ends in `suffix`."""
    return CheckpointDamaged(
        tr("It is the checkpoint of {id}, under another's name.", id=transfer_id),
        tr("Give it its name back: {name}", name=f"{transfer_id}{suffix}"),
    )
