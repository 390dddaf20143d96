"""What many parts and large files cost the kernel."""

from __future__ import annotations

from collections.abc import Iterator

from .harness import GIB, MIB, PARALLEL, Setup, make_sparse_file, measure
from .promises import Promise, at_most
from .sink.launch import running_sink
from .sink.server import WaitingList
from .tables import PROJECT

_MANY_PARTS = 10_000
_SMALL_PART_BYTES = 100 * 1024
_LARGE_BYTES = 100 * GIB
_LARGE_CONNECTIONS = 16
_LARGE_SECONDS = 6.0
_MANY_SECONDS = 120.0
# The smallest part size for 100 GiB, and one that would not fit into memory sixteen times.
_LARGE_PART_BYTES = (11 * MIB, GIB)


def many_parts(setup: Setup) -> Iterator[Promise]:
    """CPU of the kernel for each of 10,000 parts."""
    path = make_sparse_file(setup.folder / "file.bin", _MANY_PARTS * _SMALL_PART_BYTES)
    with running_sink(setup.folder, WaitingList()) as sink:
        outcome = measure(
            sink, PROJECT, path, most_seconds=_MANY_SECONDS, part_size=_SMALL_PART_BYTES, parallel=PARALLEL
        )
    milliseconds = outcome.own_cpu_seconds / outcome.parts * 1000
    setup.say(
        f"{outcome.parts:,} parts took {outcome.seconds:.1f} s; CPU per part {milliseconds:.2f} ms in the kernel, "
        f"{(outcome.cpu_seconds / outcome.parts) * 1000:.2f} ms in all"
    )
    yield at_most(f"{outcome.parts:,} parts: CPU of the kernel for each", milliseconds, 1, " ms")


def large_file(setup: Setup) -> Iterator[Promise]:
    """Memory while a file of 100 GiB is sent on sixteen connections."""
    path = make_sparse_file(setup.folder / "file.bin", _LARGE_BYTES)
    with running_sink(setup.folder, WaitingList()) as sink:
        for part_size in _LARGE_PART_BYTES:
            outcome = measure(
                sink, PROJECT, path, most_seconds=_LARGE_SECONDS, part_size=part_size, parallel=_LARGE_CONNECTIONS
            )
            grown, helper = outcome.grown_bytes / MIB, outcome.children_peak_bytes / MIB
            name = f"100 GiB in parts of {part_size // MIB:,} MiB, {_LARGE_CONNECTIONS} connections"
            setup.say(f"{name}: the kernel grew by {grown:.0f} MiB, its helper reached {helper:.0f} MiB")
            yield at_most(f"{name}: the kernel grows by", grown, 30, " MiB")
            yield at_most(f"{name}: the helper's peak", helper, 120, " MiB")
