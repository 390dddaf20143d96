"""OSS as a filesystem of fsspec's: this project's beside ossfs, reading and writing one file of 1 GiB."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from .figures import Outcomes
from .filesystems import CAT, OTHER, OURS, READ, WRITE, name_of
from .harness import GIB, MIB, Setup, interleaved, make_file, measure, median
from .kernel import Outcome
from .promises import Promise, at_least
from .sink.launch import Sink, running_sink
from .sink.server import WaitingList

_BOUNDS = {CAT: 2.0, READ: 2.0, WRITE: 5.0}
# ossfs writes one small piece after the other, so even a file that is in memory takes it a while.
_MOST_SECONDS = 120.0


def filesystem(setup: Setup) -> Iterator[Promise]:
    """Read and write with each in turn, from a server that has the file in memory and to one that forgets it."""
    if find_spec(OTHER) is None:
        yield Promise("oss:// through fsspec, against ossfs", "at least 2x", "ossfs is not installed", None)
        return
    path = make_file(setup.folder / "file.bin", GIB)
    for way, bound in _BOUNDS.items():
        line = WaitingList(stored=None if way == WRITE else path)
        with running_sink(setup.folder, line) as sink:

            def run(client: str, sink: Sink = sink) -> Outcome:
                outcome = measure(sink, client, path, most_seconds=_MOST_SECONDS)
                if outcome.taken_bytes < GIB:
                    raise RuntimeError(f"{client}: only {outcome.taken_bytes:,} bytes crossed the wire")
                return outcome

            names = {filesystem: name_of(filesystem, way) for filesystem in (OURS, OTHER)}
            outcomes = interleaved(setup, names.values(), run, "oss:// through fsspec")
        for name, runs in outcomes.items():
            setup.say(f"{name}: {_told(runs)}")
        ratio = _speed(outcomes[names[OURS]]) / _speed(outcomes[names[OTHER]])
        yield at_least(f"1 GiB through {way}: speed against ossfs", ratio, bound)


def _speed(outcomes: Outcomes) -> float:
    """Return MiB/s from the call to the end."""
    return median(one.taken_bytes / MIB / (one.first_byte_seconds + one.seconds) for one in outcomes)


def _told(outcomes: Outcomes) -> str:
    cpu, own = (median(values) for values in zip(*((o.cpu_seconds, o.own_cpu_seconds) for o in outcomes), strict=True))
    grown = median(one.grown_bytes for one in outcomes) / MIB
    return f"{_speed(outcomes):,.0f} MiB/s, CPU {cpu:.2f} s ({own:.2f} in the kernel), {grown:,.0f} MiB more memory"
