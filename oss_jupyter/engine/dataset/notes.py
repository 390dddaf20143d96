"""What the scan of a dataset passed over, in sentences: nothing is left out without a word."""

from __future__ import annotations

from collections.abc import Iterator

from oss_jupyter.engine.dataset.messages import ScanEnded
from oss_jupyter.errors import SourceMissing
from oss_jupyter.model.compare import Lack
from oss_jupyter.model.dataset import Trouble
from oss_jupyter.model.passed_over import PassedOver
from oss_jupyter.model.sizes import count
from oss_jupyter.texts import english, say, tr

NOTHING = "NothingToUpload"


# Of one thing, and of several.
_NONE_WANTED = (
    english("{source} has no file to upload: {number} name is there, and none is wanted."),
    english("{source} has no file to upload: {number} names are there, and none is wanted."),
)
_NOT_A_FILE = (
    english("{path} is no file (a pipe, a socket or a device), so there is nothing to send."),
    english("{path} and {others} are no files (pipes, sockets, devices), so there is nothing to send."),
)
_LINK_LOOP = (
    english("{path} is a link that leads in a circle, so there is nothing to send."),
    english("{path} and {others} are links that lead in circles, so there is nothing to send."),
)
_HIDDEN = (
    english(
        "{number} hidden name is left out: {path}. hidden=True takes in names with a dot, an include what it names."
    ),
    english(
        "{number} hidden names are left out, for example {path}. hidden=True takes in names with a dot, an include "
        "what it names."
    ),
)
_UNWANTED = (
    english("{number} name is left out by a pattern or an .ossignore: {path}."),
    english("{number} names are left out by a pattern or an .ossignore, for example {path}."),
)
_EMPTY = (
    english("{number} empty folder has no object, because OSS has keys and no folders: {path}."),
    english("{number} empty folders have no object, because OSS has keys and no folders, for example {path}."),
)
_LINKED = (
    english("{number} link to a folder is not followed: {path}. follow_links=True follows them."),
    english("{number} links to folders are not followed, for example {path}. follow_links=True follows them."),
)


def nothing_found(text: str, passed: PassedOver | None) -> SourceMissing:
    """Return the error where a dataset has no file at all, with what was passed over: most often a pattern is wrong."""
    if passed is not None and passed.left_out:
        return _none_wanted(text, passed.left_out)
    if passed is not None and passed.linked_folders.count:
        return _only_links(text, passed.linked_folders.first)
    what, advice = tr("{source} has no file to upload.", source=text), tr("Check the path, the pattern and the rules.")
    return SourceMissing(what, advice, code=NOTHING)


def _none_wanted(text: str, left_out: int) -> SourceMissing:
    one, more = _NONE_WANTED
    return SourceMissing(
        tr(one if left_out == 1 else more, source=text, number=f"{left_out:,}"),
        tr("Check the glob, .ossignore, and include and exclude, which begin below the folder; or give hidden=True."),
        code=NOTHING,
    )


def _only_links(text: str, first: str) -> SourceMissing:
    return SourceMissing(
        tr("{source} has no file to upload, only links to folders, for example {path}.", source=text, path=first),
        tr("Write follow_links=True to follow them."),
        code=NOTHING,
    )


def scan_notes(ended: ScanEnded) -> Iterator[str]:
    """Yield a note for each kind of thing that has no object, with the first of it; of an upload, or of its plan."""
    yield from _no_files(ended)
    if ended.passed_over is not None:
        yield from _passed_over(ended.passed_over)
    if not ended.may_list:
        yield say(f"lack_{Lack.LIST_OBJECTS.key}")
    if not ended.may_look:
        yield say(f"lack_{Lack.GET_OBJECT.key}")


def _no_files(ended: ScanEnded) -> Iterator[str]:
    for trouble, (one, more) in ((Trouble.NOT_A_FILE, _NOT_A_FILE), (Trouble.LINK_LOOP, _LINK_LOOP)):
        found = [file for file in ended.no_files if file.trouble is trouble]
        if found:
            others = count(len(found) - 1, "other")
            yield tr(one if len(found) == 1 else more, path=found[0].path, others=others)


def _passed_over(passed: PassedOver) -> Iterator[str]:
    for kind, (one, more) in (
        (passed.hidden, _HIDDEN),
        (passed.unwanted, _UNWANTED),
        (passed.empty_folders, _EMPTY),
        (passed.linked_folders, _LINKED),
    ):
        if kind.count:
            yield tr(one if kind.count == 1 else more, number=f"{kind.count:,}", path=kind.first)
