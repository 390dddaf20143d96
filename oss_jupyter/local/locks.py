"""The locks of a checkpoint directory: one per transfer, whatever is kept of it. They end with their process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import BaseFileLock, FileLock, Timeout

from oss_jupyter.errors import CheckpointForeign, CheckpointNotWritable, Shortage, TransferBusy
from oss_jupyter.local.files import check_own
from oss_jupyter.local.suffixes import LOCK
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.texts import tr
from oss_jupyter.texts.system import system_words

# `busy` holds a lock for a moment to find out whether it is free; whoever opens meanwhile waits that out.
_PATIENCE_SECONDS = 0.5


class Locks:
    """The locks in one directory. Any thread may call it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def of(self, transfer_id: str) -> BaseFileLock:
        """Return a transfer's lock, not held."""
        # The driver opens on its own thread and may be closed from another.
        return FileLock(self._directory / f"{transfer_id}{LOCK}", mode=0o600, thread_local=False)

    def held(self, transfer_id: str) -> BaseFileLock:
        """Return the lock of a transfer, held; make the directory where there is none.

        Raises TransferBusy, CheckpointForeign, OSError.
        """
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(self._directory, os.W_OK | os.X_OK):
            raise PermissionError(13, os.strerror(13))
        lock = self.of(transfer_id)
        with suppress(FileNotFoundError):
            check_own(Path(lock.lock_file))
        try:
            lock.acquire(timeout=_PATIENCE_SECONDS)
        except Timeout:
            raise TransferBusy(
                tr("Another kernel is already sending this upload ({id}).", id=transfer_id),
                tr("Watch it there, or stop that kernel and run this again."),
                safe=tr("The other kernel goes on; nothing was touched."),
            ) from None
        return lock

    def busy(self, transfer_id: str) -> bool:
        """Whether a process, this one or another, drives this transfer."""
        lock = self.of(transfer_id)
        try:
            check_own(Path(lock.lock_file))
            with lock.acquire(timeout=0):
                return False
        except Timeout:
            return True
        except (OSError, CheckpointForeign):
            return False

    def unusable(self, error: OSError) -> CheckpointNotWritable | Shortage:
        """Return why the directory cannot be used, in words."""
        return shortage_of(error) or CheckpointNotWritable(
            tr(
                "The checkpoint directory {directory} cannot be used: {reason}.",
                directory=self._directory,
                reason=system_words(error),
            ),
            tr("Choose another with checkpoint_dir=…, or checkpoint_dir=None to upload without being able to resume."),
        )


def hold_anew(lock: BaseFileLock) -> None:
    """Hold a lock whose file was removed: without a new one, another kernel would not see that this one drives.

    Raises TransferBusy, OSError.
    """
    if Path(lock.lock_file).exists():
        return
    lock.release(force=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise TransferBusy(
            tr("The checkpoint was removed while the upload ran, and another kernel has begun the same upload since."),
            tr("Watch it there."),
        ) from None


def remove_held(lock: BaseFileLock) -> None:
    """Remove the file of a lock that is still held, so that nobody can have begun meanwhile."""
    with suppress(OSError):
        Path(lock.lock_file).unlink(missing_ok=True)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say in words why what is kept of an upload cannot be written. Raises CheckpointNotWritable, Shortage."""
    try:
        yield
    except OSError as error:
        raise not_writable(path, error) from error


def not_writable(path: Path, error: OSError) -> CheckpointNotWritable | Shortage:
    """Return why what is kept of an upload cannot be written, in words."""
    return shortage_of(error) or CheckpointNotWritable(
        tr(
            "The checkpoint cannot be written in {directory}: {reason}.",
            directory=path.parent,
            reason=system_words(error),
        ),
        tr("Make room or allow writing there, or choose another place with checkpoint_dir=…; then resume."),
    )
