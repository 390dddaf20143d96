"""A line of a journal: its text, a space, and the CRC-32 of the text in eight hex digits.

So a line that is torn or damaged is known by itself, and the others are still good.
"""

from __future__ import annotations

import zlib


def checked_line(text: bytes) -> bytes:
    """Return the line of a text that holds no line break."""
    return b"%s %08x\n" % (text, zlib.crc32(text))


def text_of(line: bytes) -> bytes | None:
    """Return the text of a line without its line break, or None where the line is torn or damaged."""
    text = line[:-9]
    return text if line[-9:] == b" %08x" % zlib.crc32(text) else None
