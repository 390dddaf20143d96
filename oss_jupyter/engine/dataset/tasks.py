"""Blocks of small files as tasks of an executor. The kernel signs each file just before: no worker has a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.dataset.messages import Block, BlockEnded
from oss_jupyter.engine.log import log
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.options import ObjectOptions
from oss_jupyter.model.small_files import FileToSend, SignedFiles
from oss_jupyter.model.target import Target
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from concurrent.futures import Future

    from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator
    from oss_jupyter.engine.event_queue import EventQueue
    from oss_jupyter.engine.service_requests import ServiceRequests
    from oss_jupyter.engine.stream import Stream
    from oss_jupyter.model.gauge import Gauge
    from oss_jupyter.model.wire_values import SignedRequest


@dataclass(frozen=True)
class TaskEnded:
    """A task that has come to an end, as an event of the run."""

    stream: Stream
    number: int
    future: Future[Any]


class Tasks:
    """The tasks of one worker. Only the dataset's own thread uses it."""

    def __init__(self, job: DatasetCoordinator, requests: ServiceRequests, stream: Stream, events: EventQueue) -> None:
        self._job = job
        self._requests = requests
        self._stream = stream
        self._events = events
        self._gauges: dict[int, Gauge] = {}

    def take(self, event: Block | TaskEnded) -> None:
        """Hand a block to the executor, or what became of it to the worker. Raises why there are no credentials."""
        if isinstance(event, Block):
            self._submit(event)
        elif event.stream is self._stream:  # and not of a worker that has died: the one of now looks for itself
            self._ended(event)

    def _submit(self, block: Block) -> None:
        spec, stream, events = self._job.spec, self._stream, self._events
        assert spec.send_signed is not None
        signed = tuple((file, self._signed(file)) for file in block.files)
        gauge = self._gauges[block.number] = spec.lane.gauge(self._job.id)
        log.debug("%s: block %d goes to the executor: %d files", self._job.id, block.number, len(signed))
        request = SignedFiles(signed, spec.control.route(spec.target))
        future = spec.lane.submit(spec.send_signed, request, gauge, self._job.id)
        future.add_done_callback(lambda done: events.put(TaskEnded(stream, block.number, done)))

    def _ended(self, task: TaskEnded) -> None:
        """Tell the worker what became of a block; one that was lost it hands over again."""
        self._gauges.pop(task.number).taken()
        error = None if task.future.cancelled() else task.future.exception()
        if error is not None and not isinstance(error, OssJupyterError):
            raise error
        if error is not None:
            self._job.note(tr("{what} Its files are sent again.", what=error.what), Lasts.THIS_RUN)
        lost = error is not None or task.future.cancelled()
        if not lost:
            self._requests.confirmed()
        self._stream.send(BlockEnded(task.number, () if lost else task.future.result()))

    def stop(self) -> None:
        """Let those that have not begun never do so."""
        for gauge in self._gauges.values():
            gauge.stop()

    def _signed(self, file: FileToSend) -> SignedRequest:
        spec = self._job.spec
        options = spec.options.as_dict()
        if file.content_type:
            options["content_type"] = file.content_type
        return self._requests.sign_file(Target(spec.target.bucket, file.key), ObjectOptions(options))
