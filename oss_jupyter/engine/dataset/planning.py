"""Looking through a dataset without sending anything: each file with what an upload would do with it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from oss_jupyter.engine.dataset.answers import look, page_of
from oss_jupyter.engine.dataset.messages import (
    HeadWanted,
    PageWanted,
    Planned,
    ScanEnded,
    WorkerRequest,
)
from oss_jupyter.engine.dataset.notes import scan_notes
from oss_jupyter.engine.dataset.worker import work
from oss_jupyter.model.planned_rows import PlannedFile
from oss_jupyter.model.wire_values import ObjectPage

if TYPE_CHECKING:
    from oss_jupyter.engine.dataset.spec import DatasetSpec


@dataclass(frozen=True)
class Looked:
    """What it took: pages of objects and heads that were asked for. notes: on what was passed over."""

    pages: int
    heads: int
    notes: tuple[str, ...]


def look_through(spec: DatasetSpec, take: Callable[[PlannedFile], object]) -> Looked:
    """Call `take` for each file in the order of keys, on this thread. An interrupt ends it.

    Raises CredentialsError, NetworkError, ServiceError where the service cannot be asked; what the scan raises.
    """
    events: SimpleQueue[Any] = SimpleQueue()
    stream = spec.worker_lane.stream(work, _request(spec), events.put, spec.transfer_id)
    stream.future.add_done_callback(events.put)
    pages, heads, notes = 0, 0, tuple[str, ...]()
    try:
        while not isinstance(event := events.get(), Future):
            if isinstance(event, PageWanted):
                pages += 1
                stream.send(page_of(partial(_page, spec, event.start_after)))
            elif isinstance(event, HeadWanted):
                heads += 1
                stream.send(look(spec.control, spec.target.bucket, event))
            elif isinstance(event, Planned):
                for file, action, reason in event.rows:
                    take(PlannedFile(file.path, file.key, file.size, action, reason, file.mtime_ns))
            elif isinstance(event, ScanEnded):
                notes = tuple(scan_notes(event))
        stream.future.result()
    finally:
        stream.gauge.stop()
        spec.control.close()
    return Looked(pages, heads, notes)


def _request(spec: DatasetSpec) -> WorkerRequest:
    store, known = spec.store, spec.transfer_id
    return replace(spec.request(store.files_path(known), store.receipts_path(known)), only_plan=True)


def _page(spec: DatasetSpec, start_after: str) -> ObjectPage:
    spec.control.credentials_version()
    return spec.control.list_objects(spec.target.bucket, spec.target.key, start_after)
