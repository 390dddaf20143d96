"""Many small files: this project beside the others, beside a busy loop, and on a line with latency."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .figures import Outcomes, kept, settled_speed
from .folders import RUST, SDK
from .harness import Setup, interleaved, make_files, measure, median
from .kernel import Outcome
from .promises import Promise, at_least
from .sink.launch import Sink, running_sink
from .sink.server import WaitingList
from .tables import AUTO, DISTANT_SECONDS, PROJECT, SAMPLED_SECONDS, SETTLED_SECONDS, row_name

FILE_BYTES = 20_000
# A run is cut off after so many seconds; a client's files per second are the same by then.
_MOST_SECONDS = 10.0
# With so much latency and so few connections, the sink and the client leave a core to the loop.
_SPARING, _SPARING_PARALLEL = WaitingList(latency_seconds=0.02), 16
_DISTANT = WaitingList(latency_seconds=0.08)
_FIXED = (16, 64, 128, 256)
# So often each file has another name on the distant line, so that there is something to send after it has settled.
_NAMES = 12


def small_files(setup: Setup) -> Iterator[Promise]:
    """Upload a folder with each client in turn, without TLS and with it; then this project beside a busy loop."""
    folder = make_files(setup.folder / "files", setup.files, FILE_BYTES)
    others = [name for name in (SDK, RUST) if name.partition(",")[0] in setup.clients]
    for tls in (False, True):
        with running_sink(setup.folder, WaitingList(), tls=tls) as sink:

            def run(client: str, sink: Sink = sink) -> Outcome:
                return send_folder(setup, sink, client, folder)

            kind = "TLS" if tls else "plain"
            speeds = _speeds(setup, interleaved(setup, [PROJECT, *others], run, f"small files, {kind}"), kind)
        bounds = {SDK: 5.0} if tls else {SDK: 6.0, RUST: 0.6}
        for client, bound in bounds.items():
            if client in speeds:
                name = f"{setup.files:,} small files, {kind}: files/s against {client}"
                yield at_least(name, speeds[PROJECT] / speeds[client], bound)
    yield from _beside_a_loop(setup, folder)


def small_files_link(setup: Setup) -> Iterator[Promise]:
    """Find the number of connections on a line with 80 ms of latency, beside fixed numbers of them."""
    folder = make_files(setup.folder / "linked", setup.files // 2, FILE_BYTES, names=_NAMES)
    names = [AUTO, *(f"parallel={count}" for count in _FIXED)]
    with running_sink(setup.folder, _DISTANT) as sink:

        def run(name: str) -> Outcome:
            parallel = 0 if name == AUTO else int(name.partition("=")[2])
            return measure(
                sink, PROJECT, folder, key="raw/", most_seconds=DISTANT_SECONDS, part_size=0, parallel=parallel,
                sampled_seconds=SAMPLED_SECONDS,
            )  # fmt: skip

        # A line that only waits gives about the same figure each time.
        settled = {name: settled_speed([run(name)], SETTLED_SECONDS) for name in names}
    told = ", ".join(f"{name} {value * 1024 * 1024 / FILE_BYTES:,.0f}" for name, value in settled.items())
    setup.say(f"small files, 80 ms, files/s after {SETTLED_SECONDS:.0f} s: {told}")
    best = max(value for name, value in settled.items() if name != AUTO)
    measure_name = f"small files, 80 ms, after {SETTLED_SECONDS:.0f} s: auto against the best fixed number"
    if not all(settled.values()):
        yield Promise(measure_name, "at least 0.9x", "over before, with so few files", None)
        return
    yield at_least(measure_name, settled[AUTO] / best, 0.9)


def send_folder(
    setup: Setup, sink: Sink, client: str, folder: Path, *, busy: bool = False, parallel: int = 0
) -> Outcome:
    """Run one client once over all files. Raises RuntimeError where it came to an end without all of them."""
    outcome = measure(
        sink, client, folder, key="raw/", most_seconds=_MOST_SECONDS, busy=busy, part_size=0, parallel=parallel
    )
    if outcome.finished and outcome.parts < setup.files:
        raise RuntimeError(f"{client} sent {outcome.parts:,} of {setup.files:,} files")
    return outcome


def files_per_second(outcome: Outcome) -> float:
    """Return how many files arrived per second, from the call on."""
    return outcome.parts / (outcome.first_byte_seconds + outcome.seconds)


def _beside_a_loop(setup: Setup, folder: Path) -> Iterator[Promise]:
    lines = ((WaitingList(), 0, "plain"), (_SPARING, _SPARING_PARALLEL, "20 ms, 16 connections"))
    for line, parallel, where in lines:
        with running_sink(setup.folder, line) as sink:

            def run(row: str, sink: Sink = sink, parallel: int = parallel) -> Outcome:
                return send_folder(setup, sink, PROJECT, folder, busy=row == row_name(False, True), parallel=parallel)

            rows = [row_name(False, busy) for busy in (False, True)]
            outcomes = interleaved(setup, rows, run, f"small files, {where}")
        idle, beside = _speeds(setup, outcomes, where).values()
        name = f"{setup.files:,} small files, {where}"
        yield at_least(f"{name}: files/s beside the loop against its own", beside / idle, 0.8)
        share = kept(outcomes[rows[1]])
        assert share is not None
        if line is _SPARING:  # at full speed client, sink and loop want three cores
            yield at_least(f"{name}: what the loop keeps of its speed", share, 0.95)
        setup.say(f"{name}: the loop keeps {share:.0%}")


def _speeds(setup: Setup, outcomes: dict[str, list[Outcome]], label: str) -> dict[str, float]:
    speeds = {name: _median_speed(runs) for name, runs in outcomes.items()}
    setup.say(f"small files, {label}: " + ", ".join(f"{name} {value:,.0f} files/s" for name, value in speeds.items()))
    return speeds


def _median_speed(outcomes: Outcomes) -> float:
    return median(map(files_per_second, outcomes))
