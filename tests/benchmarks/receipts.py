"""How long it takes from the call to the receipt, start included: this project, an earlier state of it, and others.

The tables' speed begins with the first byte; whoever waits for an upload waits from the call on.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .harness import MIB, Setup, interleaved, make_file, measure, median
from .kernel import Outcome
from .promises import Promise, at_least
from .sink.launch import Sink, running_sink
from .sink.server import WaitingList

# A helper that starts with the first upload and is always nice, and one system call for each record of TLS.
EARLIER_COMMIT = "fb2b6f0"
PROJECT, EARLIER, RUST, SDK = "oss_jupyter", f"oss_jupyter at {EARLIER_COMMIT}", "opendal", "official SDK"
_MOST_SECONDS = 60.0


def receipts(setup: Setup) -> Iterator[Promise]:
    """Upload a file with each client in turn, without TLS and with it, and compare medians."""
    path = make_file(setup.folder / "file.bin", setup.size)
    with _earlier() as earlier:
        clients = [PROJECT, *([EARLIER] if earlier else []), *(name for name in (RUST, SDK) if name in setup.clients)]
        for kind in ("plain", "TLS"):
            with running_sink(setup.folder, WaitingList(), tls=kind == "TLS") as sink:

                def run(client: str, sink: Sink = sink) -> Outcome:
                    return _upload(sink, client, path, earlier)

                outcomes = interleaved(setup, clients, run, f"to the receipt, {kind}")
            speeds = {client: median(map(to_receipt, runs)) for client, runs in outcomes.items()}
            setup.say(f"{kind}: " + ", ".join(f"{client} {value:,.0f} MiB/s" for client, value in speeds.items()))
            yield from _promises(kind, speeds)
    path.unlink()


def to_receipt(outcome: Outcome) -> float:
    """Return MiB/s from the call to the receipt."""
    return outcome.taken_bytes / MIB / (outcome.first_byte_seconds + outcome.seconds)


def _upload(sink: Sink, client: str, path: Path, earlier: Path | None) -> Outcome:
    name, tree = (PROJECT, earlier) if client == EARLIER else (client, None)
    outcome = measure(sink, name, path, most_seconds=_MOST_SECONDS, tree=tree)
    if not outcome.finished:
        raise RuntimeError(f"{client} did not come to an end in {_MOST_SECONDS:.0f} s")
    return outcome


def _promises(kind: str, speeds: dict[str, float]) -> Iterator[Promise]:
    bounds = {RUST: 0.9} if kind == "plain" else {RUST: 1.0, EARLIER: 1.25, SDK: 1.0}
    for client, bound in bounds.items():
        if client in speeds:
            yield at_least(f"{kind}, call to receipt: speed against {client}", speeds[PROJECT] / speeds[client], bound)


@contextmanager
def _earlier() -> Iterator[Path | None]:
    """Give a folder with the earlier state, or None where git does not have it."""
    with tempfile.TemporaryDirectory(prefix="oss-bench-") as folder:
        found = False
        with suppress(OSError, subprocess.CalledProcessError):
            packed = subprocess.run(["git", "archive", EARLIER_COMMIT], check=True, capture_output=True)
            subprocess.run(["tar", "-x", "-C", folder], check=True, input=packed.stdout)
            found = True
        yield Path(folder) if found else None
