"""Whether the disk holds what is to be written to it, with the numbers."""

from __future__ import annotations

import errno
import shutil
from contextlib import suppress
from pathlib import Path

from oss_jupyter.model.sizes import MIB, format_size
from oss_jupyter.texts import tr

# What stays free on the disk: journals of uploads that run have to be written, too.
RESERVE_BYTES = 16 * MIB
# What the system says of a disk, a quota or a file that is full.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# The code of an error that the disk cannot hold a spool, of an object or of a stream.
NO_ROOM = "NoRoomForSpool"


def said_free(free: int) -> str:
    """Return how many bytes are free, in a sentence."""
    return tr("{free} are free, of which {reserve} are to stay so.", **_told(free))


def said_short(wanted: int, free: int) -> str:
    """Return how many bytes more are needed, and how many are free."""
    return tr(
        "{wanted} more are needed, and {free} are free, of which {reserve} are to stay so.",
        wanted=format_size(wanted),
        **_told(free),
    )


def said_refused(reason: str, free: int) -> str:
    """Return what the system says where it takes no more, and how many bytes are free."""
    return tr(
        "the system takes no more ({reason}), and {free} are free, of which {reserve} are to stay so.",
        reason=reason,
        **_told(free),
    )


def _told(free: int) -> dict[str, str]:
    return {"free": format_size(free), "reserve": format_size(RESERVE_BYTES)}


def free_bytes(folder: Path) -> int:
    """Return how much the disk of a folder takes, 0 where that cannot be told."""
    with suppress(OSError):
        return shutil.disk_usage(folder).free
    return 0
