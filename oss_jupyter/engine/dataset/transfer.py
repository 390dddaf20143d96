"""A dataset's transfer as its user holds it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, cast

from oss_jupyter.engine.dataset.tally import CELL_OF
from oss_jupyter.engine.part_detail import PartDetail
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import InputError
from oss_jupyter.model.dataset import Cell, FailedFile, FileNow, FileReceipt
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator
    from oss_jupyter.model.dataset_receipt import DatasetReceipt
    from oss_jupyter.model.progress import Snapshot

_FOUND_MOST = 21


class DatasetTransfer(Transfer):
    """Many files on their way below one prefix. What a Transfer has, it has too; and:

    snapshot(): Snapshot. Its `files` is a FilesView: how many files there are, and what became of them.
    failures: tuple[FailedFile, ...]. The first files that failed, each with its reason.
    resume(): None. Carries on; where all others are there, with those files alone that failed.
    result(timeout=None): DatasetReceipt. Waits for the end; files that failed are counted in it, and it does not raise
        for them: `receipt.raise_for_failed()` does. ``await`` does the same.
    find(text): list[FileNow]. Files whose keys or paths hold a text, and how they stand.
    child(transfer_id): Snapshot | None. How a file stands that goes in parts, or ended while it was looked at.
    """

    @property
    def _dataset(self) -> DatasetCoordinator:
        return cast("DatasetCoordinator", self._coordinator)

    def __repr__(self) -> str:
        now = self.snapshot()
        files = now.files
        assert files is not None
        return (
            f"<DatasetTransfer {self.id} {now.state}: {now.source} -> {now.target}, {files.done}/{files.total} files>"
        )

    @property
    def failures(self) -> tuple[FailedFile, ...]:
        """The first files that failed, each with its reason."""
        return self._dataset.failures

    def part(self, number: int) -> PartDetail:
        """A dataset has files and no parts of its own. Raises InputError."""
        raise InputError(
            tr("A dataset has files, and no parts of its own."),
            tr("Look at snapshot().files, or at find(text)."),
        )

    def child(self, transfer_id: str) -> Snapshot | None:
        """Return how a file stands that goes in parts, or None where there is no such transfer.

        One that has ended is remembered if it was asked for while it went on, until the dataset is resumed.
        """
        return self._dataset.child(transfer_id)

    def find(self, text: str) -> list[FileNow]:
        """Return some files whose keys or paths hold `text`, in either case, and how they stand."""
        files = self.snapshot().files
        assert files is not None
        wanted = text.casefold()
        found = {
            one.key: FileNow(one.key, Cell.ON_THE_WIRE, one.size, transfer_id=one.transfer_id)
            for one in files.on_the_wire
            if wanted in one.key.casefold()
        }
        for receipt in self._written(text):
            found.setdefault(receipt.key, _now(receipt))
        return list(found.values())[:_FOUND_MOST]

    def files_at(self, cell: int) -> list[FileNow]:
        """Return those files of a place on the map, from 0, that are on the wire or have failed."""
        return self._dataset.files_at(cell)

    def result(self, timeout: float | None = None) -> DatasetReceipt:  # type: ignore[override]
        """Wait for the end and return the receipt, in which files that failed are counted.

        Raises what made all of it fail, TransferAborted, TransferStateError if it is paused, or TimeoutError.
        """
        return cast("DatasetReceipt", super().result(timeout))

    def __await__(self) -> Generator[Any, None, DatasetReceipt]:  # type: ignore[override]
        return cast("Generator[Any, None, DatasetReceipt]", super().__await__())

    def _written(self, text: str) -> Iterator[FileReceipt]:
        spec = self._dataset.spec
        for path in (spec.store.files_path(self.id), spec.store.receipts_path(self.id)):
            if path is not None and path.exists():
                yield from spec.search(path, text, _FOUND_MOST)


def _now(receipt: FileReceipt) -> FileNow:
    return FileNow(receipt.key, CELL_OF[receipt.outcome], receipt.size, receipt.reason or receipt.code)
