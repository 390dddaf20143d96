"""Files of a dataset that are transfers of their own: large ones, and those that met a snag on the lean lane."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.coordinator import TransferCoordinator
from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.run import start_run
from oss_jupyter.engine.transfer_queue import TransferQueue
from oss_jupyter.errors import (
    CredentialsError,
    ExecutorFailed,
    NetworkError,
    OssJupyterError,
    ServiceError,
    Shortage,
    TransferStateError,
)
from oss_jupyter.model.dataset import FileReceipt, Outcome
from oss_jupyter.model.progress import Receipt, Snapshot
from oss_jupyter.model.small_files import FileToSend
from oss_jupyter.model.states import State

if TYPE_CHECKING:
    from oss_jupyter.engine.budget import Budget
    from oss_jupyter.engine.dataset.messages import Handed
    from oss_jupyter.engine.dataset.ports import DatasetCheckpoint
    from oss_jupyter.engine.spec import TransferSpec

# Large files at once: each fills the line by itself, and the next one is under way when it ends.
_AT_ONCE = 3
# What no file could get around.
_OF_ALL = frozenset(
    {
        "NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch", "UserDisable", "BucketDisable",
        "AbnormalBucketOwnerStatus",
    }
)  # fmt: skip
# So many files that are refused in the same way say that all would be, as long as no other has been sent.
_ALIKE_MOST = 8


@dataclass(frozen=True)
class Child:
    """A file and the transfer that sends it."""

    file: FileToSend
    job: TransferCoordinator


class Children:
    """Only the dataset's own thread uses it, but for the listener of changes, which any may call.

    answered: whether the service has answered anything of the dataset. refusal: what stands in the way of all files
    and not of one.
    """

    def __init__(
        self,
        file_spec: Callable[[str, str], TransferSpec],
        checkpoint: DatasetCheckpoint,
        changed: Callable[[], None],
        budget: Budget,
        answered: Callable[[], bool],
    ) -> None:
        self._file_spec = file_spec
        self._checkpoint = checkpoint
        self._changed = changed
        self._answered = answered
        self._queue: TransferQueue[AnyJob] = TransferQueue(_start, _AT_ONCE, budget)
        self._running: dict[int, Child] = {}
        self._alike: list[str] = []
        self._others_sent = False
        self.refusal: OssJupyterError | None = None

    @property
    def jobs(self) -> dict[str, AnyJob]:
        """The transfers by their ids."""
        return {child.job.id: child.job for child in self._running.values()}

    def snapshots(self) -> dict[int, Snapshot]:
        """Return how each is, by the number of its file."""
        return {number: child.job.snapshot() for number, child in self._running.items()}

    def take(self, handed: Handed) -> FileReceipt | None:
        """Begin with a file; return its receipt where it cannot even be begun. Raises CheckpointError."""
        file = handed.file
        self._others_sent = self._others_sent or handed.others_sent
        try:
            spec = self._file_spec(file.path, file.key)
        except OssJupyterError as error:
            return _failed(file, error)
        job = TransferCoordinator(spec, self._queue)
        job.answered_before = self._answered()
        self._checkpoint.child(job.id, file.path, file.key)
        self._running[file.number] = Child(file, job)
        job.on_change(self._changed)
        job.go(spec)
        return None

    def ended(self) -> Iterable[tuple[FileReceipt, int, Snapshot]]:
        """Return what became of those that have come to an end since, with the number of the file and the last look."""
        over = [child for child in self._running.values() if child.job.resting]
        for child in over:
            del self._running[child.file.number]
        return [(self._receipt(child), child.file.number, child.job.snapshot()) for child in over]

    @property
    def waits_for_credentials(self) -> bool:
        """Whether one of them waits for new ones."""
        return any(child.job.state is State.WAITING_FOR_CREDENTIALS for child in self._running.values())

    def renew(self, remade: Callable[[TransferSpec], TransferSpec]) -> None:
        """Let all go on with another way to the service."""
        for child in self._running.values():
            child.job.renew_spec(remade(child.job.spec))

    def share_limit(self, bytes_per_second: float | None) -> None:
        """Let each send no faster than this."""
        for child in self._running.values():
            child.job.share_limit(bytes_per_second)

    @property
    def sending(self) -> int:
        """How many are sending now."""
        return sum(child.job.state.active and child.job.state is not State.QUEUED for child in self._running.values())

    def stop(self, *, abort: bool) -> None:
        """Bring all to rest: pause, or give up and remove their parts. Those that wait come first, and let none in."""
        for child in sorted(self._running.values(), key=lambda child: child.job.state is not State.QUEUED):
            with suppress(TransferStateError):
                if abort:
                    child.job.abort(keep_parts=False)
                else:
                    child.job.pause()

    def adopt(self, specs: Iterable[TransferSpec]) -> None:
        """Take in those that an earlier run has begun, to give them up; numbers below 0 are no file's."""
        known = set(self.jobs)
        for place, spec in enumerate(specs, 1):
            if spec.transfer_id not in known:
                job = TransferCoordinator(spec, self._queue, State.INTERRUPTED)
                file = FileToSend(-place, spec.source_text, spec.target.key, 0, 0, "")
                self._running[-place] = Child(file, job)
                job.on_change(self._changed)

    @property
    def at_rest(self) -> bool:
        """Whether none of them moves."""
        return all(child.job.resting for child in self._running.values())

    def failure(self) -> OssJupyterError | None:
        """Return why one could not be given up, or None."""
        return next((child.job.error for child in self._running.values() if child.job.error), None)

    def _receipt(self, child: Child) -> FileReceipt:
        receipt, error = child.job.snapshot().receipt, child.job.error
        if isinstance(receipt, Receipt):
            self._others_sent = True
            return _done(child.file, receipt)
        if error is None:
            error = OssJupyterError("It was stopped.", "Resume the dataset.", code="Stopped")
        self._judge(error)
        return _failed(child.file, error)

    def _judge(self, error: OssJupyterError) -> None:
        """Find out whether what one file met would be met by all."""
        of_all = isinstance(error, (CredentialsError, NetworkError, Shortage, ExecutorFailed)) or error.code in _OF_ALL
        if isinstance(error, ServiceError) and not self._others_sent:
            self._alike = [*(code for code in self._alike if code == error.code), error.code]
            of_all = of_all or len(self._alike) >= _ALIKE_MOST
        if of_all:
            self.refusal = self.refusal or error


def _done(file: FileToSend, receipt: Receipt) -> FileReceipt:
    return FileReceipt(
        path=file.path,
        key=file.key,
        size=receipt.size,
        mtime_ns=file.mtime_ns if receipt.size == file.size else 0,
        outcome=Outcome.SKIPPED if receipt.sent_nothing else Outcome.SENT,
        etag=receipt.etag,
        crc64=receipt.crc64,
        seconds=receipt.seconds,
    )


def _failed(file: FileToSend, error: OssJupyterError) -> FileReceipt:
    return FileReceipt(
        file.path, file.key, file.size, file.mtime_ns, Outcome.FAILED, code=error.code, reason=error.what
    )


def _start(job: Any) -> None:
    assert isinstance(job, TransferCoordinator)
    start_run(job)
