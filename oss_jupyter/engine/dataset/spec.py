"""What a dataset's job is asked to do, and with what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oss_jupyter.engine.dataset.messages import FILES_PER_TASK, WorkerParts, WorkerRequest
from oss_jupyter.engine.dataset.ports import DatasetStore
from oss_jupyter.engine.ports import StreamingLane
from oss_jupyter.engine.spec import JobSpec, TransferSpec
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.dataset import Compare, DatasetSource, FileReceipt, Selection
from oss_jupyter.model.dataset_record import Child, DatasetHeader
from oss_jupyter.model.prove import Prove
from oss_jupyter.model.small_files import FileSent, FileSnagged
from oss_jupyter.model.waiting_list import Kind


@dataclass(frozen=True, kw_only=True, repr=False)
class DatasetSpec(JobSpec):
    """Many files below one prefix.

    lane: where parts of large files run; worker_lane: where all else does. parts: what the worker is made of.
    file_spec: returns the spec of one file, by its path and its whole key; it raises OssJupyterError where that cannot
    be sent. child_spec: that of a file which an earlier run has begun, None where nothing of it is left. kept_bytes:
    how many bytes of such files are in OSS, by the ids of their transfers. search: finds files in what is written down
    of them, by a piece of their names. planned: what a plan has shown, as in
    WorkerRequest. part_size: bytes, where it was asked for. small_most_bytes: larger files are transfers of their own.
    send_signed: sends small files on `lane`, None where the worker does. made: as in DatasetHeader.
    files_per_task: as in WorkerRequest. gone: why its files cannot be made any more.
    """

    source: DatasetSource
    store: DatasetStore
    worker_lane: StreamingLane
    parts: WorkerParts
    file_spec: Callable[[str, str], TransferSpec]
    child_spec: Callable[[Child], TransferSpec | None]
    kept_bytes: Callable[[Collection[str]], int]
    search: Callable[[Path, str, int], Iterable[FileReceipt]]
    small_most_bytes: int
    selection: Selection = field(default_factory=Selection)
    compare: Compare = Compare.CONTENT
    planned: Mapping[str, tuple[int, int, bool]] | None = None
    part_size: int | None = None
    prove: Prove = Prove.KEPT
    send_signed: Callable[..., tuple[FileSent | FileSnagged, ...]] | None = None
    made: bool = False
    gone: OssJupyterError | None = None
    files_per_task: int = FILES_PER_TASK

    def request(self, files_path: Path | None, receipts_path: Path | None) -> WorkerRequest:
        """Return what a worker has to do, as far as the spec says it. The paths are as in WorkerRequest."""
        return WorkerRequest(
            source=self.source,
            selection=self.selection,
            compare=self.compare,
            force=self.force,
            target=self.target,
            small_most_bytes=self.small_most_bytes,
            parts=self.parts,
            files_path=str(files_path) if files_path else None,
            receipts_path=str(receipts_path) if receipts_path else None,
            files_per_task=self.files_per_task,
        )

    def header(self, created_at: float) -> DatasetHeader:
        """Return what the checkpoint keeps of it. created_at: seconds since the epoch."""
        return DatasetHeader(
            transfer_id=self.transfer_id,
            source=self.source,
            target=self.target,
            selection=self.selection,
            compare=self.compare,
            options=self.options.as_dict(),
            place=self.place,
            created_at=created_at,
            profile=self.profile,
            credentials_given=self.credentials_given,
            detached=self.detached,
            part_size=self.part_size,
            prove=self.prove,
            force=self.force,
            made=self.made,
        )

    @property
    def source_text(self) -> str:
        """How its user wrote it."""
        return self.source.text

    @property
    def stuck(self) -> OssJupyterError | None:
        """Why it cannot go on, but by its cell."""
        return self.gone

    @property
    def kind(self) -> Kind:
        """It fills the line by itself."""
        return Kind.LARGE
