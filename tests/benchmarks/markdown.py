"""The results as Markdown, to be pasted into docs/performance.md."""

from __future__ import annotations

import os
import platform
import ssl
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from .clients import versions
from .figures import cpu_per_gib, first_byte, kept, memory_mib, seconds_until, settled_speed, speed, stall_ms
from .harness import GIB, MIB, PARALLEL, PART_BYTES, Setup
from .kernel import Outcome
from .promises import Promise
from .tables import AUTO, PROJECT, SETTLED_SECONDS, Results


def heading(setup: Setup) -> str:
    """Say when, where and with what this was measured."""
    what = ", ".join(f"{name} {version}" for name, version in versions().items())
    return (
        f"Measured {time.strftime('%Y-%m-%d')} on {os.cpu_count()} cores ({_processor()}; load before: "
        f"{os.getloadavg()[0]:.1f}), {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, {ssl.OPENSSL_VERSION}. {what}. "
        f"Parts of {PART_BYTES // MIB} MiB on {PARALLEL} connections where nothing else is said; a file of "
        f"{setup.size / GIB:g} GiB that is in memory. Medians of {setup.runs} runs, each client in a fresh process, "
        f"taking turns; a run is cut off {setup.most_seconds:g} s after its first byte. The sink's own work is done on "
        "the same cores, and is not counted."
    )


def loopback_table(results: Results) -> str:
    """Table 1."""
    head = ("", "Client", "MiB/s", "CPU s/GiB", "Memory, MiB", "First byte, s", "Loop keeps", "Longest stall, ms")
    return _table(head, [line for row, clients in results.items() for line in _lines(row, clients)])


def limited_table(results: Results) -> str:
    """Table 2."""
    rows = []
    for kind in ("plain", "TLS"):
        for client, alone in results[f"{kind}, idle"].items():
            beside = results[f"{kind}, busy"][client]
            share = speed(beside) / speed(alone)
            rows.append(
                (kind, _name(client), f"{speed(alone):.1f}", f"{speed(beside):.1f}", f"{share:.0%}", *_loop(beside))
            )
    head = ("", "Client", "Alone, MiB/s", "Beside the loop", "Of its own", "Loop keeps", "Longest stall, ms")
    return _table(head, rows)


def links_table(results: Results) -> str:
    """Table 3."""
    distant, near = results["80 ms, 4 MiB/s each"], results["loopback"]
    settled = {name: settled_speed(outcomes, SETTLED_SECONDS) for name, outcomes in distant.items()}
    best = max(value for name, value in settled.items() if name != AUTO)
    rows = []
    for name, outcomes in distant.items():
        seconds = seconds_until(outcomes, 0.9 * best)
        reached = f"{seconds:.1f}" if seconds < float("inf") else "never"
        rows.append((name, f"{speed(outcomes):.1f}", f"{settled[name]:.1f}", reached, f"{speed(near[name]):,.0f}"))
    settled_head = f"After {SETTLED_SECONDS:.0f} s"
    head = ("Connections", "Distant link, MiB/s", settled_head, "At 90 % of the best after, s", "Loopback, MiB/s")
    return _table(head, rows)


def promises_table(promises: Iterable[Promise]) -> str:
    """The summary."""
    verdicts = {True: "pass", False: "**short**", None: "not measured"}
    rows = [(one.measure, one.bound, one.measured, verdicts[one.passed]) for one in promises]
    return _table(("Measure", "Bound", "Measured", ""), rows)


def _lines(row: str, clients: dict[str, list[Outcome]]) -> Iterable[Sequence[str]]:
    for client, outcomes in clients.items():
        kernel, helper = memory_mib(outcomes)
        memory = f"{kernel:.0f} + {helper:.0f}" if helper else f"{kernel:.0f}"
        yield (
            row, _name(client), f"{speed(outcomes):,.0f}", f"{cpu_per_gib(outcomes):.2f}", memory,
            f"{first_byte(outcomes):.2f}", *_loop(outcomes),
        )  # fmt: skip


def _loop(outcomes: Sequence[Outcome]) -> tuple[str, str]:
    share, stalls = kept(outcomes), stall_ms(outcomes)
    if share is None or stalls is None:
        return "", ""
    return f"{share:.0%}", f"{stalls[0]:.1f} (alone {stalls[1]:.1f})"


def _name(client: str) -> str:
    return f"**{client}**" if client == PROJECT else client


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
