"""A walk down one folder, in the order of keys. It holds the names of the folders that it is in, and nothing else."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oss_jupyter.local.choosing import IGNORE_FILE, LEFT_OUT, Choice
from oss_jupyter.local.look import Look, failed
from oss_jupyter.model.dataset import FoundFile, Piece, Trouble
from oss_jupyter.texts import tr

# After so many names it is asked whether anybody still wants them.
_ASK_EVERY = 4096
# A larger one is no list of patterns.
_IGNORE_FILE_MAX_BYTES = 1024 * 1024
_OPENED = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


@dataclass(frozen=True)
class _Folder:
    """A folder that the walk is in. names: those still to come, of which folders end in /.

    path, key: what is put before a name. above: device and inode of it and of those above, where links are followed.
    """

    path: str
    key: str
    names: Iterator[str]
    choice: Choice
    above: frozenset[tuple[int, int]] = frozenset()


class Walk:
    """The files below a folder or of a glob, each time it is iterated. follow_links: links to folders are walked."""

    def __init__(self, piece: Piece, choice: Choice, look: Look, follow_links: bool) -> None:
        self._piece = piece
        self._choice = choice
        self._look = look
        self._follow_links = follow_links

    def __iter__(self) -> Iterator[FoundFile]:
        open_folders: list[_Folder] = []
        yield from self._enter(self._piece.path, self._piece.key, self._choice, open_folders)
        while open_folders:
            folder = open_folders[-1]
            for name in folder.names:
                if name[-1] == "/":
                    yield from self._descend(folder, name, open_folders)
                    break
                found = self._look.at(folder.path + name, folder.key + name)
                if found.trouble is Trouble.NOT_A_FILE and os.path.isdir(found.path):  # noqa: PTH112 - listed as a link
                    self._look.pass_linked(found.path)
                else:
                    yield found
            else:
                open_folders.pop()

    def _descend(self, folder: _Folder, name: str, open_folders: list[_Folder]) -> Iterator[FoundFile]:
        choice = folder.choice.of_folder(name[:-1])
        if choice is None:
            self._pass_over(folder.path, [name], folder.choice)
        else:
            yield from self._enter(folder.path + name[:-1], folder.key + name, choice, open_folders, folder.above)

    def _enter(
        self,
        path: str,
        key: str,
        choice: Choice,
        open_folders: list[_Folder],
        above: frozenset[tuple[int, int]] = frozenset(),
    ) -> Iterator[FoundFile]:
        """Put a folder on top of those the walk is in. Yield a row where it cannot be walked, or not to its end."""
        try:
            if self._follow_links:
                status = os.stat(path)  # noqa: PTH116
                here = (status.st_dev, status.st_ino)
                if here in above:
                    yield FoundFile(path, key, trouble=Trouble.LINK_LOOP, detail=tr("a link to a folder above it"))
                    return
                above |= {here}
            names, error = self._listed(path)
            if IGNORE_FILE in names:
                choice = choice.with_ignore_file(_read(os.path.join(path, IGNORE_FILE)))  # noqa: PTH118
        except OSError as refused:
            names, error = [], refused
        if error is not None:
            yield failed(path, key, error)
        elif not names:
            self._look.pass_empty(path)
        kept, below = _chosen(names, choice), os.path.join(path, "")  # noqa: PTH118
        if len(kept) < len(names):
            self._pass_over(below, _left_out(names, kept), choice)
        kept.sort()
        open_folders.append(_Folder(below, key, iter(kept), choice, above))

    def _pass_over(self, below: str, names: Iterable[str], choice: Choice) -> None:
        """Count what is left out of a folder; a file of patterns is none of the dataset."""
        hidden, unwanted = list[str](), list[str]()
        for name in names:
            plain = name.rstrip("/")
            if plain != IGNORE_FILE:
                (hidden if choice.is_hidden(plain) else unwanted).append(plain)
        if hidden:
            self._look.pass_hidden(below + min(hidden), len(hidden))
        if unwanted:
            self._look.pass_unwanted(below + min(unwanted), len(unwanted))

    def _listed(self, path: str) -> tuple[list[str], OSError | None]:
        """Return the names in a folder, and why they are not all, if they are not."""
        names: list[str] = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    names.append(f"{entry.name}/" if self._is_folder(entry) else entry.name)
                    if not len(names) % _ASK_EVERY:
                        self._look.check_stopped()
        except OSError as error:
            return names, error
        return names, None

    def _is_folder(self, entry: os.DirEntry[str]) -> bool:
        if entry.is_dir(follow_symlinks=False):
            return True
        return self._follow_links and entry.is_symlink() and os.path.isdir(entry.path)  # noqa: PTH112


def _chosen(names: list[str], choice: Choice) -> list[str]:
    """Return the names of files that count, and of all folders: those are asked about when their turn comes."""
    if not choice.takes_all:
        return [name for name in names if name[-1] == "/" or choice.takes_file(name)]
    if choice.hidden:
        return [name for name in names if name not in LEFT_OUT]
    return [name for name in names if name[0] != "." and name not in LEFT_OUT]


def _left_out(names: list[str], kept: list[str]) -> Iterator[str]:
    """Yield the names that were not kept; those that were are in the same order."""
    following = iter(kept)
    kept_next = next(following, None)
    for name in names:
        if name == kept_next:
            kept_next = next(following, None)
        else:
            yield name


def _read(path: str) -> str:
    """Return what a file of patterns says; nothing where it is no file. Raises OSError.

    Whoever cannot read it does not know what is to be left out, so its folder is not walked.
    """
    descriptor = os.open(path, _OPENED)
    with open(descriptor, "rb") as file:  # noqa: PTH123
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        data = file.read(_IGNORE_FILE_MAX_BYTES + 1)
    if len(data) > _IGNORE_FILE_MAX_BYTES:
        raise OSError(errno.EFBIG, tr("its {name} is larger than 1 MiB", name=IGNORE_FILE))
    return data.decode("utf-8", "surrogateescape")
