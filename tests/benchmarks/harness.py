"""Runs tasks one after the other, each in a fresh process, and lets nothing of one reach into the next."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from .clients import CLIENTS, FILE_KEY, PACKAGES, Job, environment
from .kernel import Outcome, Task
from .loop import Loop
from .sink.launch import Sink

MIB = 1024 * 1024
GIB = 1024 * MIB
PART_BYTES = 8 * MIB
PARALLEL = 4
# What a process may need beyond its own time limit: to start, to import, to run the loop alone.
_START_SECONDS = 40.0
# The longest time that an earlier helper process may take to notice that its kernel is gone.
_GONE_SECONDS = 5.0
_BLOCK_BYTES = 32 * MIB
_IN_A_FOLDER = 500


@dataclass(frozen=True)
class Setup:
    """What the whole benchmark was asked for.

    folder: for files and checkpoints, in memory where there is enough. files: how many small ones, where it is about
    those; rows take so many, or a multiple or a part of that. quick: only to see that it works.
    """

    folder: Path
    runs: int
    size: int
    files: int
    most_seconds: float
    clients: Sequence[str]
    say: Callable[[str], None]
    quick: bool = False


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a temporary folder; below /dev/shm where that exists, so that no disk is measured."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="oss-bench-", dir=memory if memory.is_dir() else None) as path:
        yield Path(path)


def make_file(path: Path, size: int) -> Path:
    """Write a file that no layer can compress; afterwards it is in memory."""
    block = os.urandom(min(size, _BLOCK_BYTES))
    with path.open("wb") as file:
        for offset in range(0, size, len(block)):
            file.write(block[: size - offset])
    return path


def make_sparse_file(path: Path, size: int) -> Path:
    """Make a file of zeros that takes no room."""
    with path.open("wb") as file:
        file.truncate(size)
    return path


def make_files(folder: Path, count: int, size: int, names: int = 1) -> Path:
    """Make a folder of files that no layer can compress, 500 in a folder; with `names` each is there so many times."""
    for number in range(count):
        path = folder / "0" / f"{number // _IN_A_FOLDER:03d}" / f"{number:06d}.bin"
        if number % _IN_A_FOLDER == 0:
            for name in range(names):
                (folder / str(name) / path.parent.name).mkdir(parents=True)
        path.write_bytes(os.urandom(size))
        for name in range(1, names):
            (folder / str(name) / path.parent.name / path.name).hardlink_to(path)
    return folder


def measure(
    sink: Sink,
    client: str,
    path: Path,
    *,
    most_seconds: float,
    busy: bool = False,
    part_size: int = PART_BYTES,
    parallel: int = PARALLEL,
    sampled_seconds: float = 0.0,
    tree: Path | None = None,
    key: str = "",
    folder: Path | None = None,
) -> Outcome:
    """Run one client once, from the sources in `tree` where it is given; raises RuntimeError with what it said.

    key: of the object, or what the keys of a folder's files begin with. folder: for checkpoints that are to stay.
    """
    sink.clear()
    ca_bundle = str(sink.ca_bundle) if sink.ca_bundle else None
    with tempfile.TemporaryDirectory(prefix="oss-bench-") as passing:
        job = Job(sink.endpoint, ca_bundle, str(path), part_size, parallel, str(folder or passing), key or FILE_KEY)
        task = Task(client, job, str(sink.path), busy, most_seconds, sampled_seconds)
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.kernel"],
            input=json.dumps(asdict(task)),
            capture_output=True,
            text=True,
            timeout=most_seconds + _START_SECONDS,
            env=environment(ca_bundle),
            cwd=tree,
            check=False,
        )
        outcome = _read(done.stdout, done.stderr, client)
        wait_until_gone(outcome.children)
    if outcome.error or not outcome.taken_bytes:
        raise RuntimeError(f"{client}: {outcome.error or 'nothing arrived'}\n{done.stderr[-2000:]}")
    return outcome


def interleaved(
    setup: Setup, clients: Iterable[str], run: Callable[[str], Outcome], label: str
) -> dict[str, list[Outcome]]:
    """Run every client once, then every client once more, so that a slow minute of the machine hits them all."""
    outcomes: dict[str, list[Outcome]] = {client: [] for client in clients}
    for number in range(setup.runs):
        for client, so_far in outcomes.items():
            so_far.append(run(client))
            setup.say(f"{label}, run {number + 1} of {setup.runs}: {client} {mib_per_second(so_far[-1]):,.0f} MiB/s")
    return outcomes


def available_clients() -> list[str]:
    """Return the names of the clients that are installed, this project first."""
    from importlib.util import find_spec

    return [name for name in CLIENTS if find_spec(PACKAGES[name].replace("-", "_"))]


def mib_per_second(outcome: Outcome) -> float:
    """Return the speed from the first byte to the end."""
    return outcome.taken_bytes / outcome.seconds / MIB


def median(values: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def wait_until_gone(pids: Iterable[int]) -> None:
    """Wait for processes to be gone. Raises RuntimeError if they stay."""
    started_at = time.monotonic()
    left = list(pids)
    while left := [pid for pid in left if alive(pid)]:
        if time.monotonic() - started_at > _GONE_SECONDS:
            raise RuntimeError(f"{len(left)} processes outlived their kernel by {_GONE_SECONDS:.0f} s.")
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _read(stdout: str, stderr: str, client: str) -> Outcome:
    try:
        values = json.loads(stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise RuntimeError(f"{client} did not come to an end:\n{stderr[-2000:]}") from None
    for name in ("alone", "beside"):
        values[name] = Loop(**values[name]) if values[name] else None
    values["children"] = tuple(values["children"])
    values["samples"] = tuple((seconds, count) for seconds, count in values["samples"])
    return Outcome(**values)
