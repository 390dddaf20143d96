"""Messages through a pipe: whole ones come out, in order, however the bytes arrive."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from oss_jupyter.engine.frames import Frames, send_frame
from oss_jupyter.errors import ServiceError, ServiceReply
from oss_jupyter.model.wire_values import PartReceipt

MESSAGES = [
    ("done", 3, PartReceipt(3, "ETAG", 2**64 - 1)),
    ("failed", 4, ServiceError(ServiceReply(403, "AccessDenied"), "What.", "Advice.")),
    b"",
    None,
    "x" * 70_000,  # more than a pipe holds
]


def written(*messages: Any) -> bytes:
    """Return what a process writes for these messages."""
    reading, writing = os.pipe()
    content: list[bytes] = []

    def read() -> None:
        with os.fdopen(reading, "rb") as pipe:
            content.append(pipe.read())

    reader = threading.Thread(target=read)
    reader.start()
    for message in messages:
        send_frame(writing, message)
    os.close(writing)
    reader.join()
    return content[0]


@pytest.mark.parametrize("piece_bytes", [1, 3, 4, 5, 4096, 10**6])
def test_messages_come_out_whole_and_in_order(piece_bytes: int) -> None:
    """A pipe hands over any number of bytes at a time; a receipt cut in two would lose a part or end the helper."""
    content, frames = written(*MESSAGES), Frames()
    pieces = [content[begin : begin + piece_bytes] for begin in range(0, len(content), piece_bytes)]
    found = [message for piece in pieces for message in frames.feed(piece)]
    assert [repr(message) for message in found] == [repr(message) for message in MESSAGES]


def test_half_a_message_waits_for_the_rest() -> None:
    """Nothing comes out before the last byte, and what follows in the same read is not lost."""
    content, frames = written("one", "two"), Frames()
    assert list(frames.feed(content[:-1])) == ["one"]
    assert list(frames.feed(content[-1:] + written("three"))) == ["two", "three"]


def test_a_reader_that_is_gone_is_an_error() -> None:
    """The kernel learns that its helper has died when it writes to it, and does not write into nothing."""
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        send_frame(writing, "anybody?")
    os.close(writing)
