"""Which unfinished uploads are being sent on this computer: whoever sends is asked, as the disk does not tell all.

Any thread may call it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from oss_jupyter.engine.dataset.coordinator import DatasetCoordinator
from oss_jupyter.engine.manager import Manager
from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.session.detached import link
from oss_jupyter.session.neighbours import asking
from oss_jupyter.session.neighbours.place import KernelPlace

# What kernels and the host are asked.
UPLOAD_IDS = "upload_ids"
# Who asks waits for this before every removal.
_PATIENCE_SECONDS = 5.0


def driven_by(manager: Manager) -> list[str]:
    """Return the upload ids of all that moves in this process, files of datasets among them."""
    ids: set[str] = set()
    for transfer in manager.transfers():
        job = coordinator_of(transfer)
        if not job.resting:
            ids.add(transfer.snapshot().upload_id)
            if isinstance(job, DatasetCoordinator):
                ids |= job.upload_ids
    return sorted(ids - {""})


def driven_by_host() -> list[str]:
    """Return what the process drives that outlives kernels; nothing where none is there, or it does not answer."""
    with suppress(OssJupyterError):
        if link.is_there():
            return list(link.ask(UPLOAD_IDS))
    return []


def driven_by_kernel(place: KernelPlace) -> list[str]:
    """Return what another kernel drives; nothing where it is gone, does not answer, or is of another version."""
    with suppress(OssJupyterError):
        told: Any = asking.ask(place, {"command": UPLOAD_IDS}, _PATIENCE_SECONDS).get(UPLOAD_IDS)
        if isinstance(told, list):
            return [one for one in told if isinstance(one, str)]
    return []
