"""What a second run over the same files costs, and what 100,000 files cost the kernel and its disk."""

from __future__ import annotations

from collections.abc import Iterator

from .again import again
from .clients import Job
from .harness import MIB, Setup, make_files, measure, median
from .keeper import running_keeper
from .promises import Promise, at_most
from .sink.launch import running_sink
from .sink.server import WaitingList
from .small_files import FILE_BYTES
from .tables import PROJECT

_TINY_BYTES = 100
_MANY_SECONDS = 300.0
_LISTS = frozenset({"ListObjectsV2"})


def second_run(setup: Setup) -> Iterator[Promise]:
    """Upload a folder to a server that keeps the objects and checks everything; then once more, from new processes."""
    folder = make_files(setup.folder / "unchanged", setup.files, FILE_BYTES)
    name = f"a second run over {setup.files:,} unchanged files"
    checkpoints = setup.folder / "checkpoints"
    checkpoints.mkdir(exist_ok=True)
    with running_keeper(setup.folder / "kept") as keeper:
        job = Job(keeper.endpoint, None, str(folder), 0, 0, str(checkpoints), "raw/")
        first = again("upload", job)
        setup.say(f"second run: the first one took {first['seconds']:.1f} s; {dict(keeper.requests())}")
        runs, requests = [], keeper.requests()
        for _ in range(setup.runs):
            runs.append(again("upload", job))
            requests = max(requests, keeper.requests(), key=lambda counts: counts.total())
    setup.say(f"{name}: {median(run['seconds'] for run in runs):.2f} s; {dict(requests)}")
    lists = sum(requests[kind] for kind in _LISTS)
    yield at_most(f"{name}: bytes sent", max(run["sent_bytes"] for run in runs), 0)
    yield at_most(f"{name}: requests for lists", lists, -(-setup.files // 1000))
    yield at_most(f"{name}: other requests", sum(requests.values()) - lists, 0)
    yield at_most(f"{name}: seconds from the call to the receipt", median(run["seconds"] for run in runs), 2, " s")


def many_files(setup: Setup) -> Iterator[Promise]:
    """Send ten times as many tiny files, one of which cannot be read, so that the checkpoint stays; then look at it."""
    count = setup.files * 10
    folder = make_files(setup.folder / "many", count, _TINY_BYTES)
    (folder / "gone").symlink_to(folder / "nowhere")
    checkpoints = setup.folder / "checkpoints-of-many"
    checkpoints.mkdir()
    with running_sink(setup.folder, WaitingList()) as sink:
        outcome = measure(
            sink, PROJECT, folder, key="raw/", most_seconds=_MANY_SECONDS, part_size=0, parallel=0, folder=checkpoints
        )
        job = Job(sink.endpoint, None, str(folder), 0, 0, str(checkpoints), "raw/")
        loads = [again("load", job) for _ in range(setup.runs)]
    if outcome.parts != count or any(load["done"] != count for load in loads):
        raise RuntimeError(f"{count:,} files: {outcome.parts:,} arrived, {loads[0]['done']:,} are remembered")
    journal_bytes = sum(path.stat().st_size for path in checkpoints.iterdir())
    seconds = median(load["seconds"] for load in loads)
    setup.say(
        f"{count:,} files: {count / outcome.seconds:,.0f} files/s, the kernel grew by {outcome.grown_bytes / MIB:.0f} "
        f"MiB, its helper reached {outcome.children_peak_bytes / MIB:.0f} MiB; {journal_bytes / MIB:.1f} MiB on disk, "
        f"shown after {seconds:.2f} s"
    )
    yield at_most(f"{count:,} files: the kernel grows by", outcome.grown_bytes / MIB, 80, " MiB")
    yield at_most(f"{count:,} files: the checkpoint takes", journal_bytes / 1e6, 15, " MB")
    yield at_most(f"{count:,} files: load and show after a restart", seconds, 1, " s")
