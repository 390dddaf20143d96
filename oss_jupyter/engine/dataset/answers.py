"""What the worker of a dataset asks for: pages of objects one by one, heads some at a time, tasks of an executor."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from oss_jupyter.engine.dataset.messages import Block, Head, HeadWanted, Page, PageWanted
from oss_jupyter.engine.dataset.tasks import TaskEnded, Tasks
from oss_jupyter.engine.object_check import lacks_permission
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError, ServiceError
from oss_jupyter.model.target import Target

if TYPE_CHECKING:
    from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator
    from oss_jupyter.engine.event_queue import EventQueue
    from oss_jupyter.engine.ports import Control
    from oss_jupyter.engine.service_requests import ServiceRequests
    from oss_jupyter.engine.stream import Stream
    from oss_jupyter.model.wire_values import ObjectPage

_HEADS_AT_ONCE = 8


class Answers:
    """Only the dataset's own thread uses it; each head is asked for on a thread of its own."""

    def __init__(self, job: DatasetCoordinator, requests: ServiceRequests, stream: Stream, events: EventQueue) -> None:
        self._job = job
        self._requests = requests
        self._stream = stream
        self._events = events
        self._waiting: deque[HeadWanted] = deque()
        self._asked = 0
        self._tasks = Tasks(job, requests, stream, events)

    def take(self, event: PageWanted | HeadWanted | Head | Block | TaskEnded) -> None:
        """Begin to answer, or hand an answer on.

        Raises what stands in the way of a page, but for a permission that is not there, or of signing.
        """
        if isinstance(event, PageWanted):
            self._page(event)
        elif isinstance(event, (Block, TaskEnded)):
            self._tasks.take(event)
        elif isinstance(event, HeadWanted):
            self._waiting.append(event)
            self._ask()
        else:
            self._asked -= 1
            self._stream.send(event)
            self._ask()

    def stop(self) -> None:
        """Let tasks that have not begun never do so."""
        self._tasks.stop()

    def _page(self, wanted: PageWanted) -> None:
        target = self._job.spec.target
        self._stream.send(page_of(lambda: self._requests.list_objects(target, wanted.start_after)))

    def _ask(self) -> None:
        while self._waiting and self._asked < _HEADS_AT_ONCE:
            self._asked += 1
            start_thread(self._look, "oss-request", self._waiting.popleft())

    def _look(self, wanted: HeadWanted) -> None:
        spec = self._job.spec
        self._events.put(look(spec.control, spec.target.bucket, wanted))


def page_of(ask: Callable[[], ObjectPage]) -> Page:
    """Return the page that is asked for, or that it is not permitted. Raises whatever else stands in the way."""
    try:
        return Page(ask())
    except ServiceError as error:
        if not lacks_permission(error):
            raise
        return Page(None)


def look(control: Control, bucket: str, wanted: HeadWanted) -> Head:
    """Return what HEAD says of an object; whatever stands in the way, the file is sent then, or known from earlier."""
    try:
        control.credentials_version()
        return Head(wanted.number, permitted=True, head=control.head(Target(bucket, wanted.key)))
    except OssJupyterError as error:
        return Head(wanted.number, permitted=not lacks_permission(error), answered=False)
