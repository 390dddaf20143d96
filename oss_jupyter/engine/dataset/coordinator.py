"""The job of many files on their way below one prefix."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.dataset.book import DatasetBook
from oss_jupyter.engine.dataset.cells import at_rest
from oss_jupyter.engine.dataset.messages import Counts
from oss_jupyter.engine.dataset.spec import DatasetSpec
from oss_jupyter.engine.differences import note_live
from oss_jupyter.engine.job import AnyJob, JobCoordinator
from oss_jupyter.errors import TransferStateError
from oss_jupyter.model.dataset import Cell, FailedFile, FileNow
from oss_jupyter.model.progress import PartsView, Snapshot
from oss_jupyter.model.sizes import count
from oss_jupyter.model.states import State
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from oss_jupyter.engine.job_status import JobStatus
    from oss_jupyter.engine.transfer_queue import TransferQueue
    from oss_jupyter.model.dataset_record import DatasetRecord

# Files of which somebody may be looking at the parts.
_LOOKED_AT_MOST = 8


class DatasetCoordinator(JobCoordinator[DatasetSpec]):
    """Many files. JobStatus's lock guards _share, _only_failed, _children and _looked_at, too.

    book: what is known of the files, with a lock of its own. _looked_at: the transfers of single files that were asked
    for last, by their ids: whoever looks at one sees its end, too.
    """

    def __init__(
        self,
        spec: DatasetSpec,
        queue: TransferQueue[AnyJob],
        state: State = State.QUEUED,
        earlier: JobStatus[DatasetSpec] | None = None,
    ) -> None:
        super().__init__(spec, queue, state, earlier)
        self.book = DatasetBook()
        self._share: float | None = spec.limit
        self._only_failed = False
        self._children: dict[str, AnyJob] = {}
        self._looked_at: OrderedDict[str, AnyJob] = OrderedDict()

    def resume(self) -> None:
        """Carry on, with those files alone that have failed where all others are there.

        Where it waits for credentials, its files try those that are there, even if they are the old ones.
        """
        with self._changed:
            self._only_failed = self._only_failed or self._lifecycle.state is State.COMPLETED_WITH_ERRORS
            self._looked_at.clear()
            children = tuple(self._children.values())
        super().resume()
        for child in children:
            if child.state is State.WAITING_FOR_CREDENTIALS:
                with suppress(TransferStateError):  # it has come to its end meanwhile
                    child.resume()

    def go(self, spec: DatasetSpec) -> bool:
        """Carry on, with all files as they are now; see JobCoordinator."""
        with self._changed:
            self._only_failed = False
            self._looked_at.clear()
        return super().go(spec)

    @property
    def only_failed(self) -> bool:
        """Whether the run is about those files alone that failed."""
        with self._changed:
            return self._only_failed

    @property
    def confirmed_count(self) -> int:
        """How many files are in OSS."""
        return self.book.done_count

    def run_seconds(self) -> float:
        """Return how long the run of now has been going."""
        with self._changed:
            return self._spec.clock.monotonic() - self._started_monotonic

    @property
    def moved_at(self) -> float:
        """When the service last took or confirmed something, in monotonic seconds."""
        return self.book.moved_at

    def share_limit(self, bytes_per_second: float | None) -> None:
        """Send no faster than this; the run divides it among what it sends."""
        with self._changed:
            self._share = bytes_per_second

    @property
    def share(self) -> float | None:
        """The speed limit in bytes per second for all that the run sends, or None."""
        with self._changed:
            return self._share

    def set_children(self, children: dict[str, AnyJob]) -> None:
        """Show which files are transfers of their own now, by their ids."""
        with self._changed:
            self._children = children

    @property
    def failures(self) -> tuple[FailedFile, ...]:
        """The first files that failed."""
        return self.book.failures

    def files_at(self, cell: int) -> list[FileNow]:
        """Return files at a place of the map, from 0, that somebody would ask about."""
        files = self.book.files_at(cell)
        if self.state.active:
            return files
        return [replace(one, cell=Cell.WAITING) if one.cell is Cell.ON_THE_WIRE else one for one in files]

    @property
    def upload_ids(self) -> frozenset[str]:
        """The service's ids of files that are being sent in parts."""
        with self._changed:
            children = tuple(self._children.values())
        return frozenset(child.snapshot().upload_id for child in children if not child.resting)

    def child(self, transfer_id: str) -> Snapshot | None:
        """Return how a file is that is a transfer of its own, at its end only if it was asked for before; or None."""
        with self._changed:
            child = self._children.get(transfer_id) or self._looked_at.get(transfer_id)
            if child is not None:
                self._looked_at[transfer_id] = child
                self._looked_at.move_to_end(transfer_id)
            if len(self._looked_at) > _LOOKED_AT_MOST:
                self._looked_at.popitem(last=False)
        return child.snapshot() if child is not None else None

    def found(
        self,
        spec: DatasetSpec,
        record: DatasetRecord,
        counts: Counts,
        failures: Iterable[FailedFile],
        *,
        elsewhere: bool,
    ) -> None:
        """Show what the disk knows of a dataset that rests here; `elsewhere`: another kernel drives it."""
        with self._changed:
            moved = self._rests_on_disk(spec, elsewhere=elsewhere)
            if moved is None:
                return
            self._only_failed = record.with_errors
        self.book.show(counts, failures, spec.kept_bytes(record.children))
        if moved:
            self.tell()

    def what_is_kept(self, now: Snapshot) -> str:
        """Return what counts when it is resumed, in one sentence."""
        files = now.files
        if files is None or not files.done:
            return tr("No file has been sent.")
        return tr("{files} in OSS; resume sends the rest.", files=count(files.done, "file is", "files are"))

    def _what_is_left(self, now: Snapshot, *, parts_kept: bool) -> str:
        files = now.files
        there = count(files.sent + files.kept if files else 0, "file that was sent stays", "files that were sent stay")
        return tr(
            "{files} in OSS. The parts of large ones are kept, too." if parts_kept else "{files} in OSS.", files=there
        )

    def _book(self, now: float) -> tuple[PartsView, dict[str, Any]]:
        parts, files = self.book.view()
        if not self._lifecycle.running:
            files = replace(files, files_per_second=None, on_the_wire=(), cells=at_rest(files.cells))
        return parts, {"files": files}

    def _take_over(self, spec: DatasetSpec, *, begins: bool) -> str:
        before = self._spec
        self._take_pace(spec)
        if begins:
            self._spec = spec
            return ""
        self._spec = replace(before, control=spec.control, policy=spec.policy)
        late = {
            "executor": spec.lane != before.lane,
            "checkpoint_dir": spec.store is not before.store,
            "compare": spec.compare is not before.compare,
        }
        names = [name for name, differs in late.items() if differs and name in spec.given]
        names += [name for name in spec.given if spec.options.get(name) != before.options.get(name)]
        return note_live(names) if names else ""
