"""One run of a dataset, on a thread of its own: it drives the worker, and the transfers of single files beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.dataset.answers import Answers
from oss_jupyter.engine.dataset.children import Children, Ended
from oss_jupyter.engine.dataset.driving import TICK_SECONDS, Driving
from oss_jupyter.engine.dataset.ending import ended, show_kept
from oss_jupyter.engine.dataset.messages import (
    AllRefused,
    Handed,
    Postponed,
    Progress,
    ScanEnded,
    Settled,
    WorkerRequest,
)
from oss_jupyter.engine.dataset.notes import NOTHING, scan_notes
from oss_jupyter.engine.dataset.worker import work
from oss_jupyter.engine.driver import Driver, Ending
from oss_jupyter.engine.log import log
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.service_requests import Interrupted
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import InputError, LaneLost, OssJupyterError
from oss_jupyter.model.dataset import Outcome
from oss_jupyter.model.dataset_record import DatasetHeader, DatasetRecord
from oss_jupyter.model.files_parallel import FILES_START
from oss_jupyter.model.lifecycle import Command
from oss_jupyter.model.progress import Phase
from oss_jupyter.model.states import Event
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator
    from oss_jupyter.engine.dataset.ports import DatasetCheckpoint
    from oss_jupyter.engine.spec import TransferSpec
    from oss_jupyter.engine.stream import Stream

# How long the worker and the single transfers may take to stop.
_LET_GO_SECONDS = 30.0
# The answer of a callback's server is something to be told, which the lane of small files does not: it would be called
# again by the transfer that has to find out.
_NONE_IS_SMALL = -1


def start_dataset_run(job: DatasetCoordinator) -> None:
    """Start the thread of a run whose turn it is. Raises Shortage, or InterpreterEnding."""
    start_thread(DatasetRun(job), f"oss-transfer-{job.id}")
    job.tell()


class DatasetRun(Driver["DatasetCoordinator"]):
    """Call it once, on a new thread; it leaves through `end`, whatever happens."""

    def __init__(self, job: DatasetCoordinator) -> None:
        super().__init__(job)
        self._spec = job.spec
        self._checkpoint: DatasetCheckpoint | None = None
        self._record: DatasetRecord | None = None
        self._children: Children | None = None
        self._stream: Stream | None = None
        self._answers: Answers | None = None

    def _life(self) -> Ending:
        command = self._job.command()
        self._wait_for_earlier()
        self._open_checkpoint()
        self._requests.check()
        self._job.book.begin(self._spec.clock.monotonic())
        try:
            self._serve()
        finally:
            self._stop()
        self._remove_left_over()
        return ended(self._job, self._open, command)

    def _obey(self, command: Command) -> Ending:
        if command is Command.ABORT:
            try:
                self._remove()
            except OssJupyterError as error:
                return Ending(Event.FAIL, command, error)
            return Ending(Event.ABORT, command)
        return Ending(Event.ABORT if command is Command.ABORT_KEEP_PARTS else Event.PAUSE, command)

    def _failed(self, error: OssJupyterError, command: Command) -> Ending:
        if self._checkpoint is not None:
            show_kept(self._job, self._checkpoint)
        if not error.safe:
            error.safe = self._job.what_is_kept(self._job.snapshot())
        if self._checkpoint is not None and not self._job.book.done_count and self._keeps_nothing(error):
            self._checkpoint.delete()
        return Ending(Event.FAIL, command, error)

    def _keeps_nothing(self, error: OssJupyterError) -> bool:
        """Whether there is nothing to carry on with: it can never work as it was asked for, or no file was found."""
        return isinstance(error, InputError) or (error.code == NOTHING and not self._open.children)

    def _let_go(self) -> None:
        if self._checkpoint is not None:
            self._checkpoint.close()
            self._checkpoint = None
        self._job.leave_connections()

    @property
    def _open(self) -> DatasetCheckpoint:
        assert self._checkpoint is not None, "the run opens it first"
        return self._checkpoint

    def _open_checkpoint(self) -> None:
        self._spec = spec = self._job.spec
        self._checkpoint, self._record = spec.store.open(self._job.id)
        self._job.note_all(self._checkpoint.remarks)
        if self._job.command().aborts:
            return
        self._checkpoint.start(self._header())
        self._job.note_all(self._checkpoint.remarks)

    def _header(self) -> DatasetHeader:
        begun_at = self._record.header.created_at if self._record else self._spec.clock.time()
        return self._spec.header(begun_at).driven(self._job.limit, self._job.parallel_wanted()[0])

    def _serve(self) -> None:
        """Drive the worker until it has ended, and another one where its process dies."""
        self._children = self._new_children()
        while True:
            lost = self._serve_one()
            if lost is None:
                return
            if lost.what:
                self._job.note(lost.what)
            self._children.stop(abort=False)
            self._settle_stopped()
            self._job.book.begin(self._spec.clock.monotonic())

    def _serve_one(self) -> LaneLost | None:
        """Drive one worker; return how its process was lost, or None where it has done its work."""
        events = self._events
        keys = self._requests.signing_keys()
        stream = self._stream = self._spec.worker_lane.stream(work, self._request(keys), events.put, self._job.id)
        stream.future.add_done_callback(events.put)
        self._answers = Answers(self._job, self._requests, stream, events)
        assert self._children is not None
        driving = Driving(self._job, self._requests, stream, self._children, keys)
        while True:
            self._requests.check()
            event = events.next_event(TICK_SECONDS)
            if event is stream.future:
                self._stream = None
                error = stream.future.exception()
                if error is not None and not isinstance(error, LaneLost):
                    raise error
                return error
            self._take(stream, event)
            self._look_at_children(stream)
            if driving.tick(self._spec.clock.monotonic()):
                self._open.drive(self._job.limit, self._job.parallel_wanted()[0])
                self._job.note_all(self._open.remarks)

    def _request(self, keys: Any) -> WorkerRequest:
        spec, files = self._spec, self._open.files_path
        wanted = self._job.parallel_wanted()[0]
        only_failed = self._job.only_failed and files is not None  # else nobody knows which they were
        return replace(
            spec.request(files, self._open.receipts_path),
            small_most_bytes=_NONE_IS_SMALL if spec.options.get("callback") else spec.small_most_bytes,
            planned=None if only_failed else spec.planned,
            only_failed=only_failed,
            route=spec.control.files_route(spec.target, spec.options),
            keys=keys,
            width=wanted,
            granted=self._job.grant(wanted or FILES_START, elastic=wanted is None),
            width_most=self._job.elastic_most,
            content_type=spec.options.get("content_type") or "",
            content_encoded=bool(spec.options.get("content_encoding")),
            elsewhere=spec.send_signed is not None,
        )

    def _take(self, stream: Stream, event: Any) -> None:
        children, answers = self._children, self._answers
        assert children is not None
        assert answers is not None
        if isinstance(event, Progress):
            self._take_in(event)
        elif isinstance(event, Handed):
            log.debug("%s: %s is a transfer of its own; %s", self._job.id, event.file.key, event.snag or "it is large")
            refused = children.take(event.file)
            if refused is not None:
                self._settle(stream, refused)
        elif isinstance(event, AllRefused):
            children.refuse()
        elif isinstance(event, ScanEnded):
            for note in scan_notes(event):
                self._job.note(note, Lasts.THIS_RUN)
        elif event is not None:
            answers.take(event)

    def _take_in(self, progress: Progress) -> None:
        self._job.book.told(progress, self._spec.clock.monotonic())
        self._job.note_all(progress.remarks)

    def _look_at_children(self, stream: Stream) -> None:
        children = self._children
        assert children is not None
        for one in children.ended():
            self._settle(stream, one)
        for number in children.postponed():
            stream.send(Postponed(number))
        if children.refusal is not None:
            children.refusal.safe = ""  # it was said of one file
            raise children.refusal

    def _settle(self, stream: Stream, ended: Ended) -> None:
        self._job.book.settled(ended.number, ended.receipt, ended.last)
        stream.send(Settled(ended.number, ended.receipt, ended.refused))

    def _stop(self) -> None:
        """Stop the worker and all transfers, and take in what they still say."""
        stream, children = self._stream, self._children
        if stream is not None:
            stream.gauge.stop()
        if self._answers is not None:
            self._answers.stop()
        if children is not None:
            children.stop(abort=False)
        until = self._spec.clock.monotonic() + _LET_GO_SECONDS
        told_all = stream is None
        while self._spec.clock.monotonic() < until:
            if told_all and (children is None or children.at_rest):
                break
            event = self._events.next_event(TICK_SECONDS)
            told_all = told_all or (stream is not None and event is stream.future)  # its last event
            if isinstance(event, Progress):
                self._take_in(event)
        if children is not None:
            self._job.book.children(children.snapshots(), self._spec.clock.monotonic())
        self._stream = None

    def _new_children(self) -> Children:
        return Children(self._job, self._file_spec, self._open, self._child_moved, self._answered)

    def _file_spec(self, path: str, key: str) -> TransferSpec:
        """Return the spec of one file, with the way to the service that counts now."""
        return replace(self._spec.file_spec(path, key), control=self._job.spec.control)

    def _child_specs(self) -> Iterator[TransferSpec]:
        for child in self._open.children.values():
            spec = self._spec.child_spec(child)
            if spec is not None:
                yield replace(spec, control=self._job.spec.control)

    def _answered(self) -> bool:
        return self._requests.silent_seconds is not None or self._job.book.done_count > 0

    def _child_moved(self) -> None:
        self._events.put(None)

    def _settle_stopped(self) -> None:
        """Forget transfers that a new worker will hand over again; their checkpoints are kept."""
        children = self._children
        assert children is not None
        while not children.at_rest:
            self._requests.check()
            self._events.next_event(TICK_SECONDS)
        self._children = self._new_children()

    def _remove(self) -> None:
        """Give up all transfers of single files and remove their parts; then the checkpoint goes."""
        self._job.set_phase(Phase.REMOVING_PARTS)
        failure = self._give_up(Command.ABORT)
        if failure is not None:
            raise failure
        self._open.delete()

    def _remove_left_over(self) -> None:
        """Remove the parts of files that are no longer sent: they have gone since, or have become others."""
        if self._job.book.of(Outcome.FAILED)[0]:
            return  # they stay for those that are tried again
        failure = self._give_up(Command.GO)
        if failure is not None:
            note = tr("Parts of a file that is no longer sent could not be removed. {what}", what=failure.what)
            self._job.note(note)

    def _give_up(self, wanted: Command) -> OssJupyterError | None:
        """Give up all transfers of single files; return what stood in the way. Raises Interrupted."""
        children = self._children or self._new_children()
        children.adopt(self._child_specs())
        children.stop(abort=True)
        while not children.at_rest:
            if self._job.command() is not wanted:
                raise Interrupted
            self._events.next_event(TICK_SECONDS)
        return children.failure()
