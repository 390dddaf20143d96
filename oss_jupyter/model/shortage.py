"""What the system says when it has no more of something, in words: no descriptor, no memory, no thread.

It says so wherever one is asked for: a file, a lock, a socket, a pipe, a buffer; and it is never the fault of what was
to be opened, read or done.
"""

from __future__ import annotations

import errno
import re

from oss_jupyter.errors import NoMemory, NoThread, Shortage, TooManyFiles
from oss_jupyter.texts import tr

# What Python and the loader of the system say.
_OF_MEMORY = re.compile(r"\Acan't allocate|failed to map segment from shared object")


def shortage_of(error: BaseException) -> Shortage | None:
    """Return what an error means if it means that the system has no more of something, else None."""
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EMFILE:
        return TooManyFiles(
            tr("Too many files are open in this process."),
            tr(
                "Close what is not needed any more (files, sockets, data loaders), or allow more before it starts, "
                "for example: ulimit -n 4096. Then resume."
            ),
        )
    if number == errno.ENFILE:
        return TooManyFiles(
            tr("Too many files are open on this computer."),
            tr("End other programs, or have its limit raised (Linux: fs.file-max). Then resume."),
        )
    if number == errno.ENOMEM or isinstance(error, MemoryError) or _said_of_memory(error):
        return NoMemory(
            tr("No memory was left for a moment."),
            tr("Delete what is not needed any more (large tables and arrays), or end other programs. Then resume."),
        )
    if isinstance(error, RuntimeError) and str(error) == "can't start new thread":
        return NoThread(
            tr("This computer allows no more threads or processes."),
            tr("End other programs, or have the limit raised (ulimit -u, ulimit -v), then resume."),
        )
    return None


def _said_of_memory(error: BaseException) -> bool:
    """Whether it is one of those that Python raises for want of memory under another name."""
    said = str(error) if isinstance(error, (RuntimeError, ImportError)) else ""
    return _OF_MEMORY.search(said) is not None
