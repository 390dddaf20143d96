"""Asking the kernel that has an upload to pause or abort it, for who types that elsewhere."""

from __future__ import annotations

import uuid
from contextlib import suppress

from oss_jupyter.session.neighbours.asking import KernelGone, ask
from oss_jupyter.session.neighbours.place import places
from oss_jupyter.texts.spoken import language

# Who does not answer soon computes, or is about to end; there may be several of them.
_PATIENCE_SECONDS = 5.0


def ask_its_kernel(command: str, transfer_id: str, *, keep_parts: bool = False) -> bool:
    """Let the kernel that has an upload do what its button there would do; return whether one has done it."""
    arguments = {"transfer": transfer_id, **({"keep_parts": True} if keep_parts else {})}
    for place in places():
        with suppress(KernelGone):
            question = {"id": uuid.uuid4().hex, "command": command, "arguments": arguments, "page": language()}
            if ask(place, question, _PATIENCE_SECONDS).get("status") == "ok":
                return True
    return False
