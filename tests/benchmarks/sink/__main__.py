"""``python -m tests.benchmarks.sink``: print the port, then serve until standard input ends."""

from __future__ import annotations

import argparse
from pathlib import Path

from .counters import Counters
from .server import WaitingList, listen, serve


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.sink")
    parser.add_argument("--counters", type=Path, required=True)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--rate-bytes", type=float)
    parser.add_argument("--latency-seconds", type=float, default=0.0)
    parser.add_argument("--stored", type=Path)
    options = parser.parse_args()
    line = WaitingList(options.rate_bytes, options.latency_seconds, options.certificate, options.stored)
    listener = listen(line)
    print(listener.getsockname()[1], flush=True)
    serve(listener, line, Counters(options.counters))


if __name__ == "__main__":
    main()
