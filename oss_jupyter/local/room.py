"""Whether the disk holds what is to be written to it, with the numbers."""

from __future__ import annotations

import errno
import shutil
from contextlib import suppress
from pathlib import Path

from oss_jupyter.model.sizes import MIB, format_size

# What stays free on the disk: journals of uploads that run have to be written, too.
RESERVE_BYTES = 16 * MIB
# What the system says of a disk, a quota or a file that is full.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# The code of an error that the disk cannot hold a spool, of an object or of a stream.
NO_ROOM = "NoRoomForSpool"


def said_free(count: int) -> str:
    """Return how many bytes are free, in a sentence."""
    return f"{format_size(count)} are free, of which {format_size(RESERVE_BYTES)} are to stay so."


def free_bytes(folder: Path) -> int:
    """Return how much the disk of a folder takes, 0 where that cannot be told."""
    with suppress(OSError):
        return shutil.disk_usage(folder).free
    return 0
