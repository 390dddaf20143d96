"""How a dataset comes to its end: with all of its files, or with some that failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.dataset.tally import counts_of, failed_file
from oss_jupyter.engine.driver import Ending
from oss_jupyter.errors import FilesFailed, OssJupyterError
from oss_jupyter.model.dataset import FileReceipt, Outcome
from oss_jupyter.model.dataset_receipt import FAILURES_MOST, DatasetReceipt
from oss_jupyter.model.reach import reached_by
from oss_jupyter.model.states import Event

if TYPE_CHECKING:
    from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator
    from oss_jupyter.engine.dataset.ports import DatasetCheckpoint
    from oss_jupyter.engine.dataset.spec import DatasetSpec
    from oss_jupyter.model.lifecycle import Command


def ended(job: DatasetCoordinator, checkpoint: DatasetCheckpoint, command: Command) -> Ending:
    """Close the books: the checkpoint goes where nothing failed, and stays for those files that did."""
    failed = job.book.of(Outcome.FAILED)[0]
    if failed:
        checkpoint.finish_with_errors()
        saved = checkpoint.files_path
    else:
        checkpoint.finish()
        saved = checkpoint.receipts_path
    job.note_all(checkpoint.remarks)
    receipt = _receipt(job, saved)
    if not failed:
        return Ending(Event.CONFIRMED, command, receipt=receipt)
    try:
        receipt.raise_for_failed()
    except FilesFailed as error:
        return Ending(Event.SOME_FAILED, command, error, receipt)
    raise AssertionError("some failed")


def show_kept(job: DatasetCoordinator, checkpoint: DatasetCheckpoint) -> None:
    """Show what the disk knows, where a run has ended before it came as far: what earlier ones sent is there."""
    path = checkpoint.files_path
    if path is None:
        return
    with suppress(OssJupyterError, OSError):
        kept = job.spec.parts.remembered(str(path))
        if kept.tally.of(Outcome.SENT, Outcome.KEPT, Outcome.SKIPPED).files > job.book.done_count:
            failed = islice(kept.receipts(Outcome.FAILED), FAILURES_MOST)
            job.book.show(counts_of(kept.tally), map(failed_file, failed), job.spec.kept_bytes(checkpoint.children))


def _receipt(job: DatasetCoordinator, saved: Path | None) -> DatasetReceipt:
    book, now = job.book, job.snapshot()
    numbers = {outcome.value: book.of(outcome) for outcome in Outcome}
    receipt = DatasetReceipt(
        id=job.id,
        url=str(job.spec.target),
        **{name: files for name, (files, _) in numbers.items()},
        **{f"{name}_bytes": size_bytes for name, (_, size_bytes) in numbers.items()},
        seconds=job.run_seconds(),
        retries=now.retries,
        resent_bytes=now.resent_bytes,
        failures=book.failures,
        saved=None,
    )
    return at_hand(receipt, job.spec, saved)


def at_hand(receipt: DatasetReceipt, spec: DatasetSpec, saved: Path | None) -> DatasetReceipt:
    """Return a receipt that reads those of its files where they are saved, and reaches its objects as it was made."""
    read = spec.parts.remembered
    here = replace(receipt, saved=partial(_saved, read, str(saved)) if saved else None)
    return reached_by(here, spec.control)


def _saved(read: Callable[..., Any], path: str) -> Iterable[FileReceipt]:
    found: Iterable[FileReceipt] = read(path).receipts()
    return found
