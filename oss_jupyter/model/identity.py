"""The id of a transfer: the same source, target and place give the same id, in every kernel."""

from __future__ import annotations

import base64
import hashlib

from oss_jupyter.model.target import Target

# 40 bits: a person types a few characters, and a thousand transfers collide with a chance of one in two million.
_ID_BYTES = 5


def transfer_id(source: str, target: Target, host: str) -> str:
    """Return eight characters of a-z and 2-7; `host` says which service the bucket belongs to."""
    digest = hashlib.sha256("\0".join((source, str(target), host)).encode("utf-8", "surrogateescape")).digest()
    return base64.b32encode(digest[:_ID_BYTES]).decode("ascii").lower()
