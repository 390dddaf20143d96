"""The three tables: what is measured in each, as outcomes by row and client."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from .floor import FLOOR
from .harness import GIB, MIB, PART_BYTES, Setup, interleaved, make_file, make_sparse_file, measure
from .kernel import Outcome
from .sink.launch import Sink, running_sink
from .sink.server import WaitingList

Results = dict[str, dict[str, list[Outcome]]]

PROJECT = "oss_jupyter"
LIMITED = WaitingList(rate_bytes=17 * MIB)
DISTANT = WaitingList(rate_bytes=4 * MIB, latency_seconds=0.08)
FIXED = (3, 8, 16)
AUTO = "auto"
# The latency-bound link: after so many seconds auto has to have settled, and so much longer is looked at.
SETTLED_SECONDS = 10.0
DISTANT_SECONDS = 20.0
SAMPLED_SECONDS = 0.5
# On a fast line an upload is over before so many seconds; larger and it measures the same for longer.
_SPARSE_BYTES = 8 * GIB


def loopback(setup: Setup) -> Results:
    """Table 1: as fast as the machine allows, plain and TLS, idle and beside a busy kernel loop."""
    path = make_file(setup.folder / "file.bin", setup.size)
    results: Results = {}
    for tls in (False, True):
        with running_sink(setup.folder, WaitingList(), tls=tls) as sink:
            for busy in (False, True):
                clients = setup.clients if busy else (FLOOR, *setup.clients)
                row = row_name(tls, busy)

                def run(client: str, sink: Sink = sink, busy: bool = busy) -> Outcome:
                    return measure(sink, client, path, most_seconds=setup.most_seconds, busy=busy)

                results[row] = interleaved(setup, clients, run, f"loopback, {row}")
    path.unlink()
    return results


def limited(setup: Setup) -> Results:
    """Table 2: a line that takes about 17 MiB/s on each of four connections."""
    path = make_sparse_file(setup.folder / "file.bin", _SPARSE_BYTES)
    results: Results = {}
    for tls in (False, True):
        with running_sink(setup.folder, LIMITED, tls=tls) as sink:
            for busy in (False, True):
                row = row_name(tls, busy)

                def run(client: str, sink: Sink = sink, busy: bool = busy) -> Outcome:
                    return measure(sink, client, path, most_seconds=setup.most_seconds, busy=busy)

                results[row] = interleaved(setup, setup.clients, run, f"limited line, {row}")
    path.unlink()
    return results


def links(setup: Setup) -> Results:
    """Table 3: how many connections; a link with 80 ms and 4 MiB/s for each of them, and the loopback device."""
    path = make_sparse_file(setup.folder / "file.bin", _SPARSE_BYTES)
    results: Results = {}
    # A link that only waits gives the same figure each time.
    few = replace(setup, runs=max(1, setup.runs // 3))
    with running_sink(setup.folder, DISTANT) as distant:
        results["80 ms, 4 MiB/s each"] = interleaved(
            few, settings(), lambda name: _with_connections(distant, path, name, DISTANT_SECONDS), "distant link"
        )
    with running_sink(setup.folder, WaitingList()) as near:
        results["loopback"] = interleaved(
            setup, settings(), lambda name: _with_connections(near, path, name, setup.most_seconds), "loopback"
        )
    path.unlink()
    return results


def settings() -> tuple[str, ...]:
    """Return the names of what table 3 compares."""
    return (*(f"parallel={count}" for count in FIXED), AUTO)


def row_name(tls: bool, busy: bool) -> str:
    """Return how a row is called."""
    return f"{'TLS' if tls else 'plain'}, {'busy' if busy else 'idle'}"


def _with_connections(sink: Sink, path: Path, name: str, seconds: float) -> Outcome:
    parallel = 0 if name == AUTO else int(name.partition("=")[2])
    # What auto chooses may be the part size, too.
    return measure(
        sink,
        PROJECT,
        path,
        most_seconds=seconds,
        parallel=parallel,
        part_size=0 if name == AUTO else PART_BYTES,
        sampled_seconds=SAMPLED_SECONDS,
    )
