"""A dataset of small and large files, beside the same files in two jobs, one after the other."""

from __future__ import annotations

from collections.abc import Iterator

from .folders import LARGE, LARGE_FIRST, SMALL, SMALL_FIRST
from .harness import MIB, Setup, interleaved, make_files, make_sparse_file, measure, median
from .kernel import Outcome
from .promises import Promise, at_least
from .sink.launch import running_sink
from .sink.server import WaitingList
from .small_files import FILE_BYTES
from .tables import PROJECT

_LARGE_FILES = 4
_MOST_SECONDS = 60.0


def mixed(setup: Setup) -> Iterator[Promise]:
    """Compare the seconds from the call to the last receipt."""
    folder = setup.folder / "mixed"
    small_files, large_bytes = setup.files // 5, setup.size // _LARGE_FILES
    make_files(folder / SMALL, small_files, FILE_BYTES)
    (folder / LARGE).mkdir()
    for number in range(_LARGE_FILES):
        make_sparse_file(folder / LARGE / f"{number}.bin", large_bytes)
    with running_sink(setup.folder, WaitingList()) as sink:

        def run(client: str) -> Outcome:
            outcome = measure(sink, client, folder, key="raw/", most_seconds=_MOST_SECONDS, part_size=0, parallel=0)
            if not outcome.finished:
                raise RuntimeError(f"{client} did not come to an end in {_MOST_SECONDS:.0f} s")
            return outcome

        outcomes = interleaved(setup, (PROJECT, SMALL_FIRST, LARGE_FIRST), run, "mixed")
    seconds = {name: median(one.first_byte_seconds + one.seconds for one in runs) for name, runs in outcomes.items()}
    setup.say("mixed: " + ", ".join(f"{name} {value:.2f} s" for name, value in seconds.items()))
    best = min(seconds[SMALL_FIRST], seconds[LARGE_FIRST])
    name = f"{small_files:,} small files and {_LARGE_FILES} of {large_bytes // MIB:,} MiB"
    yield at_least(f"{name}: speed against the better of small first and large first", best / seconds[PROJECT], 0.9)
