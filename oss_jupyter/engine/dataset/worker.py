"""The worker of a dataset: it scans, compares and sends small files by itself, beside the kernel.

It runs as a stream of the helper, or in a thread of the kernel where there is none. The kernel asks the service for
lists and heads, sends large files and what met a snag, and is told how far everything is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from oss_jupyter.engine.dataset.blocks import Blocks
from oss_jupyter.engine.dataset.deciding import Deciding
from oss_jupyter.engine.dataset.feed import WorkerFeed
from oss_jupyter.engine.dataset.messages import (
    BlockEnded,
    Head,
    Keys,
    Page,
    PageWanted,
    ParallelWanted,
    Postponed,
    Settled,
    Width,
    WorkerRequest,
)
from oss_jupyter.engine.dataset.tally import WorkerTally
from oss_jupyter.errors import PartStopped
from oss_jupyter.model.dataset import FileReceipt
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.wire_values import ObjectPage

# How often the kernel is told how far everything is.
TELL_SECONDS = 0.25
_END = object()


def work(request: WorkerRequest, gauge: Gauge, inbox: SimpleQueue[Any], emit: Callable[[Any], object]) -> None:
    """Do what the request says; returns when every file has come to an end here, or has been handed over and settled.

    Raises PartStopped once `gauge.stopped`, and what stands in the way of all files.
    """
    Worker(request, gauge, inbox, emit).run()


class Worker:
    """Four threads, however many files there are: one sends, one scans and compares, one listens, one tells.

    `_writing` guards the journal's file. _failure is the first thing that one of the other three met, and is looked at
    when they have ended.
    """

    def __init__(
        self, request: WorkerRequest, gauge: Gauge, inbox: SimpleQueue[Any], emit: Callable[[Any], object]
    ) -> None:
        self._request = request
        self._gauge = gauge
        self._inbox = inbox
        self._emit = emit
        self._pages: SimpleQueue[Page | None] = SimpleQueue()
        self._tally = WorkerTally(request.parts.ended)
        self._writing = threading.Lock()
        path = request.files_path
        self._journal = request.parts.journal(Path(path) if path and not request.only_plan else None)
        self._feed = WorkerFeed(request, gauge, self._tally, self._written, emit)
        self._deciding = Deciding(request, self._tally, self._feed, self._written, self._ask_page, emit)
        self._blocks = Blocks(self._feed, emit, request.files_per_task)
        self._failure: BaseException | None = None
        self._over = threading.Event()

    def run(self) -> None:
        """Work to the end."""
        threads = [
            threading.Thread(target=self._guarded, args=(self._listen,), name="oss-listen", daemon=True),
            threading.Thread(target=self._guarded, args=(self._decide,), name="oss-scan", daemon=True),
            threading.Thread(target=self._guarded, args=(self._tell,), name="oss-tell", daemon=True),
        ]
        try:
            for thread in threads:
                thread.start()
            self._send()
            self._feed.wait_for_settled()
        finally:
            self._end(threads)
        if self._failure is not None:
            raise self._failure
        if self._gauge.stopped:
            raise PartStopped("The dataset was stopped.")

    def _end(self, threads: list[threading.Thread]) -> None:
        self._over.set()
        self._feed.close()
        self._inbox.put(_END)
        self._pages.put(None)
        for thread in threads:
            if thread.ident is not None:
                thread.join()
        with self._writing:
            self._journal.close()
        if self._gauge.stopped:
            self._request.parts.rest()
        self._tell_once()

    def _send(self) -> None:
        if self._request.elsewhere:
            self._blocks.run()
        elif not self._request.only_plan:
            self._request.parts.send_files(self._feed, self._request.route, self._feed)

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except PartStopped:
            pass
        except BaseException as failure:
            self._failure = self._failure or failure
            self._gauge.stop()
        finally:
            self._feed.wake()

    def _decide(self) -> None:
        try:
            self._deciding.run(self._stopped)
            if not self._stopped():
                files, size_bytes = self._tally.scanned()
                with self._writing:
                    self._journal.total(files, size_bytes)
        finally:
            self._feed.decided()

    def _listen(self) -> None:
        takes: dict[type, Callable[[Any], object]] = {
            Page: self._pages.put,
            Head: self._deciding.answered,
            Settled: self._settled,
            Postponed: lambda value: self._feed.postponed(value.number),
            BlockEnded: self._blocks.ended,
            Width: lambda value: self._feed.grant(value.count),
            ParallelWanted: lambda value: self._feed.follow(value.count),
            Keys: lambda value: self._feed.take_keys(value.keys),
        }
        while (value := self._inbox.get()) is not _END:
            takes[type(value)](value)

    def _settled(self, settled: Settled) -> None:
        self._written(settled.receipt)
        self._tally.ended(settled.number, settled.receipt, counts=False)
        self._feed.settled(settled)

    def _tell(self) -> None:
        while not self._over.wait(TELL_SECONDS):
            self._feed.sample()
            self._tell_once()

    def _tell_once(self) -> None:
        moved_bytes, wanted = self._feed.moved_bytes, self._feed.wanted
        self._emit(self._tally.progress(moved_bytes=moved_bytes, wanted=wanted, remarks=self._journal.remarks))

    def _ask_page(self, start_after: str) -> ObjectPage | None:
        """Return a page of objects, None where that is not permitted. Raises PartStopped."""
        self._emit(PageWanted(start_after))
        page = self._pages.get()
        if page is None:
            raise PartStopped("The dataset was stopped.")
        return page.page

    def _written(self, receipt: FileReceipt) -> None:
        with self._writing:
            self._journal.add(receipt)

    def _stopped(self) -> bool:
        return self._gauge.stopped or self._over.is_set()
