"""The sender of a worker whose files are sent elsewhere: it cuts them into blocks, each of which is a task there."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from oss_jupyter.engine.dataset.feed import WorkerFeed
from oss_jupyter.engine.dataset.messages import Block, BlockEnded
from oss_jupyter.model.small_files import FileSent, FileToSend, Snag

_BYTES_MOST = 32 * 1024 * 1024
# So often is a file sent of whose task nothing was heard, before it becomes a transfer of its own.
_TRIES_MOST = 3
_TICK_SECONDS = 0.25


class Blocks:
    """One thread uses it, but for `ended`, which any may call."""

    def __init__(self, feed: WorkerFeed, emit: Callable[[Any], object], files_most: int) -> None:
        self._feed = feed
        self._files_most = files_most
        self._emit = emit
        self._ended: SimpleQueue[BlockEnded] = SimpleQueue()
        self._woken = threading.Event()
        self._out: dict[int, Block] = {}
        self._again: deque[FileToSend] = deque()
        self._lost: Counter[int] = Counter()
        self._given_count = 0

    def ended(self, block: BlockEnded) -> None:
        """Take what became of a block."""
        self._ended.put(block)
        self._woken.set()

    def run(self) -> None:
        """Hand files over until the feed has ended and all have come back, or it is stopped."""
        self._feed.wake_with(self._woken.set)
        try:
            while not self._feed.stopped and not (self._feed.ended and not self._out and not self._again):
                while len(self._out) < self._feed.width and (files := self._next()):
                    self._give(files)
                self._woken.wait(_TICK_SECONDS)
                self._woken.clear()
                self._take_in()
        finally:
            self._feed.wake_with(None)
            self._take_in()

    def _give(self, files: tuple[FileToSend, ...]) -> None:
        self._given_count += 1
        block = self._out[self._given_count] = Block(self._given_count, files)
        self._emit(block)

    def _next(self) -> tuple[FileToSend, ...]:
        files: list[FileToSend] = []
        size_bytes = 0
        while len(files) < self._files_most and size_bytes < _BYTES_MOST:
            file = self._again.popleft() if self._again else self._feed.take()
            if file is None:
                break
            files.append(file)
            size_bytes += file.size
        return tuple(files)

    def _take_in(self) -> None:
        while not self._ended.empty():
            ended = self._ended.get()
            block = self._out.pop(ended.number)
            for outcome in ended.outcomes:
                self._lost.pop(outcome.file.number, None)
                if isinstance(outcome, FileSent):
                    self._feed.moved(outcome.file.size)
                    self._feed.sent(outcome)
                else:
                    self._feed.snagged(outcome.file, outcome.why, outcome.detail)
            told = {outcome.file.number for outcome in ended.outcomes}
            for file in block.files:
                if file.number not in told:
                    self._send_again(file)

    def _send_again(self, file: FileToSend) -> None:
        if self._feed.stopped:
            return
        self._lost[file.number] += 1
        if self._lost[file.number] < _TRIES_MOST:
            self._again.append(file)
        else:
            del self._lost[file.number]
            self._feed.snagged(file, Snag.UNCLEAR, "TasksLost")
