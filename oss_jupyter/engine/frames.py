"""Messages between the kernel and its helper process: pickles with their length before them, over two pipes.

Pickle is safe here because nobody else can write to the pipes: one process started the other.
"""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Iterator
from typing import Any

_LENGTH = struct.Struct("!I")


def send_frame(descriptor: int, message: Any) -> None:
    """Write one message. The caller makes sure that only one thread does so at a time. Raises OSError."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    left = memoryview(_LENGTH.pack(len(content)) + content)
    while left:
        left = left[os.write(descriptor, left) :]


class Frames:
    """Messages out of bytes as they come."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, content: bytes) -> Iterator[Any]:
        """Take what was read and yield each message that is complete with it."""
        self._buffer += content
        while len(self._buffer) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                return
            message = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield pickle.loads(message)  # noqa: S301 - from our own child or parent
