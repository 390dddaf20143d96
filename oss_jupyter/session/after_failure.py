"""Why an upload failed: the free part of a check, in the background, and told as a note beside the failure.

The failure itself is what it was.
"""

from __future__ import annotations

from contextlib import suppress

from oss_jupyter import forks
from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.notes import Lasts
from oss_jupyter.engine.threads import start_thread
from oss_jupyter.errors import CheckpointError, CredentialsError, NetworkError, OssJupyterError, ServiceError, Shortage
from oss_jupyter.local.dataset_store import DatasetStore
from oss_jupyter.local.store import CheckpointDirectory
from oss_jupyter.model.credentials_found import CredentialsFound
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.credentials import CredentialsChain
from oss_jupyter.session.sandbox_process import sandbox_credentials
from oss_jupyter.session.who_signs import found_by
from oss_jupyter.texts import tr

# Of these a check may know more than the failure says.
_CHECKED = (NetworkError, ServiceError, CheckpointError)


def look_after_failure(job: AnyJob) -> None:
    """Look at what fits the failure of an upload that has ended. Any thread; it returns at once."""
    error, control = job.failure, job.spec.control
    if isinstance(error, _CHECKED) and isinstance(control, SdkControl):
        with suppress(Shortage):  # the failure is told in any case
            start_thread(_look, "oss-check", job, error, control)


def _look(job: AnyJob, error: OssJupyterError, control: SdkControl) -> None:
    with forks.no_forks:
        from oss_jupyter.checks.afterwards import Failed, look_afterwards  # requests, which it has by now

    store = job.spec.store
    folder = store.directory if isinstance(store, (CheckpointDirectory, DatasetStore)) else None
    note = look_afterwards(Failed(error, control.settings, lambda: _who(job, control), folder))
    if note and job.failure is error:
        job.note(note, Lasts.THIS_RUN)


def _who(job: AnyJob, control: SdkControl) -> CredentialsFound:
    spec, chain = job.spec, control.credentials
    if not isinstance(chain, CredentialsChain):
        raise CredentialsError(tr("Nobody can tell where these credentials come from."), "")
    settings, given = control.settings, spec.credentials_given or spec.profile
    return found_by(chain, settings.region or "", not given and sandbox_credentials(settings.url) is not None)
