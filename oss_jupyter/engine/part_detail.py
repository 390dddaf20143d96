"""What is known of one part, for whoever looks at it."""

from __future__ import annotations

from dataclasses import dataclass

from oss_jupyter.model.progress import PartState


@dataclass(frozen=True)
class PartDetail:
    """What is known of one part. Offset, length and sent bytes in bytes; `error` is the last failure's first line."""

    number: int
    offset: int
    length: int
    state: PartState
    sent_bytes: int
    attempts: int
    error: str
    seconds: float
