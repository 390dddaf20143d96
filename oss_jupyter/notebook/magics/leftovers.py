"""What `%oss_leftovers` does: it lists unfinished uploads of a bucket, and removes them when it is told twice."""

from __future__ import annotations

import json
import sys
from typing import Any

from IPython.core.error import StdinNotImplementedError, UsageError
from IPython.display import display

from oss_jupyter.console.leftovers import NOBODY_TO_ASK, Removing, as_values, how_to_remove, is_yes, removed_values
from oss_jupyter.console.spelling import MAGICS, as_magic
from oss_jupyter.notebook.display.html import text_html
from oss_jupyter.notebook.display.telling import telling
from oss_jupyter.notebook.display.view import Output, say
from oss_jupyter.notebook.magics.showing import show
from oss_jupyter.session.leftovers import COUNTED_MOST, find_leftovers
from oss_jupyter.session.session import Session
from oss_jupyter.texts import tr


def leftovers(
    session: Session,
    place: str,
    action: str,
    text: str | None,
    file: str | None,
    older_than: str | None,
    **how: Any,
) -> None:
    """Show the leftovers of a place, or remove some.

    text: the beginning of an upload id. file: whose parts it has, to carry on with.
    how: yes, force, json, and how the service is reached.
    """
    yes, force, as_json = how.pop("yes"), how.pop("force"), how.pop("json")
    with telling() as told:
        if action == "remove":
            found = find_leftovers(session, place, 0, told, **how)
            removing = Removing(as_magic, _nothing if as_json else say, None if yes else _agreed)
            removed = removing.remove(found, text, older_than, force=force)
            if as_json:
                sys.stdout.write(f"{json.dumps(removed_values(removed, as_magic))}\n")
            return
        if action == "adopt":
            if not text or not file:
                raise UsageError(tr("adopt takes an upload id, or its beginning, and the path of the file."))
            show(find_leftovers(session, place, 0, told, **how).adopt(text, file), session.reporter)
            return
        found = find_leftovers(session, place, COUNTED_MOST, told, **how)
    if as_json:
        sys.stdout.write("".join(f"{json.dumps(as_values(one))}\n" for one in found))
    else:
        display(found)
        if how_then := "\n".join(how_to_remove(found, MAGICS)):
            display(Output(how_then, text_html(how_then)))


def _nothing(*_lines: str) -> None:
    """Say nothing beside JSON."""


def _agreed(question: str) -> bool:
    """Ask whoever sits there. Raises UsageError where nobody does."""
    try:
        return is_yes(input(question))
    except (StdinNotImplementedError, EOFError):
        raise UsageError(tr(NOBODY_TO_ASK)) from None
    except KeyboardInterrupt:
        return False
