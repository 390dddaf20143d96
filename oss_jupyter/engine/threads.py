"""How a thread of the engine is started, and what is said where the system refuses it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable

from oss_jupyter.errors import NoThread


def start_thread(work: Callable[..., object], name: str, *arguments: object) -> None:
    """Start a thread that no exit waits for. Raises NoThread.

    It runs in a copied context, so that what it shows appears under the right cell in every ipykernel.
    """
    run = contextvars.copy_context().run
    try:
        threading.Thread(target=run, args=(work, *arguments), name=name, daemon=True).start()
    except RuntimeError:  # "can't start new thread"
        refused = NoThread(
            "This computer allows no more threads or processes.",
            "End other programs, or have the limit raised (ulimit -u, ulimit -v), then resume.",
        )
        raise refused from None
