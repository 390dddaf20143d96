"""Why a source cannot be read, in words. Whoever reads it says so; nobody guesses it from an error's number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from oss_jupyter.errors import Shortage, SourceMissing, SourceUnreadable
from oss_jupyter.model.shortage import shortage_of
from oss_jupyter.names import printable


@contextmanager
def reading(path: object) -> Iterator[None]:
    """Turn whatever the system says while `path` is looked at, opened or read into SourceMissing or SourceUnreadable.

    Only that the system has no descriptor or memory left is not the file's matter: that is a Shortage.

    A network file system fails in the words of a network (ENOTCONN, ETIMEDOUT, ESTALE), so only the place tells what
    broke: inside of this block it is the file, and outside of it the line.
    """
    try:
        yield
    except OSError as error:
        raise _failure(path, error) from None


def _failure(path: object, error: OSError) -> SourceMissing | SourceUnreadable | Shortage:
    shortage = shortage_of(error)
    if shortage is not None:
        return shortage
    if isinstance(error, FileNotFoundError):
        return SourceMissing(f"There is no file {path}.", _where_it_may_be(str(path)))
    if isinstance(error, NotADirectoryError):
        return SourceMissing(f"{path} goes through something that is not a directory.", "Check the path.")
    if isinstance(error, PermissionError):
        return SourceUnreadable(f"{path} may not be read by this user.", f"Allow it, for example: !chmod u+r {path}")
    reason = error.strerror or "the disk failed"
    return SourceUnreadable(f"{path} cannot be read: {reason}.", "Check its disk or mount, then run the upload again.")


def _where_it_may_be(path: str) -> str:
    name = path.replace("\\", "/").rpartition("/")[2]
    if name.startswith("$") or ("{" in name and "}" in name):
        return f"{printable(name)} was not replaced by a value: define the variable first, or check the path."
    if set("*?") & set(name):
        return "Where one file is meant patterns are not expanded: write its name."
    return "Check the path, and that its disk is mounted."
