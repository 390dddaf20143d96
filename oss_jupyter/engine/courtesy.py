"""How the helper gives way to a kernel that computes and to a page that is drawn, and to nobody else.

A helper that is always nice loses to whoever is on the same cores, to the server that it sends to for one. Niceness of
a process only goes up. But on Linux a session may be a group of its own, within which priorities count and beyond which
they do not, and the group's niceness goes both ways (sched(7)). Where there are no such groups, it is given once.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

NICENESS = 5
# Of a core, in the time between two looks: more than the kernel's own part of a fast upload.
_BUSY_SHARE = 0.4
# So long it is quiet before the helper takes its share again: cells of a notebook follow each other with gaps.
_QUIET_SECONDS = 1.0
# A page that is looked at is painted several times in that time.
_PAGE_SECONDS = 1.0


class Courtesy:
    """Looks at the kernel now and then. Only one thread uses it.

    parent: the kernel's process id. painted_at: when the kernel last drew something on a page, on the monotonic clock.
    """

    def __init__(self, parent: int, painted_at: Callable[[], float]) -> None:
        self._parent = parent
        self._painted_at = painted_at
        self._wanted_seconds, self._looked_at = _wanted_seconds(parent), time.monotonic()
        self._needed_at = float("-inf")
        self._nice = False
        self._niceness = os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
        if not _linux():
            os.nice(NICENESS)

    def look(self) -> None:
        """Give way, or not any more. Raises nothing where the system does not tell or let it."""
        now, wanted_seconds = time.monotonic(), _wanted_seconds(self._parent)
        busy = wanted_seconds - self._wanted_seconds > _BUSY_SHARE * (now - self._looked_at)
        self._wanted_seconds, self._looked_at = wanted_seconds, now
        if busy or now - self._painted_at() < _PAGE_SECONDS:
            self._needed_at = now
        nice = now - self._needed_at < _QUIET_SECONDS
        if nice is not self._nice and _linux():
            self._set(nice)

    def _set(self, nice: bool) -> None:
        with suppress(OSError):  # it may be asked ten times a second by all: then the next look does it
            Path("/proc/self/autogroup").write_text(str(NICENESS if nice else 0), encoding="ascii")
            self._nice = nice
        if nice:
            _nice_for_good(self._niceness)


def _linux() -> bool:
    return sys.platform == "linux"


def _nice_for_good(niceness: int) -> None:
    """Let each thread give way; those that they start will. Among the threads of one group it changes nothing."""
    with suppress(OSError):
        for thread in os.listdir("/proc/self/task"):  # noqa: PTH208 - names, not paths
            with suppress(OSError):  # it has ended
                os.setpriority(os.PRIO_PROCESS, int(thread), niceness)


def _wanted_seconds(process: int) -> float:
    """Return how long a process, and those that it started and that run, have been on a core or waited for one."""
    return sum(_used_seconds(each) + _waited_seconds(each) for each in [process, *_children(process)])


def _used_seconds(process: int) -> float:
    """Return the processor time of all threads, or 0 where the system does not tell."""
    try:
        # After the name, which may hold anything, the fields are numbers: 14 and 15 of all (proc(5)).
        fields = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0


def _waited_seconds(process: int) -> float:
    """Return for how long the thread that runs cells has waited for a core, or 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_bytes().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


def _children(process: int) -> list[int]:
    try:
        words = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    except (OSError, ValueError):
        return []
    return [number for number in map(int, words) if number != os.getpid()]
