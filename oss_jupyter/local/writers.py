"""Whether somebody has a file open for writing, where the system can tell: on Linux. Any thread may ask.

The times of a file do not move with every write: pages of a memory map that are dirty already take more without a word.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from oss_jupyter.model.shortage import shortage_of

if sys.platform == "linux":
    import fcntl

_PROCESSES = Path("/proc")
_OWN = Path("/proc/self")


def open_for_writing(path: Path) -> bool:
    """Whether any process, this one included, can write to the file through what it has open or mapped now.

    False, too, where nobody can tell. Raises OSError where the file cannot be opened, or where the system has no
    descriptor or memory left to look with.
    """
    if sys.platform != "linux":
        return False
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        refused = lease_refused(descriptor)
        if refused is False and _on_overlay(descriptor):
            refused = None
    finally:
        os.close(descriptor)
    return found_in_processes(path) if refused is None else refused


def lease_refused(descriptor: int) -> bool | None:
    """Return whether a read lease is refused because of a writer (fcntl(2)), or None where there are no leases.

    They are for the file's owner only, and not for every file system. A map counts, its descriptor closed or not.
    """
    try:
        # Whoever opens the file in this moment has us told by a signal; this one does nothing unless it is asked for.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    return False


class _WhatMayBeSeen:
    """Passes over what is another user's, not there, or gone; not over what a shortage hides, which may be a writer."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        return isinstance(error, OSError) and shortage_of(error) is None


def _on_overlay(descriptor: int) -> bool:
    """Whether the file lies on an overlay, as in a container: maps are of the layer below, which leases do not see."""
    with _WhatMayBeSeen():
        opened = (_OWN / "fdinfo" / str(descriptor)).read_text(encoding="ascii")
        mount = opened.partition("mnt_id:")[2].split()[0]
        mounts = (_OWN / "mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
        line = next((line for line in mounts.splitlines() if line.startswith(f"{mount} ")), "")
        return line.partition(" - ")[2].startswith("overlay ")
    return False


def found_in_processes(path: Path) -> bool:
    """Whether a process that may be looked into has the file open or mapped for writing: proc(5)."""
    name = os.path.realpath(path)
    with _WhatMayBeSeen():
        return any(_writes(process, name) for process in _PROCESSES.iterdir() if process.name.isdecimal())
    return False


def _writes(process: Path, name: str) -> bool:
    with _WhatMayBeSeen():
        return any(_descriptors(process, name)) or any(_maps(process, name))
    return False


def _descriptors(process: Path, name: str) -> Iterator[bool]:
    for descriptor in (process / "fd").iterdir():
        with _WhatMayBeSeen():
            if str(descriptor.readlink()) == name:
                flags = (process / "fdinfo" / descriptor.name).read_text(encoding="ascii").partition("flags:")[2]
                yield int(flags.split()[0], 8) & os.O_ACCMODE != os.O_RDONLY


def _maps(process: Path, name: str) -> Iterator[bool]:
    for line in (process / "maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        if line.endswith(" " + name):
            permissions = line.split()[1]
            yield permissions[1] == "w" and permissions[3] == "s"
