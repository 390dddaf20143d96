"""Why a source cannot be read, in words. Whoever reads it says so; nobody guesses it from an error's number."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from oss_jupyter.errors import Shortage, SourceMissing, SourceUnreadable
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.names import printable
from oss_jupyter.texts import tr
from oss_jupyter.texts.system import in_words


@contextmanager
def reading(path: object, *, folder: bool = False) -> Iterator[None]:
    """Turn whatever the system says while `path` is looked at, opened or read into SourceMissing or SourceUnreadable.

    Only that the system has no descriptor or memory left is not the file's matter: that is a Shortage.

    A network file system fails in the words of a network (ENOTCONN, ETIMEDOUT, ESTALE), so only the place tells what
    broke: inside of this block it is the file, and outside of it the line. folder: it is one, which needs more rights.
    """
    try:
        yield
    except OSError as error:
        raise _failure(path, error, "u+rx" if folder else "u+r") from None


def _failure(path: object, error: OSError, rights: str) -> SourceMissing | SourceUnreadable | Shortage:
    shortage = shortage_of(error)
    if shortage is not None:
        return shortage
    if isinstance(error, FileNotFoundError):
        return SourceMissing(tr("There is no file {path}.", path=path), _where_it_may_be(str(path)))
    if isinstance(error, NotADirectoryError):
        what = tr("{path} goes through something that is not a directory.", path=path)
        return SourceMissing(what, tr("Check the path."))
    if isinstance(error, PermissionError):
        advice = tr("Allow it, for example: !chmod {rights} {path}", rights=rights, path=shlex.quote(str(path)))
        return SourceUnreadable(tr("{path} may not be read by this user.", path=path), advice)
    reason = in_words(error.strerror) if error.strerror else tr("the disk failed")
    what = tr("{path} cannot be read: {reason}.", path=path, reason=reason)
    return SourceUnreadable(what, tr("Check its disk or mount, then run the upload again."))


def _where_it_may_be(path: str) -> str:
    name = path.replace("\\", "/").rpartition("/")[2]
    if name.startswith("$") or ("{" in name and "}" in name):
        return tr(
            "{name} was not replaced by a value: define the variable first, or check the path.", name=printable(name)
        )
    if set("*?") & set(name):
        return tr("Where one file is meant patterns are not expanded: write its name.")
    return tr("Check the path, and that its disk is mounted.")
