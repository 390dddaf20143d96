"""What a large DataFrame and a long generator cost the kernel: its memory, and the disk.

``python -m tests.benchmarks.memory`` reads a Task on standard input and prints what came of it, as JSON: each in a
fresh process, because memory that was had once is rarely given back.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .clients import BUCKET, KEYS
from .harness import GIB, MIB, PARALLEL, Setup
from .promises import Promise, at_most
from .sink.launch import Sink, running_sink
from .sink.server import WaitingList
from .usage import forget_peak, peak_bytes, resident_bytes

_COLUMNS = 16
_QUICK_SHARE = 16
_STREAM_TIMES = 10
_MOST_SECONDS = 1800.0
_LOOK_SECONDS = 0.002
_BLOCK_BYTES = MIB
# What a kernel may need beside its writer, and for a stream of whatever length.
_BESIDE_MIB, _STREAM_MIB = 30, 60


@dataclass(frozen=True)
class Task:
    """what: "writer", "object" or "stream", of so many bytes. folder: for the file, or the spool."""

    what: str
    size: int
    folder: str
    endpoint: str


@dataclass(frozen=True)
class Grown:
    """By how much the process grew at most, and how many pieces of a stream lay on the disk at most."""

    grown_bytes: int
    pieces: int = 0


def large_object(setup: Setup) -> Iterator[Promise]:
    """Memory for writing and sending a DataFrame, beside that for writing it to a file."""
    size = setup.size // _QUICK_SHARE if setup.quick else setup.size
    with running_sink(setup.folder, WaitingList()) as sink:
        writer, ours = (_measured(setup, sink, what, size).grown_bytes / MIB for what in ("writer", "object"))
    name = f"a DataFrame of {size / GIB:g} GiB"
    setup.say(f"{name}: to_parquet grew the process by {writer:.0f} MiB, uploading it by {ours:.0f} MiB")
    beside = max(0.0, ours - writer)
    yield at_most(f"{name}: the kernel grows beyond what to_parquet needs by", beside, _BESIDE_MIB, " MiB")


def long_stream(setup: Setup) -> Iterator[Promise]:
    """Memory and disk while a generator is sent."""
    size = _STREAM_TIMES * setup.size // (_QUICK_SHARE if setup.quick else 1)
    with running_sink(setup.folder, WaitingList()) as sink:
        grown = _measured(setup, sink, "stream", size)
    name = f"a generator of {size / GIB:g} GiB, {PARALLEL} connections"
    setup.say(f"{name}: the kernel grew by {grown.grown_bytes / MIB:.1f} MiB, {grown.pieces} parts on the disk at most")
    yield at_most(f"{name}: the kernel grows by", grown.grown_bytes / MIB, _STREAM_MIB, " MiB")
    yield at_most(f"{name}: parts on the disk at any moment", grown.pieces, PARALLEL + 2)


def _measured(setup: Setup, sink: Sink, what: str, size: int) -> Grown:
    task = Task(what, size, str(setup.folder), sink.endpoint)
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.memory"],
        input=json.dumps(asdict(task)),
        capture_output=True,
        text=True,
        timeout=_MOST_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{what} did not come to an end:\n{done.stderr[-2000:]}")
    return Grown(**json.loads(done.stdout.splitlines()[-1]))


def _upload(task: Task, source: Any, key: str) -> None:
    import oss_jupyter as oj

    oj.upload(
        source,
        f"oss://{BUCKET}/{key}",
        endpoint=task.endpoint,
        region="cn-hangzhou",
        credentials=KEYS,
        checkpoint_dir=str(Path(task.folder) / "checkpoints"),
        parallel=PARALLEL,
    ).result()


def _table(size: int) -> Any:
    numpy, pandas = importlib.import_module("numpy"), importlib.import_module("pandas")
    rows = max(1, size // 8 // _COLUMNS)
    columns = [f"c{number}" for number in range(_COLUMNS)]
    return pandas.DataFrame(numpy.random.default_rng(1).random((rows, _COLUMNS)), columns=columns)


def _writer(task: Task) -> Grown:
    table, path = _table(task.size), Path(task.folder) / "table.parquet"
    _table(1).to_parquet(path)  # what it loads counts for neither
    try:
        return Grown(_growth(lambda: table.to_parquet(path)))
    finally:
        path.unlink()


def _object(task: Task) -> Grown:
    table = _table(task.size)
    _upload(task, _table(1), "small.parquet")
    return Grown(_growth(lambda: _upload(task, table, "table.parquet")))


def _stream(task: Task) -> Grown:
    block = os.urandom(_BLOCK_BYTES)
    _upload(task, iter([block]), "small.bin")
    watch = _Watch(Path(task.folder) / "checkpoints")
    grown = _growth(lambda: _upload(task, (block for _ in range(task.size // _BLOCK_BYTES)), "stream.bin"))
    return Grown(grown, watch.end())


def _growth(action: Callable[[], None]) -> int:
    forget_peak()
    before = resident_bytes()
    action()
    return max(0, peak_bytes() - before)


class _Watch:
    """Counts the pieces of a stream on the disk, over and over, on a thread of its own."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self._most = max(self._most, sum(1 for _ in self._place.glob("*.stream-*/part-*")))

    def end(self) -> int:
        """Return how many there were at most."""
        self._over.set()
        self._thread.join()
        return self._most


def main() -> None:
    """Carry out the task on standard input."""
    task = Task(**json.load(sys.stdin))
    print(json.dumps(asdict({"writer": _writer, "object": _object, "stream": _stream}[task.what](task))), flush=True)


if __name__ == "__main__":
    main()
