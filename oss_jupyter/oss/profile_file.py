"""A file of profiles, which another tool writes: read when it is asked for, and again when it has changed."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.texts import english, listed, tr
from oss_jupyter.texts.system import system_words

T = TypeVar("T")
# The time of the last change in nanoseconds, and the size in bytes.
Stamp = tuple[int, int]
NO_FILE = english("is a folder, a pipe or a device, and no file")


class ProfileFile(Generic[T]):
    """Any thread may ask. path: None where there is no home directory. parse: raises CredentialsError."""

    def __init__(self, path: Path | None, parse: Callable[[str], T]) -> None:
        self.path = path
        self._parse = parse
        # One tuple, so that another thread sees the stamp and the content of the same reading.
        self._read: tuple[Stamp, T] | None = None

    def look(self) -> tuple[Stamp, T] | str:
        """Return what is in it, or in a few words why that cannot be had. Raises CredentialsError, TooManyFiles."""
        if self.path is None:
            return tr("no home directory")
        try:
            return self._content(self.path)
        except FileNotFoundError:
            return tr("no such file")
        except OSError as error:
            if (shortage := shortage_of(error)) is not None:
                raise shortage from None
            return tr("cannot be read: {reason}", reason=system_words(error))

    def _content(self, path: Path) -> tuple[Stamp, T] | str:
        status, read = path.stat(), self._read
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            return tr(NO_FILE)
        stamp = (status.st_mtime_ns, status.st_size)
        if read is None or read[0] != stamp:
            read = self._read = (stamp, self._parse(path.read_text("utf-8-sig", "replace")))
        return read


def no_such_profile(names: Sequence[str]) -> str:
    """Return in a few words that a file has no profile of a name, and which it has."""
    if not names:
        return tr("no such profile; the file has none")
    return tr("no such profile; the file has {names}", names=listed(names))
