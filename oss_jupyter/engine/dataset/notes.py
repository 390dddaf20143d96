"""What the scan of a dataset passed over, in sentences: nothing is left out without a word."""

from __future__ import annotations

from collections.abc import Iterator

from oss_jupyter.engine.dataset.messages import ScanEnded
from oss_jupyter.errors import SourceMissing
from oss_jupyter.model.compare import Lack
from oss_jupyter.model.dataset import Trouble
from oss_jupyter.model.passed_over import PassedOver
from oss_jupyter.model.sizes import count


def nothing_found(text: str, passed: PassedOver | None) -> SourceMissing:
    """Return the error where a dataset has no file at all, with what was passed over: most often a pattern is wrong."""
    what, advice = f"{text} has no file to upload.", "Check the path, the pattern and the rules."
    if passed is not None and passed.left_out:
        there = count(passed.left_out, "name is", "names are")
        what = f"{text} has no file to upload: {there} there, and none is wanted."
        advice = (
            "Check the glob, .ossignore, and include and exclude, which begin below the folder; or give hidden=True."
        )
    elif passed is not None and passed.linked_folders:
        what = f"{text} has no file to upload, only links to folders, for example {passed.linked_folder}."
        advice = "Write follow_links=True to follow them."
    return SourceMissing(what, advice, code="NothingToUpload")


def scan_notes(ended: ScanEnded) -> Iterator[str]:
    """Yield a note for each kind of thing that has no object, with the first of it."""
    passed = ended.passed_over
    for trouble, one, more in (
        (Trouble.NOT_A_FILE, "is no file (a pipe, a socket or a device)", "are no files (pipes, sockets, devices)"),
        (Trouble.LINK_LOOP, "is a link that leads in a circle", "are links that lead in circles"),
    ):
        found = [file for file in ended.no_files if file.trouble is trouble]
        if found:
            first = found[0].path
            others = f" and {count(len(found) - 1, 'other')}" if len(found) > 1 else ""
            yield f"{first}{others} {one if len(found) == 1 else more}, so nothing was sent of it."
    if passed is not None and passed.empty_folders:
        folders = count(passed.empty_folders, "empty folder has", "empty folders have")
        yield f"{folders} no object, because OSS has keys and no folders, for example {passed.empty_folder}."
    if passed is not None and passed.linked_folders:
        links = count(passed.linked_folders, "link to a folder was", "links to folders were")
        yield f"{links} not followed, for example {passed.linked_folder}. follow_links=True follows them."
    if not ended.may_list:
        yield str(Lack.LIST_OBJECTS)
    if not ended.may_look:
        yield str(Lack.GET_OBJECT)
