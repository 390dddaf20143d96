"""How a thread of the engine is started, and what is said where the system refuses it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable

from oss_jupyter.model.ending import ending_of
from oss_jupyter.model.shortage import shortage_of


def start_thread(work: Callable[..., object], name: str, *arguments: object) -> None:
    """Start a thread that no exit waits for. Raises Shortage, mostly NoThread, or InterpreterEnding.

    It runs in a copied context, so that what it shows appears under the right cell in every ipykernel.
    """
    run = contextvars.copy_context().run
    try:
        threading.Thread(target=run, args=(work, *arguments), name=name, daemon=True).start()
    except (RuntimeError, MemoryError) as error:
        raise shortage_of(error) or ending_of(error) or error from None
