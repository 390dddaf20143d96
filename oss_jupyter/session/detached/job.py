"""An upload that the host runs, as this kernel sees it: the coordinator of a handle like any other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from oss_jupyter.engine.coordinator import TransferCoordinator
from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator
from oss_jupyter.engine.dataset.ending import at_hand
from oss_jupyter.engine.dataset.spec import DatasetSpec
from oss_jupyter.engine.part_detail import PartDetail, part_of
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.reach import reached_by
from oss_jupyter.session.detached.hosted import Hosted

if TYPE_CHECKING:
    from oss_jupyter.engine.dataset.messages import Counts
    from oss_jupyter.engine.job import AnyJob
    from oss_jupyter.engine.transfer_queue import TransferQueue
    from oss_jupyter.model.dataset import FailedFile, FileNow
    from oss_jupyter.model.dataset_record import DatasetRecord
    from oss_jupyter.model.progress import AnyReceipt, Snapshot
    from oss_jupyter.model.record import CheckpointRecord
    from oss_jupyter.session.detached.values import HostedView


class HostedJob(Hosted[TransferSpec], TransferCoordinator):
    """One file."""

    def part(self, number: int) -> PartDetail:
        """Return what the host told last of a part: of one that has ended, not how. Raises IndexError."""
        return part_of(self.snapshot(), number)

    def _own(self, receipt: AnyReceipt) -> AnyReceipt:
        return reached_by(receipt, self._spec.control)

    def found(self, spec: TransferSpec, record: CheckpointRecord, *, elsewhere: bool) -> None:
        """Believe the host rather than the disk."""


class HostedDataset(Hosted[DatasetSpec], DatasetCoordinator):
    """Many files. What is known of each stays with the host until somebody asks."""

    @property
    def failures(self) -> tuple[FailedFile, ...]:
        """The first files that failed: what was told last holds some while it moves, and all at rest."""
        with suppress(OssJupyterError):
            if not self.resting:
                return tuple(self.read("failures"))
        files = self.snapshot().files
        return files.failures if files is not None else ()

    def files_at(self, cell: int) -> list[FileNow]:
        """Return files at a place of the map. Raises HostGone."""
        files: list[FileNow] = self.read("files_at", cell)
        return files

    def child(self, transfer_id: str) -> Snapshot | None:
        """Return how a file is that is a transfer of its own; None, too, where the host cannot tell."""
        with suppress(OssJupyterError):
            now: Snapshot | None = self.read("child", transfer_id)
            return now
        return None

    def _own(self, receipt: AnyReceipt) -> AnyReceipt:
        assert isinstance(receipt, DatasetReceipt)
        store, known = self._spec.store, receipt.id
        return at_hand(receipt, self._spec, store.files_path(known) if receipt.failed else store.receipts_path(known))

    def found(
        self,
        spec: DatasetSpec,
        record: DatasetRecord,
        counts: Counts,
        failures: Iterable[FailedFile],
        *,
        elsewhere: bool,
    ) -> None:
        """Believe the host rather than the disk."""


def hosted_job(
    spec: TransferSpec | DatasetSpec,
    queue: TransferQueue[AnyJob],
    seen: HostedView,
    again: Callable[[AnyJob], None],
) -> HostedJob | HostedDataset:
    """Return the job of an upload that the host runs."""
    if isinstance(spec, DatasetSpec):
        return HostedDataset(spec, queue, seen, again)
    return HostedJob(spec, queue, seen, again)
