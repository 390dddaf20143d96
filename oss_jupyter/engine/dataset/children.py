"""Files of a dataset that are transfers of their own: large ones, and those that met a snag on the lean lane."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.coordinator import TransferCoordinator
from oss_jupyter.engine.dataset.verdict import Judge, Verdict
from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.run import start_run
from oss_jupyter.engine.transfer_queue import TransferQueue
from oss_jupyter.errors import (
    NetworkError,
    OssJupyterError,
    ServiceError,
    TransferStateError,
)
from oss_jupyter.model.dataset import FileReceipt, Outcome
from oss_jupyter.model.progress import Receipt, Snapshot
from oss_jupyter.model.small_files import FileToSend
from oss_jupyter.model.states import State
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator
    from oss_jupyter.engine.dataset.ports import DatasetCheckpoint
    from oss_jupyter.engine.spec import TransferSpec

# Large files at once: each fills the line by itself, and the next one is under way when it ends.
_AT_ONCE = 3


@dataclass(frozen=True)
class Child:
    """A file and the transfer that sends it."""

    file: FileToSend
    job: TransferCoordinator


@dataclass(frozen=True)
class Ended:
    """What became of a file. last: how its transfer was at last. refused: as in Settled."""

    number: int
    receipt: FileReceipt
    last: Snapshot | None = None
    refused: bool = False


class Children:
    """Only the dataset's own thread uses it, but for the listener of changes, which any may call.

    answered: whether the service has answered anything of the dataset. refusal: what stands in the way of all files
    and not of one.
    """

    def __init__(
        self,
        job: DatasetCoordinator,
        file_spec: Callable[[str, str], TransferSpec],
        checkpoint: DatasetCheckpoint,
        changed: Callable[[], None],
        answered: Callable[[], bool],
    ) -> None:
        self._job = job
        self._file_spec = file_spec
        self._checkpoint = checkpoint
        self._changed = changed
        self._answered = answered
        self._queue: TransferQueue[AnyJob] = TransferQueue(_start, _AT_ONCE, job.connections)
        self._running: dict[int, Child] = {}
        self._judge = Judge(job, answered)
        self._postponed: list[int] = []
        self._refused: OssJupyterError | None = None
        self.refusal: OssJupyterError | None = None

    @property
    def jobs(self) -> dict[str, AnyJob]:
        """The transfers by their ids."""
        return {child.job.id: child.job for child in self._running.values()}

    def snapshots(self) -> dict[int, Snapshot]:
        """Return how each is, by the number of its file."""
        return {number: child.job.snapshot() for number, child in self._running.items()}

    def take(self, file: FileToSend) -> Ended | None:
        """Begin with a file; return what became of it where it cannot even be begun. Raises CheckpointError."""
        try:
            spec = self._file_spec(file.path, file.key)
        except OssJupyterError as error:
            return Ended(file.number, _failed(file, error))
        job = TransferCoordinator(spec, self._queue)
        job.answered_before = self._answered()
        self._checkpoint.child(job.id, file.path, file.key)
        self._running[file.number] = Child(file, job)
        self._judge.begins(file.number)
        job.on_change(self._changed)
        self._job.set_children(self.jobs)  # before it sends: who removes uploads asks for those that move
        job.go(spec)
        return None

    def ended(self) -> list[Ended]:
        """Return what became of those that have come to an end since."""
        over = [child for child in self._running.values() if child.job.resting]
        return [ended for child in over if (ended := self._ended(child)) is not None]

    def postponed(self) -> list[int]:
        """Return the numbers of those that have been begun once more since, behind all others."""
        postponed, self._postponed = self._postponed, []
        return postponed

    def refuse(self) -> None:
        """Take the last refusal for one of all files."""
        self.refusal = self.refusal or self._refused

    def notes_of_waiting(self) -> tuple[str, ...] | None:
        """Return what is told of the first that waits for new credentials; None where none does."""
        jobs = (child.job for child in self._running.values())
        waiting = next((job for job in jobs if job.state is State.WAITING_FOR_CREDENTIALS), None)
        return None if waiting is None else waiting.snapshot().notes

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

    def _ended(self, child: Child) -> Ended | None:
        """Return what became of a file, or begin once more with it and return None."""
        number, last, error = child.file.number, child.job.snapshot(), child.job.error
        if isinstance(last.receipt, Receipt):
            ended = Ended(number, _done(child.file, last.receipt), last)
        elif error is None:
            error = OssJupyterError(tr("It was stopped."), tr("Resume the dataset."), code="Stopped")
            ended = Ended(number, _failed(child.file, error), last)
        elif (verdict := self._judge.verdict(number, error, others_wait=self._others_wait)) is Verdict.AGAIN:
            self._begin_again(child, error)
            return None
        else:
            refused = isinstance(error, (ServiceError, NetworkError))
            ended = Ended(number, _failed(child.file, error), last, refused)
            self._refused = error if refused else self._refused
            if verdict is Verdict.OF_ALL:
                self.refusal = self.refusal or error
        self._judge.ended(number)
        del self._running[number]
        return ended

    @property
    def _others_wait(self) -> bool:
        return self._job.book.has_more_left_than(len(self._running))

    def _begin_again(self, child: Child, error: OssJupyterError) -> None:
        note = tr("{what} The files that it concerned are tried again.", what=error.what)
        self._job.note(note, Lasts.THIS_RUN)
        self._judge.begins(child.file.number)
        self._postponed.append(child.file.number)
        child.job.resume()


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
