"""How many descriptors this process may have, and how many it has: files, sockets, pipes. Nobody's limit is changed."""

from __future__ import annotations

from pathlib import Path

from oss_jupyter.errors import TooManyFiles
from oss_jupyter.model.shortage import shortage_of

# Where a system lists them, Linux first.
_LISTS = (Path("/proc/self/fd"), Path("/dev/fd"))


def most() -> int | None:
    """Return how many it may have, or None where the system sets no limit or tells none."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def used() -> int:
    """Return how many it has, and 0 where that cannot be told."""
    try:
        place = next((place for place in _LISTS if place.is_dir()), None)
        return sum(1 for _ in place.iterdir()) - 1 if place else 0  # one of them reads the list
    except OSError as error:
        return (most() or 0) if isinstance(shortage_of(error), TooManyFiles) else 0
