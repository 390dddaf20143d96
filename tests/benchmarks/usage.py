"""What a process and the processes it started have used."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_KIB = 1024


@dataclass(frozen=True)
class Usage:
    """cpu_seconds of everything, own_cpu_seconds of this process; peak_bytes of this process, children_peak_bytes of
    those it started, each at its own peak, added up."""

    cpu_seconds: float
    own_cpu_seconds: float
    peak_bytes: int
    children_peak_bytes: int
    children: tuple[int, ...]


def usage() -> Usage:
    """Return what this process and its descendants, living and ended, have used so far."""
    me = psutil.Process()
    children = me.children(recursive=True)
    own_cpu_seconds = _cpu_seconds(resource.RUSAGE_SELF)
    cpu_seconds = own_cpu_seconds + _cpu_seconds(resource.RUSAGE_CHILDREN)
    children_peak_bytes = 0
    for child in children:
        try:
            times = child.cpu_times()
            cpu_seconds += times.user + times.system
            children_peak_bytes += _peak_bytes(child)
        except psutil.NoSuchProcess:
            continue
    pids = tuple(child.pid for child in children)
    return Usage(cpu_seconds, own_cpu_seconds, _peak_bytes(me), children_peak_bytes, pids)


def resident_bytes() -> int:
    """Return how much memory this process has now."""
    return int(psutil.Process().memory_info().rss)


def forget_peak() -> None:
    """Let this process's peak begin anew from what it has now, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """Return the highest memory of this process."""
    return _peak_bytes(psutil.Process())


def _cpu_seconds(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _peak_bytes(process: psutil.Process) -> int:
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * _KIB
    if process.pid == os.getpid():
        # Bytes on macOS, KiB elsewhere (getrusage(2)).
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else _KIB)
    return int(process.memory_info().rss)
