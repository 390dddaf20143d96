"""When the sandbox's disk fails: what is answered then. The service has no such errors, for its disks do not end."""

from __future__ import annotations

import errno
from pathlib import Path

from oss_jupyter.sandbox.replies import ServiceError
from oss_jupyter.texts import tr
from oss_jupyter.texts.system import system_words

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_PASSES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})


def disk_error(error: OSError, data_dir: Path) -> ServiceError:
    """Return what to answer where the system refused to read or write."""
    if error.errno in _FULL:
        return ServiceError("SandboxDiskFull", tr("The sandbox's disk is full: {folder}.", folder=data_dir))
    if error.errno in _PASSES:
        return ServiceError("InternalError", tr("The sandbox's system says: {reason}.", reason=system_words(error)))
    return directory_gone(data_dir) or ServiceError(
        "SandboxDiskFailed",
        tr("The sandbox cannot use its directory {folder}: {reason}.", folder=data_dir, reason=system_words(error)),
    )


def directory_gone(data_dir: Path) -> ServiceError | None:
    """Return what to answer where the directory was removed, else None."""
    if (data_dir / "buckets").is_dir() and (data_dir / "incoming").is_dir():
        return None
    return ServiceError(
        "SandboxDirectoryGone", tr("The sandbox's directory was removed while it runs: {folder}.", folder=data_dir)
    )
