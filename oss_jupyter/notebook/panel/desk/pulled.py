"""The desk as JupyterLab's side panel has it: no widget, because there is no notebook; the page asks how it is."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

from oss_jupyter.names import printable
from oss_jupyter.notebook.panel.desk.desk import DESK
from oss_jupyter.paths import here
from oss_jupyter.texts.spoken import language_for_pages

# The page asks again within a second while something moves.
_LOOKING_SECONDS = 3.0


class PulledDesk:
    """Holds what is shown until it is asked for. `_lock` guards _traits and _pulled_at.

    start: where relative paths begin. target, options: see TransferDesk. clock: monotonic seconds.
    """

    def __init__(
        self, target: str, options: Sequence[dict[str, Any]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.start = here()
        self._lock = threading.Lock()
        self._clock = clock
        self._pulled_at = float("-inf")
        self._traits: dict[str, Any] = {
            "kind": DESK, "state": "[]", "ended": "", "detail": "", "part_map": "",
            "folder": printable(str(self.start)), "target": target, "options": list(options),
        }  # fmt: skip

    @property
    def on_screen(self) -> bool:
        """Whether somebody has asked lately."""
        with self._lock:
            return self._clock() - self._pulled_at < _LOOKING_SECONDS

    def set_on_screen(self, view: str, on_screen: bool) -> None:
        """Who does not look does not ask, so a view that comes or goes changes nothing."""

    def put(self, **traits: str | bytes) -> int:
        """Keep them until they are asked for; return 0, as nothing is sent."""
        texts = {name: b64encode(one).decode() if isinstance(one, bytes) else one for name, one in traits.items()}
        with self._lock:
            self._traits.update(texts)
        return 0

    def pull(self) -> dict[str, Any]:
        """Return what was put last, bytes as base64."""
        with self._lock:
            self._pulled_at = self._clock()
            return {**self._traits, "language": language_for_pages()}
