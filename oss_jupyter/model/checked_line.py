"""A line of a journal: its text, a space, and the CRC-32 of the text in eight hex digits.

So a line that is torn or damaged is known by itself, and the others are still good. One of a later version is refused.
"""

from __future__ import annotations

import zlib

from oss_jupyter.errors import CheckpointTooNew
from oss_jupyter.texts import tr


def checked_line(text: bytes) -> bytes:
    """Return the line of a text that holds no line break."""
    return b"%s %08x\n" % (text, zlib.crc32(text))


def text_of(line: bytes) -> bytes | None:
    """Return the text of a line without its line break, or None where the line is torn or damaged."""
    text = line[:-9]
    return text if line[-9:] == b" %08x" % zlib.crc32(text) else None


def too_new(what: str, number: int, most: int) -> CheckpointTooNew:
    """Return the error where a later version wrote the lines: `what` tells of {number}, and of {most} that is read."""
    return CheckpointTooNew(
        tr(what, number=number, most=most),
        tr("Upgrade oss_jupyter, or finish the upload where it was started."),
        safe=tr("The checkpoint is untouched."),
    )
