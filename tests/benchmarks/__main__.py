"""``make bench``: measure this project beside the others, and print tables for docs/performance.md."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from . import (
    cell,
    datasets,
    deaths,
    display,
    filesystem,
    lab_start,
    markdown,
    memory,
    mixed,
    promises,
    receipts,
    scale,
    small_files,
    tab,
    tables,
)
from .clients import versions
from .harness import GIB, Setup, available_clients, workplace
from .promises import Promise
from .tables import Results

_TABLES: dict[
    str, tuple[str, Callable[[Setup], Results], Callable[[Results], str], Callable[[Results], Iterable[Promise]]]
]
_TABLES = {
    "loopback": ("As fast as the machine allows", tables.loopback, markdown.loopback_table, promises.of_loopback),
    "limited": (
        "A line of 17 MiB/s for each of 4 connections",
        tables.limited,
        markdown.limited_table,
        promises.of_limited,
    ),
    "links": ("How many connections", tables.links, markdown.links_table, promises.of_links),
}
_CHECKS: dict[str, Callable[[Setup], Iterable[Promise]]] = {
    "receipts": receipts.receipts,
    "cell": cell.cell,
    "run-all": cell.run_all,
    "helper-killed": deaths.helper_killed,
    "kernel-killed": deaths.kernel_killed,
    "many-parts": scale.many_parts,
    "large-file": scale.large_file,
    "small-files": small_files.small_files,
    "small-files-link": small_files.small_files_link,
    "second-run": datasets.second_run,
    "many-files": datasets.many_files,
    "mixed": mixed.mixed,
    "display": display.display,
    "lab-start": lab_start.lab_start,
    "tab": tab.tab,
    "filesystem": filesystem.filesystem,
    "large-object": memory.large_object,
    "long-stream": memory.long_stream,
}
_QUICK_RUNS, _QUICK_FILES = 2, 1000


def main() -> None:
    """Read the options, measure, print."""
    options = _options()
    started_at = time.monotonic()
    kept: dict[str, object] = {}
    promised: list[Promise] = []
    with workplace() as folder:
        setup = Setup(
            folder=folder,
            quick=options.quick,
            runs=_QUICK_RUNS if options.quick else options.runs,
            size=int(options.size * GIB),
            files=_QUICK_FILES if options.quick else options.files,
            most_seconds=options.seconds,
            clients=[name for name in available_clients() if name in options.clients or not options.clients],
            say=lambda text: print(f"[{time.monotonic() - started_at:5.0f} s] {text}", file=sys.stderr, flush=True),
        )
        print(markdown.heading(setup))
        for name, (title, run, table, bounds) in _TABLES.items():
            if name in options.only:
                results = run(setup)
                kept[name] = results
                print(f"\n### {title}\n\n{table(results)}", flush=True)
                promised += bounds(results)
        for name, check in _CHECKS.items():
            if name in options.only:
                promised += check(setup)
        if promised:
            print(f"\n### What was promised\n\n{markdown.promises_table(promised)}", flush=True)
    _write(options.json, setup, kept, promised)
    if "journal" in options.only:
        sys.exit(subprocess.run([sys.executable, "-m", "tests.benchmarks.journal"], check=False).returncode)


def _options() -> argparse.Namespace:
    names = [*_TABLES, *_CHECKS, *(["journal"] if find_spec("tests.benchmarks.journal") else [])]
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("only", nargs="*", metavar="NAME", help=f"parts to run, else all: {', '.join(names)}")
    parser.add_argument("--runs", type=int, default=5, help="of each client in each row (default 5)")
    parser.add_argument(
        "--quick", action="store_true", help=f"{_QUICK_RUNS} runs, {_QUICK_FILES:,} files: to see that it works"
    )
    parser.add_argument("--size", type=float, default=2.0, metavar="GIB", help="of the file on loopback (default 2)")
    parser.add_argument("--files", type=int, default=10_000, metavar="COUNT", help="small ones (default 10,000)")
    parser.add_argument("--seconds", type=float, default=4.0, help="a run is cut off after so many (default 4)")
    parser.add_argument("--clients", nargs="+", default=[], help="only these, by their names in the tables")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there")
    options = parser.parse_args()
    if unknown := set(options.only) - set(names):
        parser.error(f"there is no part called {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    options.only = options.only or names
    return options


def _write(path: Path | None, setup: Setup, kept: dict[str, object], promised: Sequence[Promise]) -> None:
    if path is None:
        return
    document = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "heading": markdown.heading(setup),
        "versions": versions(),
        "promises": [asdict(one) for one in promised],
        **kept,
    }
    path.write_text(json.dumps(document, indent=1, default=asdict), encoding="utf-8")


if __name__ == "__main__":
    main()
