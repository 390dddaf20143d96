"""Messages between the kernel and its helper process: pickles with their length before them, over two pipes.

Pickle is safe here because nobody else can write to the pipes: one process started the other.
"""

from __future__ import annotations

import pickle
import struct
from typing import IO, Any

_LENGTH = struct.Struct("!I")


def write_frame(pipe: IO[bytes], message: Any) -> None:
    """Write one message. The caller makes sure that only one thread does so at a time."""
    content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(content)) + content)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> Any:
    """Return the next message. Raises EOFError once the other process has gone."""
    (length,) = _LENGTH.unpack(_read(pipe, _LENGTH.size))
    return pickle.loads(_read(pipe, length))  # noqa: S301 - from our own child or parent


def _read(pipe: IO[bytes], length: int) -> bytes:
    content = pipe.read(length)
    if len(content) < length:
        raise EOFError
    return content
