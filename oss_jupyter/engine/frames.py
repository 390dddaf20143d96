"""Messages between the kernel and its helper process: pickles with their length before them, over two pipes.

Pickle is safe here because nobody else can write to the pipes: one process started the other. A pickle may be
unreadable all the same: the package was replaced under the kernel, or an exception of somebody's does not survive it.
So the address stands outside of it, and whoever is concerned can be told.
"""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oss_jupyter.errors import MessageUnreadable
from oss_jupyter.texts import english, tr

_MARK = b"oj"
_HEAD = struct.Struct("!2sIQ")  # the mark, the length of the pickle, the address
_ADVICE = english(
    "Restart the kernel, because oss_jupyter may have been replaced while it ran; then resume. If that does not help, "
    "let parts run in the kernel itself: oj.settings().helper = 'never'"
)


@dataclass(frozen=True)
class Unreadable:
    """In the place of a message that could not be read. address: as in `send_frame`. why: the exception's type."""

    address: int
    why: str


def unreadable(what: str, why: str) -> MessageUnreadable:
    """Return the error that something could not cross between the processes.

    what: the sentence for it, marked by `english`, with a place for `why`, the type of an exception.
    """
    return MessageUnreadable(tr(what, why=why), tr(_ADVICE))


def send_frame(descriptor: int, message: Any, address: int = 0) -> None:
    """Write one message. The caller makes sure that only one thread does so at a time.

    address: the number of the job that it belongs to, 0 for none. Raises OSError, and MessageUnreadable where it cannot
    be pickled: then nothing was written.
    """
    try:
        content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        head = _HEAD.pack(_MARK, len(content), address)
    except MemoryError:
        raise
    except Exception as error:
        what = english("Something cannot be told to another process ({why}).")
        raise unreadable(what, type(error).__name__) from None
    left = memoryview(head + content)
    while left:
        left = left[os.write(descriptor, left) :]


class Frames:
    """Messages out of bytes as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, content: bytes) -> Iterator[Any]:
        """Take what was read and yield each message that is complete with it, or `Unreadable`.

        Raises MessageUnreadable where no message begins: what follows cannot be told apart.
        """
        self._buffer += content
        while len(self._buffer) >= _HEAD.size:
            mark, length, address = _HEAD.unpack_from(self._buffer)
            if mark != _MARK:
                raise unreadable(
                    english("Kernel and helper process do not understand each other ({why})."), "BrokenFrame"
                )
            end = _HEAD.size + length
            if len(self._buffer) < end:
                return
            message = bytes(self._buffer[_HEAD.size : end])
            del self._buffer[:end]
            yield _read(message, address)


def _read(message: bytes, address: int) -> Any:
    try:
        return pickle.loads(message)  # noqa: S301 - from our own child or parent
    except MemoryError:
        raise
    except Exception as error:
        return Unreadable(address, type(error).__name__)
