"""When the kernel of JupyterLab's panel ends: after some minutes in which nothing moves there and nobody looks."""

from __future__ import annotations

import threading
import time

from oss_jupyter.engine.threads import start_thread
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.notebook.panel.own_server import end_this_kernel
from oss_jupyter.session.session import Session

_LOOKS_SECONDS = 5.0
_MINUTE_SECONDS = 60.0


class Idle:
    """Any thread may call it. `_lock` guards _busy_at, in monotonic seconds, and _over.

    session: whose uploads count, and whose settings say how long.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._busy_at = time.monotonic()
        self._over = False

    def somebody_looks(self) -> None:
        """Stay for as long again."""
        with self._lock:
            self._busy_at, self._over = time.monotonic(), False

    @property
    def over(self) -> bool:
        """Whether it is time, and the page has to end the kernel, because the server did not hear it from here."""
        with self._lock:
            return self._over

    def watch(self) -> None:
        """Let the server end this kernel when it is time. Raises Shortage."""
        start_thread(self._watch, "oss-panel-end")

    def _watch(self) -> None:
        while True:
            time.sleep(min(_LOOKS_SECONDS, self._seconds()))
            if any(map(_moves, self._session.manager.transfers())):
                self.somebody_looks()
            elif self._is_time() and not end_this_kernel():
                with self._lock:
                    # A minute is what a page takes to hear of it; then the server is asked again.
                    self._busy_at, self._over = time.monotonic() - self._seconds() + _MINUTE_SECONDS, True

    def _is_time(self) -> bool:
        with self._lock:
            return time.monotonic() - self._busy_at >= self._seconds()

    def _seconds(self) -> float:
        return self._session.settings.panel_idle_minutes * _MINUTE_SECONDS


def _moves(transfer: Transfer) -> bool:
    """Whether it would stop with this kernel."""
    return not coordinator_of(transfer).apart and not transfer.wait(0)
