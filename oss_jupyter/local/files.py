"""Opening files so that nobody else's file, link or pipe is taken for one of ours.

A directory of checkpoints may be one that others can write too: a folder of a project, a shared disk, /tmp. What they
put there must neither be followed, nor waited for, nor believed. Windows has neither owners nor modes that would tell:
there only the kind of a file is looked at.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from oss_jupyter.errors import CheckpointForeign
from oss_jupyter.texts import english, tr

_WINDOWS = os.name == "nt"
# A link is refused, a pipe without a writer does not block, and no child process inherits the descriptor.
_GUARDED = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
_KINDS = {
    stat.S_IFLNK: english("a symbolic link"),
    stat.S_IFIFO: english("a pipe"),
    stat.S_IFDIR: english("a directory"),
    stat.S_IFSOCK: english("a socket"),
    stat.S_IFCHR: english("a device"),
    stat.S_IFBLK: english("a device"),
}


def open_own(path: Path, flags: int) -> int:
    """Return a descriptor of a regular file of this user's. Raises CheckpointForeign, OSError."""
    check_own(path)  # before anything is opened: opening a device can have an effect
    try:
        descriptor = os.open(path, flags | _GUARDED)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _foreign(path, tr(_KINDS[stat.S_IFLNK])) from None
        raise
    try:
        _check(path, os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def check_own(path: Path) -> None:
    """Raise CheckpointForeign unless `path` is a regular file of this user's; FileNotFoundError where nothing is."""
    _check(path, path.lstat())


def create_own(path: Path, *, appends: bool = True) -> int:
    """Return a descriptor, for appending or any writing, of a new file that only this user can read. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | (os.O_APPEND if appends else 0)
    descriptor = os.open(path, flags | _GUARDED, 0o600)
    if not _WINDOWS and os.fstat(descriptor).st_uid != os.geteuid():
        # Some network disks give every file to one user. The next kernel would not believe it.
        os.close(descriptor)
        path.unlink()
        raise OSError(errno.EPERM, tr("what is written there belongs to another user"))
    return descriptor


def read_own(path: Path, most_bytes: int) -> bytes:
    """Return the beginning of a file of this user's. Raises CheckpointForeign, OSError."""
    with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
        return file.read(most_bytes)


def others_can_write(status: os.stat_result) -> bool:
    """Whether somebody beside this user and root can change a file, or the names in a directory."""
    return not _WINDOWS and (status.st_uid not in (os.geteuid(), 0) or bool(status.st_mode & 0o022))


def _check(path: Path, status: os.stat_result) -> None:
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind is not None:
        raise _foreign(path, tr(kind))
    if not _WINDOWS and status.st_uid != os.geteuid():
        raise _foreign(path, tr("a file of another user's (uid {uid})", uid=status.st_uid))


def _foreign(path: Path, kind: str) -> CheckpointForeign:
    return CheckpointForeign(
        tr("{path} is {kind}, where a file of yours belongs. It is left alone.", path=path, kind=kind),
        tr("Find out who put it there, and remove it; or choose a directory that only you can write: checkpoint_dir=…"),
        safe=tr("Nothing was read from it or written to it."),
    )
