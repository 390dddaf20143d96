"""A kernel in which something is uploaded counts as active, so that no server culls it, whether a page is open or not.

Servers go by the messages that a kernel publishes: jupyter_server notes the time of each (`start_watching_activity`),
and its culler and the hub's look at that time. So while something runs, the kernel publishes a small message of a type
of its own, which answers no request: pages and clients pass over it. JupyterLab's extension reads in it how they go.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from oss_jupyter import forks

MESSAGE_TYPE = "oss_jupyter_active"
# Shorter than any idle time that somebody sets in earnest; some 700 bytes for each upload.
_EVERY_SECONDS = 2.0
_HOUR_SECONDS = 3600.0


class KeepAlive:
    """Any thread may call it. `_lock` guards _until, in monotonic seconds, and _thread. A fork changes _hours.

    runs: whether something runs. hours: for how long after the last upload has begun, or gone on, at most.
    content: what the message says.
    """

    def __init__(
        self, kernel: Any, runs: Callable[[], bool], hours: Callable[[], float], content: Callable[[], dict[str, Any]]
    ) -> None:
        self._kernel = kernel
        self._content = content
        self._runs = runs
        self._hours = hours
        self._lock = threading.Lock()
        self._until = 0.0
        self._thread: threading.Thread | None = None
        forks.in_child(self._be_silent)

    def one_begins(self) -> None:
        """Publish while something runs, from now on."""
        seconds = self._hours() * _HOUR_SECONDS
        with self._lock:
            self._until = time.monotonic() + seconds
            if not seconds or self._thread is not None:
                return
            self._thread = threading.Thread(target=self._publish, name="oss-keep-alive", daemon=True)
            thread = self._thread
        with suppress(RuntimeError):  # no thread to be had: the upload is worth more
            thread.start()
            return
        with self._lock:
            self._thread = None

    def _be_silent(self) -> None:
        """Publish nothing in a forked child: the kernel is its parent's."""
        self._lock, self._hours = threading.Lock(), lambda: 0.0

    def _publish(self) -> None:
        while self._wanted():
            self._send()
            time.sleep(_EVERY_SECONDS)
        self._send()  # how the last ones ended

    def _send(self) -> None:
        with suppress(Exception):  # the kernel is about to end
            self._kernel.session.send(self._kernel.iopub_socket, MESSAGE_TYPE, self._content(), parent={})

    def _wanted(self) -> bool:
        """Whether there is still something to publish for; where not, another thread may begin."""
        runs = self._runs()
        with self._lock:
            if runs and time.monotonic() < self._until:
                return True
            self._thread = None
            return False
