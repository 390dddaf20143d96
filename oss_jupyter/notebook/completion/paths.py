"""Paths of this computer that begin as what is typed."""

from __future__ import annotations

import os
from collections.abc import Iterator

from oss_jupyter.model.sizes import format_size
from oss_jupyter.notebook.completion.offers import Offer
from oss_jupyter.texts import tr

# More nobody looks through; and whoever completes shows no more.
_MOST = 500
# To ask the size of each file of a full folder takes longer than somebody waits.
_SIZES_MOST = 100


def paths(text: str, *, folders_only: bool = False) -> list[Offer]:
    """Return files and folders whose paths begin with a text, relative ones in the folder of the kernel."""
    head, begin = os.path.split(text)
    before = text[: len(text) - len(begin)]
    found = sorted(_entries(os.path.expanduser(head) or os.curdir, begin), key=lambda entry: entry.name)  # noqa: PTH111
    with_sizes = len(found) <= _SIZES_MOST
    offers = []
    for entry in found[:_MOST]:
        name = before + entry.name
        name = name if not name.startswith("-") else os.path.join(os.curdir, name)  # noqa: PTH118
        if _is_folder(entry):
            offers.append(Offer(name + os.sep, tr("folder"), goes_on=True))
        elif not folders_only:
            offers.append(Offer(name, _size(entry) if with_sizes else tr("file")))
    return offers


def _entries(folder: str, begin: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if entry.name.startswith(begin) and (begin or not entry.name.startswith(".")):
                    yield entry
    except OSError:  # no such folder, or a private one
        return


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _size(entry: os.DirEntry[str]) -> str:
    try:
        return format_size(entry.stat().st_size)
    except OSError:
        return tr("file")
