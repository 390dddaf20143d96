"""What the scan of a dataset passed over, in sentences: nothing is left out without a word."""

from __future__ import annotations

from collections.abc import Iterator

from oss_jupyter.engine.dataset.messages import ScanEnded
from oss_jupyter.errors import SourceMissing
from oss_jupyter.model.compare import Lack
from oss_jupyter.model.dataset import Trouble
from oss_jupyter.model.passed_over import Passed, PassedOver
from oss_jupyter.model.sizes import count

NOTHING = "NothingToUpload"


def nothing_found(text: str, passed: PassedOver | None) -> SourceMissing:
    """Return the error where a dataset has no file at all, with what was passed over: most often a pattern is wrong."""
    what, advice = f"{text} has no file to upload.", "Check the path, the pattern and the rules."
    if passed is not None and passed.left_out:
        there = count(passed.left_out, "name is", "names are")
        what = f"{text} has no file to upload: {there} there, and none is wanted."
        advice = (
            "Check the glob, .ossignore, and include and exclude, which begin below the folder; or give hidden=True."
        )
    elif passed is not None and passed.linked_folders.count:
        what = f"{text} has no file to upload, only links to folders, for example {passed.linked_folders.first}."
        advice = "Write follow_links=True to follow them."
    return SourceMissing(what, advice, code=NOTHING)


def scan_notes(ended: ScanEnded) -> Iterator[str]:
    """Yield a note for each kind of thing that has no object, with the first of it; of an upload, or of its plan."""
    yield from _no_files(ended)
    if ended.passed_over is not None:
        yield from _passed_over(ended.passed_over)
    if not ended.may_list:
        yield str(Lack.LIST_OBJECTS)
    if not ended.may_look:
        yield str(Lack.GET_OBJECT)


def _no_files(ended: ScanEnded) -> Iterator[str]:
    for trouble, one, more in (
        (Trouble.NOT_A_FILE, "is no file (a pipe, a socket or a device)", "are no files (pipes, sockets, devices)"),
        (Trouble.LINK_LOOP, "is a link that leads in a circle", "are links that lead in circles"),
    ):
        found = [file for file in ended.no_files if file.trouble is trouble]
        if found:
            first = found[0].path
            others = f" and {count(len(found) - 1, 'other')}" if len(found) > 1 else ""
            yield f"{first}{others} {one if len(found) == 1 else more}, so there is nothing to send."


def _passed_over(passed: PassedOver) -> Iterator[str]:
    hidden, unwanted, empty, linked = passed.hidden, passed.unwanted, passed.empty_folders, passed.linked_folders
    if hidden.count:
        names = count(hidden.count, "hidden name is", "hidden names are")
        yield f"{names} left out{_such_as(hidden)}. hidden=True takes in names with a dot, an include what it names."
    if unwanted.count:
        names = count(unwanted.count, "name is", "names are")
        yield f"{names} left out by a pattern or an .ossignore{_such_as(unwanted)}."
    if empty.count:
        folders = count(empty.count, "empty folder has", "empty folders have")
        yield f"{folders} no object, because OSS has keys and no folders{_such_as(empty)}."
    if linked.count:
        links = count(linked.count, "link to a folder is", "links to folders are")
        yield f"{links} not followed{_such_as(linked)}. follow_links=True follows them."


def _such_as(passed: Passed) -> str:
    return f": {passed.first}" if passed.count == 1 else f", for example {passed.first}"
