"""The folders that pieces of streams lie in, `ID.stream-…`; the lock in each is held for as long as its kernel lives.

What an earlier kernel left there is of no use: nobody knows how its stream went on.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from filelock import BaseFileLock, Timeout

from oss_jupyter.errors import OssJupyterError
from oss_jupyter.local.locks import Locks
from oss_jupyter.local.suffixes import LOCK, STREAM

_HELD = "pieces"


class PieceFolder:
    """A new folder for the pieces of one stream, held until it is removed. Raises OSError where it cannot be made."""

    def __init__(self, place: Path, name: str) -> None:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = Path(tempfile.mkdtemp(prefix=name, dir=place))
        try:
            self._lock: BaseFileLock = Locks(self.path).held(_HELD)
        except BaseException:
            shutil.rmtree(self.path, ignore_errors=True)
            raise

    def file_of(self, number: int) -> Path:
        """Return where a piece lies."""
        return self.path / f"part-{number:05}"

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.release(force=True)


def remove_left(place: Path, name: str = "", *, also_held: bool = False) -> int:
    """Remove the folders of kernels that are gone, of one stream or of all; return how many.

    also_held: of kernels that live as well.
    """
    folders = list(_folders(place, name))
    if also_held:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
    return sum(map(_removed, folders))


def taken(place: Path) -> tuple[int, int]:
    """Return how many folders there are, and how many bytes lie in them."""
    sizes = [sum(map(_size, folder.glob("part-*"))) for folder in _folders(place)]
    return len(sizes), sum(sizes)


def _folders(place: Path, name: str = "") -> Iterator[Path]:
    with suppress(OSError):
        yield from place.glob(f"{name}*" if name else f"*{STREAM}*")


def _removed(folder: Path) -> bool:
    # Without its lock it is being made just now.
    if not (folder / f"{_HELD}{LOCK}").exists():
        return False
    with suppress(OSError, Timeout, OssJupyterError), Locks(folder).of(_HELD).acquire(timeout=0):
        shutil.rmtree(folder, ignore_errors=True)
        return True
    return False


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.lstat().st_size
    return 0
