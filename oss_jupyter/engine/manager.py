"""All transfers of this kernel, found by id or by its beginning."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from oss_jupyter.engine.budget import Budget
from oss_jupyter.engine.coordinator import TransferCoordinator
from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator
from oss_jupyter.engine.dataset.messages import Counts
from oss_jupyter.engine.dataset.run import start_dataset_run
from oss_jupyter.engine.dataset.spec import DatasetSpec
from oss_jupyter.engine.dataset.transfer import DatasetTransfer
from oss_jupyter.engine.ends import Ends
from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.run import start_run
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.engine.streaming.run import start_stream_run
from oss_jupyter.engine.streaming.spec import StreamSpec
from oss_jupyter.engine.transfer import Transfer, coordinator_of, put_behind
from oss_jupyter.engine.transfer_queue import AT_ONCE, TransferQueue
from oss_jupyter.errors import InputError, TransferNotFound
from oss_jupyter.model.dataset import FailedFile
from oss_jupyter.model.dataset_record import DatasetRecord
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.record import CheckpointRecord
from oss_jupyter.model.share import share
from oss_jupyter.model.states import State
from oss_jupyter.redact import quoted
from oss_jupyter.texts import listed, tr

# A shorter upload tells more about latency than about the line.
_TELLING_SECONDS = 1.0
_LOOK_SECONDS = 0.005


class Manager:
    """`_lock` guards _transfers, in the order in which they began, _listeners, who tell of their ends, _limit, _speeds,
    by host, and _limits, of who sends.

    uploads_at_once: how many large uploads run at once; the others wait for their turn. budget: the connections of all.
    begins: called, on whatever thread, when one begins to run or goes on; ends: with one that has ended, once for each
    end. Both must be quick.
    """

    def __init__(
        self,
        uploads_at_once: int = AT_ONCE,
        budget: Budget | None = None,
        begins: Callable[[], None] = lambda: None,
        ends: Callable[[AnyJob], None] = lambda job: None,
    ) -> None:
        self._queue: TransferQueue[AnyJob] = TransferQueue(self._start, uploads_at_once, budget)
        self._begins = begins
        self._ends = ends
        self._lock = threading.Lock()
        self._transfers: dict[str, Transfer] = {}
        self._listeners: dict[str, Ends] = {}
        self._limit: float | None = None
        self._speeds: dict[str, float] = {}
        self._limits: dict[str, float | None] = {}

    def upload(self, spec: TransferSpec | DatasetSpec) -> Transfer:
        """Return the transfer of this source and target: the live one, the unfinished one resumed, or a new one."""
        over: AnyJob | None = None
        while True:
            with self._lock:
                transfer = self._transfers.get(spec.transfer_id)
                if transfer is None or coordinator_of(transfer) is over:
                    transfer = self._add(self._made(spec, earlier=over))
                job = coordinator_of(transfer)
            # Outside the lock: a job that another process runs asks there, and tells what it hears.
            if job.go(spec):
                return transfer
            over = job if job.retire() else None

    def adopt(self, spec: TransferSpec, record: CheckpointRecord, *, elsewhere: bool = False) -> Transfer:
        """Return the transfer of a checkpoint found on disk, as interrupted unless it lives, here or `elsewhere`."""
        with self._lock:
            known = self._transfers.get(spec.transfer_id)
        over = coordinator_of(known) if known is not None and _left_parts(known, record) else None
        retired = over is not None and over.retire()
        with self._lock:
            transfer = self._transfers.get(spec.transfer_id)
            if transfer is None or (retired and coordinator_of(transfer) is over):
                transfer = self._add(TransferCoordinator(spec, self._queue, State.INTERRUPTED))
        # What rests here is read again: another kernel may have carried on with it meanwhile.
        coordinator = coordinator_of(transfer)
        assert isinstance(coordinator, TransferCoordinator), "ids of datasets are others"
        coordinator.found(spec, record, elsewhere=elsewhere)
        return transfer

    def adopt_dataset(
        self,
        spec: DatasetSpec,
        record: DatasetRecord,
        counts: Counts,
        failures: Iterable[FailedFile],
        *,
        elsewhere: bool = False,
    ) -> Transfer:
        """Return the transfer of a dataset found on disk, likewise. counts: what its files come to."""
        with self._lock:
            transfer = self._transfers.get(spec.transfer_id)
            if transfer is None:
                transfer = self._add(self._made(spec, State.INTERRUPTED))
        coordinator = coordinator_of(transfer)
        assert isinstance(coordinator, DatasetCoordinator), "ids of files are others"
        coordinator.found(spec, record, counts, failures, elsewhere=elsewhere)
        return transfer

    def take(self, make: Callable[[TransferQueue[AnyJob]], AnyJob]) -> Transfer:
        """Return the handle of a job that another process runs: the one that there is, unless that is over."""
        with self._lock:
            job = make(self._queue)
            known = self._transfers.get(job.id)
            if known is None or known.state.ended_for_good:
                return self._add(job)
            if coordinator_of(known) is not job:
                put_behind(known, job)
                self._listen(job)
            return known

    def lay_down(self, transfer: Transfer) -> None:
        """Let a handle stand for what the disk tells, because the process that ran its job has ended."""
        with self._lock:
            job = self._made(coordinator_of(transfer).spec, State.INTERRUPTED)
            put_behind(transfer, job)
            self._listen(job)

    def runs(self) -> bool:
        """Whether one of them runs; one that waits for credentials, or is paused, does not."""
        return bool(self._queue.running())

    def transfers(self) -> tuple[Transfer, ...]:
        """Return all of them, in the order in which they began."""
        with self._lock:
            return tuple(self._transfers.values())

    def find(self, text: str) -> Transfer:
        """Return the one transfer whose id is `text` or begins with it. Raises TransferNotFound, InputError."""
        known = self.transfers()
        found = [transfer for transfer in known if transfer.id.startswith(text)] if text else []
        exact = [transfer for transfer in found if transfer.id == text]
        if not found:
            raise _none_begins_with(text, known)
        if len(found) > 1 and not exact:
            raise _many_begin_with(text, found)
        return (exact or found)[0]

    def forget(self, wanted: Callable[[Transfer], bool]) -> int:
        """Take ended transfers off the list and return how many; nothing is touched on the disk or in OSS."""
        with self._lock:
            gone = [key for key, transfer in self._transfers.items() if transfer.state.ended and wanted(transfer)]
            for key in gone:
                del self._transfers[key], self._listeners[key]
            return len(gone)

    @property
    def limit(self) -> float | None:
        """The speed limit of all transfers together in bytes per second, or None."""
        with self._lock:
            return self._limit

    def set_limit(self, bytes_per_second: float | None) -> None:
        """Limit all transfers together, from now on; what runs gets equal shares. None takes the limit away."""
        with self._lock:
            self._limit = bytes_per_second
        self._share_out()

    def set_uploads_at_once(self, count: int) -> None:
        """Let so many large uploads run at once from now on; those that run already go on."""
        self._queue.set_at_once(count)

    def wait_until_told(self, timeout_seconds: float) -> None:
        """Wait until `ends` has been called for all that have ended by now: waiting for one does not wait for that."""
        with self._lock:
            listeners = tuple(self._listeners.values())
        until = time.monotonic() + timeout_seconds
        while not all(one.told for one in listeners) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)

    def _start(self, job: AnyJob) -> None:
        start_job(job)
        self._begins()

    def _made(
        self, spec: TransferSpec | DatasetSpec, state: State = State.QUEUED, earlier: AnyJob | None = None
    ) -> AnyJob:
        if isinstance(spec, DatasetSpec):
            return DatasetCoordinator(spec, self._queue, state, earlier)
        return TransferCoordinator(spec, self._queue, state, earlier)

    def _add(self, coordinator: AnyJob) -> Transfer:
        transfer = handle_of(coordinator)
        self._transfers.pop(transfer.id, None)
        self._transfers[transfer.id] = transfer
        self._listen(coordinator)
        return transfer

    def _listen(self, job: AnyJob) -> None:
        job.on_change(partial(self._changed, job))
        self._listeners[job.id] = Ends(job, self._ends)
        job.on_change(self._listeners[job.id])

    def connection_speed(self, host: str) -> float | None:
        """Return the bytes per second of one connection when a file last went to `host`, or None."""
        with self._lock:
            return self._speeds.get(host)

    def _changed(self, transfer: AnyJob) -> None:
        """Look at what others have to do with: most changes are only of words."""
        sends, limit = transfer.state.active, transfer.limit
        with self._lock:
            changed = (transfer.id in self._limits) != sends or (sends and self._limits[transfer.id] != limit)
            if changed and sends:
                self._limits[transfer.id] = limit
            elif changed:
                del self._limits[transfer.id]
        if changed:
            self._learn(transfer)
            self._share_out()

    def _learn(self, transfer: AnyJob) -> None:
        now = transfer.snapshot() if transfer.state is State.COMPLETED else None
        if now is not None and now.receipt is not None and now.receipt.seconds > _TELLING_SECONDS:
            moved_bytes = now.receipt.sent_bytes + now.receipt.resent_bytes
            speed = moved_bytes / now.receipt.seconds / max(1, now.parallel)
            with self._lock:
                self._speeds[transfer.spec.host] = speed

    def _share_out(self) -> None:
        """Tell the lanes what each running transfer may send, whenever one starts, ends or changes its limit."""
        running = {transfer.id: transfer for transfer in self._queue.running() if transfer.state.active}
        shares = share(self.limit, {key: transfer.limit for key, transfer in running.items()})
        for key, transfer in running.items():
            transfer.share_limit(shares[key])

    def pause_all(self, timeout_seconds: float) -> None:
        """Bring everything to rest, for a kernel that is about to go; what the service confirmed is in the journals."""
        moving = [transfer for transfer in self.transfers() if _stops_with_kernel(coordinator_of(transfer))]
        for transfer in waiting_first(moving):
            coordinator_of(transfer).stop_for_exit()
        until = time.monotonic() + timeout_seconds
        for transfer in moving:
            transfer.wait(max(0.0, until - time.monotonic()))


def _stops_with_kernel(job: AnyJob) -> bool:
    return not job.apart and not job.resting


def waiting_first(transfers: Iterable[Transfer]) -> list[Transfer]:
    """Return transfers in the order in which they can be stopped without one letting another in."""
    return sorted(transfers, key=lambda transfer: transfer.state is not State.QUEUED)


def handle_of(job: AnyJob) -> Transfer:
    """Return what the user of a job holds."""
    return DatasetTransfer(job) if isinstance(job, DatasetCoordinator) else Transfer(job)


def start_job(job: AnyJob) -> None:
    """Start the run of a job whose turn it is. Raises Shortage, or InterpreterEnding."""
    if isinstance(job, DatasetCoordinator):
        start_dataset_run(job)
    else:
        assert isinstance(job, TransferCoordinator)
        (start_stream_run if isinstance(job.spec, StreamSpec) else start_run)(job)


def _left_parts(transfer: Transfer, record: CheckpointRecord) -> bool:
    """Whether `record` is what a transfer that is over has left, or newer; else it was read just before it went."""
    now = transfer.snapshot()
    kept = now.state is State.ABORTED and coordinator_of(transfer).command() is Command.ABORT_KEEP_PARTS
    return kept or (now.state.ended_for_good and now.upload_id != record.header.upload_id)


def _none_begins_with(text: str, known: Sequence[Transfer]) -> TransferNotFound:
    ids = listed(transfer.id for transfer in known)
    return TransferNotFound(
        tr("No upload has an id that begins with {text}.", text=quoted(text)),
        tr("Known ids: {ids}.", ids=ids) if ids else tr("Known ids: there are none."),
    )


def _many_begin_with(text: str, found: Sequence[Transfer]) -> InputError:
    ids = listed(transfer.id for transfer in found)
    return InputError(
        tr("{number} uploads begin with {text}: {ids}.", number=len(found), text=quoted(text), ids=ids),
        tr("Write more of the id."),
    )
