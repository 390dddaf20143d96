"""Hands new credentials on to uploads of the host's that wait for some, while a kernel knows where there are any."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.model.states import State
from oss_jupyter.session.detached.link import ask
from oss_jupyter.session.detached.orders import signs_of
from oss_jupyter.session.detached.values import HostedView, Signs

# A provider may ask a service that counts who asks.
_EVERY_SECONDS = 5.0


class Renewing:
    """`_lock` guards, each by the id of the upload, _given, what gives credentials in this kernel, _handed, who was to
    sign last, and _next, when it is looked again in monotonic seconds.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given: dict[str, Any] = {}
        self._handed: dict[str, Signs] = {}
        self._next: dict[str, float] = {}

    def given(self, transfer_id: str, credentials: Any, signs: Signs) -> None:
        """Remember what was handed over. credentials: what gives new ones, if they were given in Python; else None."""
        with self._lock:
            self._given[transfer_id], self._handed[transfer_id] = credentials, signs

    def look(self, views: Iterable[HostedView]) -> None:
        """Ask for new credentials for those that wait, on a thread of its own: who is asked may take its time."""
        now = time.monotonic()
        for view in views:
            if view.snapshot.state is not State.WAITING_FOR_CREDENTIALS:
                continue
            known = view.snapshot.id
            with self._lock:
                given, due = self._given.get(known), self._next.get(known, 0.0) <= now
                if due:
                    self._next[known] = now + _EVERY_SECONDS
            if due and (given is not None or view.renews):
                with suppress(OssJupyterError):  # there is no thread for it: later
                    start_thread(self._renew, "oss-renew", known, given)

    def _renew(self, transfer_id: str, given: Any) -> None:
        with suppress(OssJupyterError):  # it waits on
            signs = signs_of(given, "")
            with self._lock:
                # The same ones again would expire again.
                if self._handed.get(transfer_id) == signs:
                    return
                self._handed[transfer_id] = signs
            ask("anew", transfer_id=transfer_id, anew={}, signs=signs)
