"""What a user may give as a dataset: a folder, a glob, several of them with files among them, or a mapping to keys.

The disk is looked at only as far as it must be known which of them a path is; `scan` looks at the rest.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from oss_jupyter.errors import InputError, SourceMissing, before_sending
from oss_jupyter.local.sendable import how_it_becomes_a_file, is_list
from oss_jupyter.model.dataset import DatasetSource, Piece
from oss_jupyter.model.reading import reading
from oss_jupyter.names import printable
from oss_jupyter.paths import absolute
from oss_jupyter.redact import is_signed, quoted
from oss_jupyter.texts import english, listed, tr

_WILD = re.compile(r"[*?]|\[[^/]+\]")
# What has one of these before the rest is none of this computer's paths, whatever else is in it.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[/\\]")
_SHOWN = 3
_OF_A_MAPPING = english('A mapping is {{path: key}}, for example {{"a.csv": "raw/a.csv", "folder": "raw/folder/"}}.')


def dataset_source(given: Any, base: str | os.PathLike[str] | None = None) -> DatasetSource | None:
    """Return what a dataset is made of; None for the path of one file, and for what is no path at all.

    base: where relative paths begin, the working directory without it. Raises InputError, SourceMissing and
    SourceUnreadable for what is given as a dataset and can be none.
    """
    with before_sending():
        return _source(given, base or "")


def _source(given: Any, base: str | os.PathLike[str]) -> DatasetSource | None:
    if isinstance(given, (str, os.PathLike)):
        return _of_a_path(given, base)
    if isinstance(given, Mapping):
        pieces = [_keyed(path, key, base) for path, key in given.items()]
    elif is_list(given):
        pieces = [_piece(item, base, tr("Item {number}", number=number)) for number, item in enumerate(given, 1)]
        _refuse_folders_in_each_other(pieces)
    else:
        return None
    if not pieces:
        raise InputError(
            tr("The {type} of what is to be uploaded is empty.", type=type(given).__name__),
            tr("Give at least one path, or a folder."),
            code="NothingGiven",
        )
    return DatasetSource(tuple(dict.fromkeys(pieces)), _told(pieces))


def _of_a_path(given: str | os.PathLike[str], base: str | os.PathLike[str]) -> DatasetSource | None:
    text = os.fsdecode(given)
    if _is_glob(text, base):
        return DatasetSource((_glob(text, base),), printable(text))
    if not text or "\0" in text or _is_address(text):
        return None
    with suppress(OSError, ValueError):
        if stat.S_ISDIR(os.stat(absolute(text, "source", base)).st_mode):  # noqa: PTH116
            return DatasetSource((_folder(text, base),), printable(text))
    return None


def _piece(item: Any, base: str | os.PathLike[str], place: str) -> Piece:
    """Return a piece as an item of a list: a file has its name as its key. Raises InputError, SourceMissing."""
    text = _path_text(item, place)
    if _is_glob(text, base):
        return _glob(text, base)
    path = absolute(text, "source", base)
    with reading(path):
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    return _folder(text, base) if is_folder else Piece(str(path), path.name, is_file=True)


def _path_text(item: Any, place: str) -> str:
    if not isinstance(item, (str, os.PathLike)):
        raise InputError(_no_path(item, place), how_it_becomes_a_file(item), code="SourceNotAPath")
    text = os.fsdecode(item)
    if not text or (_is_address(text) and not os.path.lexists(text)):
        raise InputError(
            tr("{place} is an address, and no path on this computer." if text else "{place} is empty.", place=place),
            tr("A dataset is made of files of this computer; the target stands once, behind them."),
            code="SourceNotAPath",
        )
    return text


def _no_path(item: Any, place: str) -> str:
    if item is None:
        return tr("{place} is None, and no path.", place=place)
    return tr("{place} is of type {type}, and no path.", place=place, type=type(item).__name__)


def _keyed(path: Any, key: Any, base: str | os.PathLike[str]) -> Piece:
    """Return a piece with the key that a mapping gives it."""
    if not isinstance(key, str):
        raise InputError(
            tr("The key of {path} is {key}, and no text.", path=quoted(path), key=quoted(key)),
            tr("{mapping} Write other data to a file first.", mapping=tr(_OF_A_MAPPING)),
            code="InvalidKey",
        )
    piece = _piece(path, base, tr("What stands for a path in the mapping"))
    key = str.__str__(key)
    why = _why_no_key(key, piece)
    if why:
        what = tr("The key {key} of {path} {why}.", key=quoted(key), path=piece.path, why=why)
        raise InputError(what, tr(_OF_A_MAPPING), code="InvalidKey")
    name = piece.key if piece.is_file and (not key or key.endswith("/")) else ""
    return Piece(piece.path, key + name, piece.pattern, piece.is_file)


def _why_no_key(key: str, piece: Piece) -> str:
    if _SCHEME.match(key):
        return tr("is an address: keys are what stands behind the target")
    if key.startswith(("/", "\\")):
        return tr("begins with {letter}, which the service refuses", letter=key[0])
    if key and not piece.is_file and not key.endswith("/"):
        return tr("does not end in /, and what it is for is no single file")
    return ""


def _folder(text: str, base: str | os.PathLike[str]) -> Piece:
    """Return a folder that can be listed. Raises InputError, SourceMissing, SourceUnreadable."""
    path = absolute(text, "source", base)
    with reading(path, folder=True), os.scandir(path):
        pass
    return Piece(str(path))


def _glob(text: str, base: str | os.PathLike[str]) -> Piece:
    """Return a glob, whose walk begins in the folder before its first wildcard. Raises as `_folder` does."""
    fixed, pattern = _split(text, base)
    try:
        return Piece(_folder(fixed or os.curdir, base).path, pattern=pattern)
    except SourceMissing as error:
        error.what = tr(
            "{what}, where {pattern} is looked for.", what=error.what.rstrip(".。"), pattern=printable(pattern)
        )
        raise


def _split(text: str, base: str | os.PathLike[str]) -> tuple[str, str]:
    """Return the fixed part of a glob, and the rest of it. A folder that is called like a glob is what it is called."""
    words = text.replace(os.sep, "/").split("/")
    for at, word in enumerate(words):
        if _WILD.search(word) and not _is_there("/".join(words[: at + 1]), base):
            return "/".join((*words[:at], "")) if at else "", "/".join(words[at:])
    return text, ""


def _is_glob(text: str, base: str | os.PathLike[str]) -> bool:
    return bool(_WILD.search(text)) and "\0" not in text and not _is_address(text) and not _is_there(text, base)


def _is_there(text: str, base: str | os.PathLike[str]) -> bool:
    return os.path.lexists(Path(base, text)) or (text.startswith("~") and os.path.lexists(os.path.expanduser(text)))  # noqa: PTH111


def _is_address(text: str) -> bool:
    return bool(_SCHEME.match(text)) or is_signed(text)


def _refuse_folders_in_each_other(pieces: Iterable[Piece]) -> None:
    """Raise InputError where a folder lies in another one that is given as well: its files would go up twice."""
    folders = sorted({os.path.join(piece.path, "") for piece in pieces if not piece.is_file and not piece.pattern})  # noqa: PTH118
    for outer, inner in pairwise(folders):
        if inner.startswith(outer):
            raise InputError(
                tr(
                    "{inner} lies in {outer}, which is given as well, so its files would go up twice.",
                    inner=inner,
                    outer=outer,
                ),
                tr("Leave the inner one out; or give keys, as in {{path: key}}, if you mean both."),
                code="FolderInFolder",
            )


def _told(pieces: list[Piece]) -> str:
    """Return in a few words what several pieces are."""
    names = [printable(piece.pattern or Path(piece.path).name or piece.path) for piece in pieces]
    first, more = listed(names[:_SHOWN]), len(names) - _SHOWN
    return tr("{names} and {more} more", names=first, more=f"{more:,}") if more > 0 else first
