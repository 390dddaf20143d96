"""What a user wants to have proven of an upload, and what was."""

from __future__ import annotations

from enum import Enum
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.redact import quoted
from oss_jupyter.texts import listed, tr


class Prove(str, Enum):
    """Which bytes are read again, to compare them with what was sent.

    KEPT: those that earlier runs sent. ALL: every byte, just before the object is put together. NONE: none, unless the
    file's size, mtime or inode moved.
    """

    KEPT = "kept"
    ALL = "all"
    NONE = "none"


class Proven(str, Enum):
    """What a receipt stands for; with each, every part had the service's CRC-64 when it was sent.

    SENT: no more than that. KEPT: parts that earlier runs had sent were read again, and are in the file still. ALL:
    every byte was read again after all were sent, so the object is the file as it was at one moment.
    """

    SENT = "sent"
    KEPT = "kept"
    ALL = "all"

    __str__ = str.__str__


def parse_prove(value: Any) -> Prove:
    """Return what a word asks for. Raises InputError."""
    words = [prove.value for prove in Prove]
    if isinstance(value, str) and value in words:
        return Prove(value)
    what = tr("{name}={value} is not known.", name="prove", value=quoted(value))
    raise InputError(what, tr("Choose one of {choices}.", choices=listed(words)))
