"""What is found of a dataset in the checkpoint directory, read and judged one at a time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from oss_jupyter.errors import (
    CheckpointDamaged,
    CheckpointError,
    OssJupyterError,
    Shortage,
)
from oss_jupyter.local.files import others_can_write, read_own
from oss_jupyter.local.found import Found, misnamed, too_large, unreadable
from oss_jupyter.local.read_files import read_files
from oss_jupyter.local.suffixes import DATASET, FILES
from oss_jupyter.model.dataset import FileReceipt, Outcome
from oss_jupyter.model.dataset_receipt import FAILURES_MOST
from oss_jupyter.model.dataset_record import DatasetRecord, read_dataset
from oss_jupyter.model.remembered import FilesTally
from oss_jupyter.model.shortage import shortage_of

# A list of a million files that its user gave one by one has less.
DATASET_MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class FoundDataset:
    """An unfinished dataset in the directory: its record and what its files come to, or the problem with it.

    failures: the first of its files that failed. children: ids of the transfers that belong to it, also where there is
    a problem. busy: whether a process drives it, this one or another. exposed: whether others can write it, or its
    directory. changed_at_ns: since the epoch.
    """

    transfer_id: str
    path: Path
    record: DatasetRecord | None = None
    files: FilesTally = field(default_factory=FilesTally)
    failures: tuple[FileReceipt, ...] = ()
    children: frozenset[str] = frozenset()
    problem: OssJupyterError | None = None
    remnant: str = ""
    busy: bool = False
    exposed: bool = False
    changed_at_ns: int = 0

    def as_found(self) -> Found:
        """Return a dataset with a problem as lists of such things know them."""
        return Found(self.transfer_id, self.path, problem=self.problem, remnant=self.remnant, busy=self.busy)


def believe_dataset(path: Path, data: bytes) -> DatasetRecord:
    """Return what a dataset's journal says. Raises CheckpointDamaged, CheckpointTooNew."""
    if len(data) > DATASET_MAX_BYTES:
        raise too_large()
    record = read_dataset(data)
    if record.header.transfer_id != path.stem:
        raise misnamed(record.header.transfer_id, DATASET)
    return record


def read_found_dataset(path: Path) -> FoundDataset:
    """Return what lies there of one dataset, or the problem with it. Raises nothing."""
    found = FoundDataset(path.stem, path)
    try:
        status = path.lstat()
        found = replace(found, exposed=others_can_write(status), changed_at_ns=status.st_mtime_ns)
        record = believe_dataset(path, read_own(path, DATASET_MAX_BYTES + 1))
        found = replace(found, children=frozenset(record.children))
        return _with_files(replace(found, record=record))
    except (CheckpointError, Shortage) as error:
        return replace(found, record=None, problem=error)
    except OSError as error:
        return replace(found, record=None, problem=shortage_of(error) or unreadable(path, error))


def _with_files(found: FoundDataset) -> FoundDataset:
    """Return it with what the journal of its files says; a damaged one is as if there were none, it is set aside later.

    Raises CheckpointError, Shortage, OSError.
    """
    assert found.record is not None
    path = found.path.with_suffix(FILES)
    changed_at_ns, exposed = found.changed_at_ns, found.exposed
    with suppress(FileNotFoundError):
        status = path.lstat()
        changed_at_ns, exposed = max(changed_at_ns, status.st_mtime_ns), exposed or others_can_write(status)
    found = replace(
        found,
        record=replace(found.record, updated_at=changed_at_ns / 1e9),
        exposed=exposed,
        changed_at_ns=changed_at_ns,
    )
    try:
        kept = read_files(path)
        failed = kept.receipts(Outcome.FAILED) if kept.tally.of(Outcome.FAILED).files else ()
        return replace(found, files=kept.tally, failures=tuple(islice(failed, FAILURES_MOST)))
    except CheckpointDamaged:
        return found
