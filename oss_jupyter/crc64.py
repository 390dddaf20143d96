"""CRC-64 as OSS computes it: CRC-64/XZ, written by the service as an unsigned decimal (``x-oss-hash-crc64ecma``).

A leaf like errors.py: every room that touches bytes or receipts may import it.
"""

from __future__ import annotations

from typing import cast

import anycrc

_MODEL = anycrc.Model("CRC64-XZ")


def crc64(data: bytes | bytearray | memoryview, crc: int = 0) -> int:
    """Return the CRC-64 of the bytes before, whose CRC-64 is `crc`, followed by `data`."""
    return cast("int", _MODEL.calc(data, crc))


def combine(first: int, second: int, second_bytes: int) -> int:
    """Return the CRC-64 of two stretches joined, knowing theirs and the second one's length in bytes."""
    return cast("int", _MODEL.combine(first, second, second_bytes))
