"""What `%oss_leftovers` does: it lists unfinished uploads of a bucket, and removes them when it is told twice."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from IPython.core.error import StdinNotImplementedError, UsageError
from IPython.display import display

from oss_jupyter.console.spelling import as_magic
from oss_jupyter.model.leftover import Leftover, Leftovers, Removed
from oss_jupyter.model.sizes import count
from oss_jupyter.names import printable
from oss_jupyter.notebook.display.telling import telling
from oss_jupyter.notebook.display.view import say
from oss_jupyter.notebook.magics.showing import show
from oss_jupyter.session.leftovers import COUNTED_MOST, find_leftovers
from oss_jupyter.session.session import Session

_RULE_COMMAND = "ossutil api put-bucket-lifecycle --bucket {bucket} --lifecycle-configuration file://lifecycle.xml"


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
            _remove(find_leftovers(session, place, 0, told, **how), text, older_than, force=force, yes=yes)
            return
        if action == "adopt":
            if not text or not file:
                raise UsageError("adopt takes an upload id, or its beginning, and the path of the file.")
            show(find_leftovers(session, place, 0, told, **how).adopt(text, file), session.reporter)
            return
        found = find_leftovers(session, place, COUNTED_MOST, told, **how)
    if as_json:
        sys.stdout.write("".join(f"{_json(one)}\n" for one in found))
    else:
        display(found)
        _tell_what_to_do(found)


def _remove(found: Leftovers, text: str | None, older_than: str | None, *, force: bool, yes: bool) -> None:
    """Remove what may be removed, once whoever sits there knows how much that is and agrees."""
    would = found.would_remove(text, older_than=older_than, force=force)
    if not would.gone:
        say("Nothing was removed.", *map(as_magic, would.reasons() or [f"Nothing is older than {older_than}."]))
        return
    free = found if yes else found.counted(would.gone, COUNTED_MOST)
    if yes or _agreed(free, would):
        say(*as_magic(str(free.remove(text, older_than=older_than, force=force))).splitlines())
    else:
        say("Nothing was removed.")


def _tell_what_to_do(found: Leftovers) -> None:
    if found.rows:
        where = printable(str(found.place))
        say(
            f"Remove them with: %oss_leftovers {where} remove ID, or remove --older-than 7d",
            "The bucket removes them by itself with this rule (lifecycle.xml), which replaces all rules that it has:",
            *found.lifecycle_rule().splitlines(),
            _RULE_COMMAND.format(bucket=found.place.bucket),
        )


def _agreed(free: Leftovers, would: Removed) -> bool:
    """Ask whoever sits there. Raises UsageError where nobody does."""
    if beside := [*free.notes, *map(as_magic, would.reasons())]:
        say(*beside)
    what = f"{count(len(free), 'unfinished upload')} and their parts"
    try:
        answer = input(f"Remove {what} for good? {free.in_a_sentence()} [y/N] ")
    except (StdinNotImplementedError, EOFError):
        raise UsageError("Nobody can be asked here, and nothing was removed. Add --yes to remove.") from None
    except KeyboardInterrupt:
        return False
    return answer.strip().lower() in ("y", "yes")


def _json(one: Leftover) -> str:
    row = asdict(one) | {"begun_at": one.begun_at.isoformat(), "owner": str(one.owner)}
    return json.dumps(row)
