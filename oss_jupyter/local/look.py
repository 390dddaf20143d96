"""A look at one file of a dataset: whether it can be sent, and as what. For the walk, and for files that were named."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable
from dataclasses import replace

from oss_jupyter.errors import PartStopped
from oss_jupyter.model.dataset import FoundFile, Trouble
from oss_jupyter.model.passed_over import PassedOver
from oss_jupyter.model.plan import OBJECT_MAX_BYTES
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.model.sizes import format_size
from oss_jupyter.model.target import KEY_MAX_BYTES, why_no_key
from oss_jupyter.texts import english, tr
from oss_jupyter.texts.system import in_words

_KINDS = {
    stat.S_IFIFO: english("a pipe"),
    stat.S_IFDIR: english("a folder"),
    stat.S_IFSOCK: english("a socket"),
    stat.S_IFCHR: english("a device"),
    stat.S_IFBLK: english("a device"),
}
_OTHER = english("of another kind")
_EFFECTIVE = {"effective_ids": True} if os.access in os.supports_effective_ids else {}
# Who may read is in nine bits; a list of names beside them, and what a server says, only where those say no.
_READABLE_BY_ALL = 0o444
# After so many files it is asked whether anybody still wants them.
_ASK_EVERY = 256
# Only such keys need a closer look: those with what may be a signed query, or what no key begins with.
_ODD = re.compile(r"[?&]|\A[/\\]")
_ODD_NAME = re.compile(r"[?&]")


class Look:
    """What a scan asks of the system, and what it counts. One thread; nothing is held of the files."""

    def __init__(self, stopped: Callable[[], bool], prefix: str) -> None:
        self._stopped = stopped
        self._prefix = prefix
        self._odd = (_ODD_NAME if prefix else _ODD).search
        self._room = KEY_MAX_BYTES - len(prefix.encode("utf-8", "surrogatepass"))
        self._seen = 0
        self.passed_over = PassedOver()

    def check_stopped(self) -> None:
        """Raise PartStopped once nobody wants the rest."""
        if self._stopped():
            raise PartStopped("The scan was stopped.")

    def at(self, path: str, key: str) -> FoundFile:
        """Return the file at a path. A link stands for what it leads to. Raises PartStopped, Shortage."""
        self._seen += 1
        if not self._seen % _ASK_EVERY:
            self.check_stopped()
        try:
            status = os.stat(path)  # noqa: PTH116 - a Path of each would cost more than the look
        except (OSError, ValueError) as error:
            return failed(path, key, error)
        if not self._is_plain(key, status):
            trouble, detail = self._trouble(path, key, status)
            if trouble is not Trouble.NONE:
                return FoundFile(path, key, trouble=trouble, detail=detail)
        return FoundFile(path, key, status.st_size, status.st_mtime_ns)

    def _is_plain(self, key: str, status: os.stat_result) -> bool:
        """Whether a file is like most, which is found out with as little as possible."""
        return (
            stat.S_ISREG(status.st_mode)
            and status.st_mode & _READABLE_BY_ALL == _READABLE_BY_ALL
            and key.isascii()
            and len(key) <= self._room
            and not self._odd(key)
            and status.st_size <= OBJECT_MAX_BYTES
        )

    def _trouble(self, path: str, key: str, status: os.stat_result) -> tuple[Trouble, str]:
        if not stat.S_ISREG(status.st_mode):
            return Trouble.NOT_A_FILE, tr(_KINDS.get(stat.S_IFMT(status.st_mode), _OTHER))
        if not _is_utf8(key):
            return Trouble.NAME_NOT_UTF8, ""
        why = why_no_key(self._prefix + key)
        if why:
            return Trouble.KEY_NOT_ALLOWED, why
        if status.st_size > OBJECT_MAX_BYTES:
            size, most = format_size(status.st_size), format_size(OBJECT_MAX_BYTES)
            return Trouble.TOO_LARGE, tr("{size}, and {most} is the most", size=size, most=most)
        if not os.access(path, os.R_OK, **_EFFECTIVE):
            return Trouble.UNREADABLE, in_words(os.strerror(errno.EACCES))
        return Trouble.NONE, ""

    def pass_hidden(self, path: str, count: int = 1) -> None:
        """Count names that are left out unless they are asked for; the first is at `path`."""
        before = self.passed_over
        self.passed_over = replace(before, hidden=before.hidden.and_more(path, count))

    def pass_unwanted(self, path: str, count: int = 1) -> None:
        """Count names that patterns leave out, likewise."""
        before = self.passed_over
        self.passed_over = replace(before, unwanted=before.unwanted.and_more(path, count))

    def pass_empty(self, path: str) -> None:
        """Count a folder with nothing in it."""
        before = self.passed_over
        self.passed_over = replace(before, empty_folders=before.empty_folders.and_more(path))

    def pass_linked(self, path: str) -> None:
        """Count a link to a folder that is not walked."""
        before = self.passed_over
        self.passed_over = replace(before, linked_folders=before.linked_folders.and_more(path))


def failed(path: str, key: str, error: OSError | ValueError) -> FoundFile:
    """Return the row of a file, or a folder, at which the system refused to look. Raises Shortage."""
    shortage = shortage_of(error)
    if shortage is not None:
        raise shortage
    if isinstance(error, ValueError):
        return FoundFile(path, key, trouble=Trouble.UNREADABLE, detail=tr("the path holds a NUL character"))
    said = in_words(error.strerror) if error.strerror else tr("the disk failed")
    if error.errno == errno.ELOOP:
        return FoundFile(path, key, trouble=Trouble.LINK_LOOP, detail=said)
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return FoundFile(path, key, trouble=Trouble.UNREADABLE, detail=said)
    if os.path.islink(path):  # noqa: PTH114
        return FoundFile(path, key, trouble=Trouble.UNREADABLE, detail=tr("a link that leads nowhere"))
    return FoundFile(path, key, trouble=Trouble.VANISHED, detail=said)


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
