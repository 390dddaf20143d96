"""Each end of a job is told once, on the thread that brought it about."""

from __future__ import annotations

import threading
from collections.abc import Callable

from oss_jupyter.engine.job import AnyJob
from oss_jupyter.model.states import State

_ENDS = (State.COMPLETED, State.COMPLETED_WITH_ERRORS, State.FAILED, State.ABORTED)


class Ends:
    """Listens to one job. A pause is no end, and neither is what another process does.

    `_lock` guards _seen and _told.
    """

    def __init__(self, job: AnyJob, tell: Callable[[AnyJob], None]) -> None:
        self._job = job
        self._tell = tell
        self._lock = threading.Lock()
        self._seen = 0  # rests that were looked at
        self._told = 0  # rests of which whoever wants to know knows

    def __call__(self) -> None:
        """Look whether the job has ended since; to be called after each change, without its lock."""
        rest = self._job.rest
        with self._lock:
            if rest is None or rest <= self._seen:
                return
            self._seen = rest
        if not self._job.apart and self._job.state in _ENDS:
            self._tell(self._job)
        with self._lock:
            self._told = max(self._told, rest)

    @property
    def told(self) -> bool:
        """Whether there is nothing left to tell for now."""
        rest = self._job.rest
        with self._lock:
            return rest is None or rest <= self._told
