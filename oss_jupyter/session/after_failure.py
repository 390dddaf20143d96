"""Why the network failed an upload: looked at in the background, and told as a note beside the failure.

Only what costs nothing and is not signed is asked. The failure itself is what it was.
"""

from __future__ import annotations

from contextlib import suppress

from oss_jupyter import forks
from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import NetworkError, Shortage
from oss_jupyter.oss.control import SdkControl


def look_after_failure(job: AnyJob) -> None:
    """Look at the way if an upload that has ended failed for the network. Any thread; it returns at once."""
    error, control = job.failure, job.spec.control
    if isinstance(error, NetworkError) and isinstance(control, SdkControl):
        with suppress(Shortage):  # the failure is told in any case
            start_thread(_look, "oss-check", job, error, control)


def _look(job: AnyJob, error: NetworkError, control: SdkControl) -> None:
    with forks.no_forks:
        from oss_jupyter.checks.afterwards import look_afterwards  # requests, which it has by now

    note = look_afterwards(control.settings, error.what)
    if note and job.failure is error:
        job.note(note, Lasts.THIS_RUN)
