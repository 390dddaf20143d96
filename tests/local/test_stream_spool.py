"""The pieces of a stream on a disk that is nearly full, and what dead kernels left of theirs."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from queue import Queue
from typing import Any

from oss_jupyter.errors import SourceError
from oss_jupyter.local.room import RESERVE_BYTES
from oss_jupyter.local.spool import Spools
from oss_jupyter.local.stream_spool import StreamSpool
from oss_jupyter.model.pieces import Piece, StreamEnded

MIB = 1024 * 1024
LONG = 60.0


class Disk:
    """A disk that holds so many pieces beside what has to stay free."""

    def __init__(self, pieces: int) -> None:
        self.room = pieces * MIB

    def free(self, place: Path) -> int:
        """How much is free."""
        taken = sum(path.stat().st_size for path in place.glob("*.stream-*/part-*"))
        return RESERVE_BYTES + self.room - taken


def _spool(place: Path, disk: Disk, events: Queue[Any], closed: threading.Event) -> StreamSpool:
    def rows() -> Any:
        try:
            for _ in range(5):
                yield bytes(MIB)
        finally:
            closed.set()

    spool = StreamSpool(rows(), "rows()", place, "id.stream-", MIB, disk.free)
    spool.make_room(4)
    spool.follow(events.put)
    return spool


def test_a_disk_that_is_nearly_full_makes_it_slow(tmp_path: Path) -> None:
    """The next piece waits until one has left, and nothing fails while some are on their way."""
    events: Queue[Any] = Queue()
    spool = _spool(tmp_path, Disk(2), events, threading.Event())
    most = 0
    while isinstance(piece := events.get(timeout=LONG), Piece):
        most = max(most, len(list(tmp_path.glob("*.stream-*/part-*"))))
        spool.confirmed(piece.number)
    assert piece == StreamEnded(5)
    assert 1 <= most <= 3  # one of them may have been begun, and is empty
    spool.close()
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_for_one_piece_ends_it(tmp_path: Path) -> None:
    """With the numbers, and what to do; the stream is closed."""
    events: Queue[Any] = Queue()
    closed = threading.Event()
    spool = _spool(tmp_path, Disk(0), events, closed)
    ended = events.get(timeout=LONG)
    assert isinstance(ended.error, SourceError)
    assert ended.error.code == "NoRoomForSpool"
    assert "1 MiB more are needed, and 16 MiB are free, of which 16 MiB are to stay so." in ended.error.what
    assert "Run the cell again" in ended.error.advice
    assert spool.stuck is ended.error
    assert closed.wait(LONG)
    spool.close()
    assert not list(tmp_path.iterdir())


_DIES = """
import os, sys
from pathlib import Path
from oss_jupyter.local.stream_folders import PieceFolder
PieceFolder(Path(sys.argv[1]), "id.stream-").file_of(1).write_bytes(bytes(1000))
os._exit(0)
"""


def test_what_a_dead_kernel_left_is_counted_and_removed(tmp_path: Path) -> None:
    """Pieces of one that lives stay: its stream may be paused."""
    subprocess.run([sys.executable, "-c", _DIES, str(tmp_path)], check=True, timeout=LONG)
    events: Queue[Any] = Queue()
    alive = StreamSpool(iter([b"x"]), "rows()", tmp_path, "other.stream-", MIB)
    alive.follow(events.put)
    events.get(timeout=LONG)
    spools = Spools(tmp_path)
    assert spools.taken() == (2, 1001)
    assert spools.sweep() == 1
    assert spools.taken() == (1, 1)
    alive.close()
    assert spools.taken() == (0, 0)
