"""Between the thread that compares and the one that sends: files in a queue, the dials, and what a snag leads to."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from oss_jupyter.engine.dataset.messages import AllRefused, Handed, Settled, WorkerRequest
from oss_jupyter.engine.dataset.refusals import Refusals
from oss_jupyter.engine.dataset.tally import WorkerTally
from oss_jupyter.errors import PartStopped
from oss_jupyter.model.dataset import FileReceipt, Outcome
from oss_jupyter.model.files_parallel import FilesParallel
from oss_jupyter.model.gauge import Gauge
from oss_jupyter.model.parallel import FixedParallel, Parallel
from oss_jupyter.model.small_files import FileSent, FileToSend, SigningKeys, Snag

# Files that wait to be sent: enough that no connection waits for a comparison, and few in memory.
READY_MOST = 4096
# So many are looked at for one from elsewhere, where those that come first are refused.
_LOOKED_AT_MOST = 10 * READY_MOST
# Large files that the kernel has at once; the others wait here, where they take less room.
_HANDED_MOST = 32
# While more files than this have met a snag and are not settled, no other is tried: it may be the line, or a refusal.
_SNAGS_MOST = 4
_OF_THE_LINE = (Snag.NETWORK, Snag.REFUSED, Snag.UNCLEAR)
_WAIT_SECONDS = 0.25


class WorkerFeed:
    """Feed and dials of the sender.

    `_changed` (a condition) guards _ready, _decided, _closed, _handed, _snagged, _later, _refusals, _all_refused,
    _keys, _granted, _parallel and _wake; _moved_bytes is the sender's own.
    """

    def __init__(
        self,
        request: WorkerRequest,
        gauge: Gauge,
        tally: WorkerTally,
        written: Callable[[FileReceipt], None],
        emit: Callable[[Any], object],
    ) -> None:
        self._gauge = gauge
        self._tally = tally
        self._written = written
        self._emit = emit
        self._width_most = request.width_most
        self._changed = threading.Condition()
        self._ready: deque[FileToSend] = deque()
        self._decided = False
        self._closed = False
        self._handed: set[int] = set()
        self._snagged: set[int] = set()
        self._later: deque[FileToSend] = deque()
        self._refusals = Refusals()
        self._all_refused = False
        self._keys = request.keys
        self._granted = request.granted
        self._parallel = self._made(request.width)
        self._wake: Callable[[], None] | None = None
        self._moved_bytes = 0

    # The thread that compares.

    def put(self, file: FileToSend) -> None:
        """Add a file to be sent; waits while there are many. Raises PartStopped."""
        with self._changed:
            while self._is_full and not self._over:
                self._changed.wait(_WAIT_SECONDS)
            if self._over:
                raise PartStopped("The dataset was stopped.")
            self._ready.append(file)
            first = len(self._ready) == 1
        if first:
            self.wake()

    def hand(self, file: FileToSend, snag: str = "", *, of_the_line: bool = False) -> None:
        """Let the kernel send a file, now or as soon as it has sent others."""
        with self._changed:
            if of_the_line:
                self._snagged.add(file.number)
            at_once = bool(snag) or len(self._handed) < _HANDED_MOST
            if at_once:
                self._handed.add(file.number)
            else:
                self._later.append(file)
        if at_once:
            self._give(file, snag)

    def decided(self) -> None:
        """Note that no more files come."""
        with self._changed:
            self._decided = True
            all_refused = self._finds_all_refused()
            self._changed.notify_all()
        self._tell((), all_refused=all_refused)

    # The thread that listens to the kernel, and the one that tells it.

    def settled(self, settled: Settled) -> None:
        """Note what the kernel has done with a file."""
        number, receipt = settled.number, settled.receipt
        with self._changed:
            self._handed.discard(number)
            self._snagged.discard(number)
            if settled.refused:
                self._refusals.refused(number, receipt.key, receipt.code)
            elif receipt.outcome is Outcome.SENT:
                self._refusals.sent()
            else:
                self._refusals.told(number)
            large, all_refused = self._next_large(), self._finds_all_refused()
            self._changed.notify_all()
        self._tell(large, all_refused=all_refused)

    def postponed(self, number: int) -> None:
        """Let no other file wait for one that is tried once more."""
        with self._changed:
            self._snagged.discard(number)
        self.wake()

    def grant(self, count: int) -> None:
        """Have so many connections from now on."""
        with self._changed:
            self._granted = count
        self.wake()

    def follow(self, count: int | None) -> None:
        """Use so many connections from now on, None to follow the line, as far as they are granted."""
        with self._changed:
            self._parallel = self._made(count)

    def take_keys(self, keys: SigningKeys) -> None:
        """Sign with these from now on."""
        with self._changed:
            self._keys = keys

    @property
    def wanted(self) -> int:
        """How many connections are of use now."""
        with self._changed:
            return self._parallel.target

    def sample(self) -> None:
        """Let the line be followed; to be called a few times a second."""
        with self._changed:
            self._parallel.hold(self._granted)
            self._parallel.sample(time.monotonic(), self._moved_bytes)

    @property
    def moved_bytes(self) -> int:
        """Bytes that sockets have taken in all."""
        return self._moved_bytes

    def wake(self) -> None:
        """End the sender's wait."""
        with self._changed:
            wake = self._wake
        if wake is not None:
            wake()

    def wait_for_settled(self) -> None:
        """Wait until the kernel has dealt with all that was handed over, or the dataset is stopped."""
        with self._changed:
            while (self._handed or self._later or not self._decided) and not self._over:
                self._changed.wait(_WAIT_SECONDS)

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # The sender: feed and dials.

    def take(self) -> FileToSend | None:
        """Return the next file, or None where there is none at this moment."""
        with self._changed:
            if not self._ready or len(self._snagged) > _SNAGS_MOST:
                return None
            file = self._next(self._ready)
            if len(self._ready) <= READY_MOST // 2:
                self._changed.notify_all()
        if file is None:
            return None
        self._tally.on_the_wire(file.number, file.key, file.size)
        return file

    @property
    def ended(self) -> bool:
        """Whether no more files will come."""
        with self._changed:
            return self._decided and not self._ready

    def wake_with(self, wake: Callable[[], None] | None) -> None:
        """Keep what ends the sender's wait."""
        with self._changed:
            self._wake = wake

    def sent(self, done: FileSent) -> None:
        """Write a receipt down."""
        file = done.file
        found = (file.path, file.key, file.size, file.mtime_ns)
        receipt = FileReceipt(*found, Outcome.SENT, done.etag, done.crc64, done.md5, done.seconds)
        self._written(receipt)
        self._tally.ended(file.number, receipt)
        with self._changed:
            self._refusals.sent()
            large = self._next_large()
        for one in large:
            self._give(one)
        self._parallel.confirmed(done.seconds)

    def snagged(self, file: FileToSend, why: Snag, detail: str) -> None:
        """Let the kernel find out what is the matter with a file."""
        of_the_line = why in _OF_THE_LINE
        if of_the_line:
            with self._changed:
                self._parallel.slow_down(time.monotonic())
        self._tally.handed(file.number)
        self.hand(file, f"{why}: {detail}", of_the_line=of_the_line)

    @property
    def stopped(self) -> bool:
        """Whether it has to give way."""
        return self._gauge.stopped

    @property
    def width(self) -> int:
        """How many connections it may have now."""
        with self._changed:
            return min(self._granted, self._parallel.target)

    def granted(self, wanted_bytes: int) -> int:
        """Return how many bytes the speed limit allows now."""
        limiter = self._gauge.limiter
        return wanted_bytes if limiter is None else limiter.take(wanted_bytes)

    def moved(self, sent_bytes: int) -> None:
        """Count bytes that a socket has taken."""
        self._moved_bytes += sent_bytes

    def keys(self) -> SigningKeys:
        """Return the credentials to sign with now."""
        with self._changed:
            assert self._keys is not None, "the kernel gives them before anything is sent"
            return self._keys

    @property
    def _over(self) -> bool:
        return self._closed or self._gauge.stopped

    @property
    def _is_full(self) -> bool:
        return len(self._ready) >= (_LOOKED_AT_MOST if self._refusals.doubts else READY_MOST)

    def _next_large(self) -> list[FileToSend]:
        """Return the next large files for the kernel, as far as there is room for them."""
        files: list[FileToSend] = []
        while self._later and len(self._handed) < _HANDED_MOST and (file := self._next(self._later)) is not None:
            self._handed.add(file.number)
            files.append(file)
        return files

    def _next(self, files: deque[FileToSend]) -> FileToSend | None:
        return self._refusals.take(files, all_known=self._decided or self._is_full)

    def _finds_all_refused(self) -> bool:
        """Whether it has just turned out that all files are refused; no matter, where one is still under way."""
        none_left = self._decided and not self._ready and not self._later and not self._refusals.has_sent
        refused = self._refusals.of_all or (self._refusals.doubts and none_left)
        first = refused and not (self._handed or self._tally.sending or self._all_refused)
        self._all_refused = self._all_refused or first
        return first

    def _tell(self, large: Iterable[FileToSend], *, all_refused: bool) -> None:
        for file in large:
            self._give(file)
        if all_refused:
            self._emit(AllRefused())
        self.wake()

    def _give(self, file: FileToSend, snag: str = "") -> None:
        self._tally.handed(file.number)
        self._emit(Handed(file, snag))

    def _made(self, count: int | None) -> Parallel:
        return FilesParallel(self._width_most) if count is None else FixedParallel(count)
