"""Looks that wait for the network, beside each other, each for as long as people wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.finding import Finding, unknown
from oss_jupyter.texts import tr

Look = Callable[[], list[Finding]]


def beside(looks: Mapping[str, Look], wait_seconds: float) -> list[Finding]:
    """Return what all looks find, in their order. One that is not back in time, or fails, is unknown by its name.

    A thread that still waits then ends by itself: nobody looks at what it finds, and no exit waits for it.
    """
    found: dict[str, list[Finding]] = {}

    def run(name: str, look: Look) -> None:
        try:
            found[name] = look()
        except OssJupyterError as error:
            found[name] = [unknown(name, error.what, error.advice)]
        except Exception as error:
            found[name] = [unknown(name, tr("Looking at it failed: {error}.", error=type(error).__name__))]

    threads = [_started(run, name, look) for name, look in looks.items()]
    wait_seconds = max(0.0, wait_seconds)
    ends_at = time.monotonic() + wait_seconds
    for thread in threads:
        thread.join(max(0.0, ends_at - time.monotonic()))
    late = tr("There was no answer within {seconds} s.", seconds=f"{wait_seconds:.1f}")
    return [one for name in looks for one in found.get(name, [unknown(name, late)])]


def _started(run: Callable[[str, Look], None], name: str, look: Look) -> threading.Thread:
    thread = threading.Thread(target=run, args=(name, look), name="oss-check", daemon=True)
    thread.start()
    return thread
