"""The files of a dataset that workers of a cluster make and hold: found as they are made, sent from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from oss_jupyter.engine.cluster_lane import ClusterLane
from oss_jupyter.errors import PartStopped, SourceMissing
from oss_jupyter.model.dataset import (
    Checksums,
    DatasetSource,
    FileReceipt,
    FoundFile,
    Outcome,
    Piece,
    Selection,
    Trouble,
)
from oss_jupyter.model.gauge import LocalGauge
from oss_jupyter.model.held import Held, HeldMaker, NotMade
from oss_jupyter.model.parted import Alike
from oss_jupyter.model.wire_values import Fingerprint, RangeRequest
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.model.compare import Sum

_TICK_SECONDS = 0.25


class HeldFiles:
    """It outlives pauses, and not the kernel. Any thread may call it; entries of its dictionaries are replaced whole.

    place: where the files would lie, if they lay here; their paths begin with it. read_again: reads a range, on the
    lane.
    """

    def __init__(self, maker: HeldMaker, place: Path, lane: ClusterLane, read_again: Callable[..., int]) -> None:
        self._maker = maker
        self._place = place
        self._lane = lane
        self._read_again = read_again
        self._held: dict[str, Held] = {}
        self._ended: dict[str, FoundFile] = {}

    def source(self) -> DatasetSource:
        """Return what a dataset is made of that sends all of them."""
        pieces = (Piece(str(self._place / name), name, is_file=True) for name in self._maker.names)
        return DatasetSource(tuple(pieces), self._maker.text)

    def scan(
        self, source: DatasetSource, selection: Selection, stopped: Callable[[], bool], prefix: str = ""
    ) -> Iterator[FoundFile]:
        """Yield the files as they are made, in any order. Raises PartStopped, and what stands in the way of all."""
        yield from (self._ended[piece.path] for piece in source.pieces if piece.path in self._ended)
        numbers = {name: number for number, name in enumerate(self._maker.names)}
        pieces = {numbers[Path(one.path).name]: one for one in source.pieces if one.path not in self._ended}
        told: SimpleQueue[tuple[int, Held | NotMade]] = SimpleQueue()
        alike = Alike(self._maker.text)
        waiting, out = list(pieces), set[int]()
        most = self._maker.begin(waiting)
        while waiting or out:
            if stopped():
                raise PartStopped("The dataset was stopped.")
            more = waiting[: self._room(most, len(waiting), len(out))]
            del waiting[: len(more)]
            out.update(more)
            self._maker.make(more, lambda number, what: told.put((number, what)))
            try:
                number, what = told.get(timeout=_TICK_SECONDS)
            except Empty:
                continue
            out.discard(number)
            yield self._found(pieces[number], number, what, alike)

    def _room(self, most: int | None, waiting: int, out: int) -> int:
        """Return how many may be made now: several at once, because each time costs a look at the whole graph."""
        if most is None:
            return waiting
        room = most - out - len(self._held)
        return room if room >= min(waiting, max(1, most // 4)) else 0

    def _found(self, piece: Piece, number: int, what: Held | NotMade, alike: Alike) -> FoundFile:
        if isinstance(what, NotMade):
            error = alike.failed(what.why, of_all=what.of_all)
            if error is not None:
                raise error
            detail = tr("partition {number}: {why}", number=number, why=what.why)
            return FoundFile(piece.path, piece.key, trouble=Trouble.NOT_MADE, detail=detail)
        alike.made()
        self._held[piece.path] = what
        self._lane.hold(piece.path, what)
        return FoundFile(piece.path, piece.key, what.size, what.mtime_ns)

    def ended(self, receipt: FileReceipt) -> None:
        """Let a file go, because what became of it is written down. One that failed is made anew next time."""
        held = self._held.pop(receipt.path, None)
        self._lane.release(receipt.path)
        if held is not None and receipt.outcome is not Outcome.FAILED:
            key = Path(receipt.path).name
            self._ended[receipt.path] = FoundFile(receipt.path, key, held.size, held.mtime_ns)

    def rest(self) -> None:
        """Let the cluster forget what has not been sent: it is made anew, if anybody wants it."""
        self._maker.stop()
        for path in list(self._held):
            self._held.pop(path, None)
            self._lane.release(path)

    def checksums(
        self, path: str, size: int, mtime_ns: int, wanted: Sum, stopped: Callable[[], bool] = bool
    ) -> Checksums:
        """Return what its maker has said. Raises SourceMissing where nobody holds it any more."""
        held = self._of(path)
        return Checksums(held.md5, held.crc64)

    def source_of(self, path: str) -> HeldSource:
        """Return a file as the source of a transfer of its own. Raises SourceMissing."""
        return HeldSource(Path(path), self._of(path), self._read)

    def _read(self, path: str, offset: int, length: int) -> int:
        return self._lane.submit(self._read_again, RangeRequest(path, offset, length), LocalGauge(None)).result()

    def _of(self, path: str) -> Held:
        held = self._held.get(path)
        if held is None:
            what, advice = tr("No worker holds the file any more."), tr("Resume: it is made anew.")
            raise SourceMissing(what, advice, code="NotHeld")
        return held


class HeldSource:
    """A file that a worker holds, as a Source. It never changes: made anew with other bytes it is another one."""

    def __init__(self, path: Path, held: Held, read: Callable[[str, int, int], int]) -> None:
        self.path = path
        self._held = held
        self._read = read

    def check(self) -> Fingerprint:
        """Return what it is."""
        return self.fingerprint()

    def fingerprint(self) -> Fingerprint:
        """Return what it is."""
        return Fingerprint(self._held.size, self._held.mtime_ns, "held")

    def open_for_writing(self) -> bool:
        """Nobody writes to it."""
        return False

    def crc64(self, offset: int, length: int, stopped: Callable[[], bool] = bool) -> int:
        """Return the CRC-64 of a byte range, which a worker reads unless it is all of it. Raises OssJupyterError."""
        if (offset, length) == (0, self._held.size):
            return self._held.crc64
        return self._read(str(self.path), offset, length)

    def md5(self, offset: int, length: int, stopped: Callable[[], bool] = bool) -> str:
        """Return the MD5 of all of it, and nothing for a part of it: that is taken for another one, and sent again."""
        return self._held.md5 if (offset, length) == (0, self._held.size) else ""
