"""What the system says when it has no descriptor left, in words. It says so wherever one is opened: a file, a lock, a
socket, a pipe; and it is never the fault of what was to be opened.
"""

from __future__ import annotations

import errno

from oss_jupyter.errors import TooManyFiles


def too_many_files(error: BaseException) -> TooManyFiles | None:
    """Return what an error means if it means that there are too many open files, else None."""
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EMFILE:
        return TooManyFiles(
            "Too many files are open in this process.",
            "Close what is not needed any more (files, sockets, data loaders), or allow more before it starts, "
            "for example: ulimit -n 4096. Then resume.",
        )
    if number == errno.ENFILE:
        return TooManyFiles(
            "Too many files are open on this computer.",
            "End other programs, or have its limit raised (Linux: fs.file-max). Then resume.",
        )
    return None
