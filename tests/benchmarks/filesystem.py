"""OSS as a filesystem of fsspec's: this project's beside ossfs, reading and writing one file of 1 GiB."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from .figures import Outcomes
from .filesystems import CAT, OTHER, OURS, READ, WRITE, name_of
from .harness import GIB, MIB, Setup, interleaved, make_file, measure, median
from .kernel import Outcome
from .promises import Promise, at_least
from .sink.launch import running_sink
from .sink.server import WaitingList
from .tables import LIMITED

# Another client's run is cut off there, its speed is the same by then.
_MOST_SECONDS, _LIMITED_SECONDS = 120.0, 10.0


def filesystem(setup: Setup) -> Iterator[Promise]:
    """Read and write with each in turn, as fast as the machine allows, and write on a line that has its limit."""
    if find_spec(OTHER) is None:
        yield Promise("1 GiB through fsspec: speed against ossfs", "at least 2x", "ossfs is not installed", None)
        return
    path = make_file(setup.folder / "file.bin", GIB)
    for way in (CAT, READ):
        yield at_least(
            f"1 GiB through {way}: speed against ossfs", _ratio(setup, path, way, WaitingList(stored=path)), 2
        )
    # Without latency and limit one connection is as fast as memory, so many of them are worth nothing.
    setup.say(f"1 GiB through {WRITE}, loopback: {_ratio(setup, path, WRITE, WaitingList()):.2f}x of ossfs")
    ratio = _ratio(setup, path, WRITE, LIMITED, _LIMITED_SECONDS)
    yield at_least(f"1 GiB through {WRITE}, 17 MiB/s for each connection: speed against ossfs", ratio, 5)


def _ratio(setup: Setup, path: Path, way: str, line: WaitingList, most_seconds: float = _MOST_SECONDS) -> float:
    """Return how many times as fast as ossfs this project's filesystem is, and tell what was measured."""
    ours, other = name_of(OURS, way), name_of(OTHER, way)
    with running_sink(setup.folder, line) as sink:

        def run(client: str) -> Outcome:
            outcome = measure(sink, client, path, most_seconds=most_seconds if client == other else _MOST_SECONDS)
            if client == ours and outcome.taken_bytes < GIB:
                raise RuntimeError(f"{client}: only {outcome.taken_bytes:,} bytes crossed the wire")
            return outcome

        outcomes = interleaved(setup, (ours, other), run, "through fsspec")
    for name, runs in outcomes.items():
        setup.say(f"{name}: {_told(runs)}")
    return _speed(outcomes[ours]) / _speed(outcomes[other])


def _speed(outcomes: Outcomes) -> float:
    """Return MiB/s from the call to the end."""
    return median(one.taken_bytes / MIB / (one.first_byte_seconds + one.seconds) for one in outcomes)


def _told(outcomes: Outcomes) -> str:
    cpu, own = (median(values) for values in zip(*((o.cpu_seconds, o.own_cpu_seconds) for o in outcomes), strict=True))
    grown = median(one.grown_bytes for one in outcomes) / MIB
    return f"{_speed(outcomes):,.0f} MiB/s, CPU {cpu:.2f} s ({own:.2f} in the kernel), {grown:,.0f} MiB more memory"
