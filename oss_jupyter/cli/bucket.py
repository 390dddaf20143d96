"""`oss-jupyter check` and `leftovers`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

from oss_jupyter.cli.follow import follow
from oss_jupyter.cli.running import Command, Running, Status
from oss_jupyter.cli.words import given_of
from oss_jupyter.console.leftovers import NOBODY_TO_ASK, Removing, as_values, how_to_remove, is_yes, removed_values
from oss_jupyter.errors import InputError
from oss_jupyter.model.leftover import Leftovers
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.session.checking import check
from oss_jupyter.session.leftovers import COUNTED_MOST, find_leftovers
from oss_jupyter.texts import tr


def _check(running: Running, given: dict[str, Any]) -> int:
    target, source, fast = given.pop("target"), given.pop("source"), given.pop("fast")
    if target and "://" not in target:
        explained = tr("{command} --help explains it.", command="oss-jupyter check")
        raise InputError(tr("The target comes first, like oss://bucket/data/."), explained)
    arguments = UploadArguments.of(**given_of(given))
    found = check(running.session, target, source, arguments, fast=fast, name="", spell=running.spell)
    running.output.say(*str(found).splitlines())
    running.output.tell("check", **found.to_dict())
    return Status.DONE if found.ok else Status.FAILED


def _leftovers(running: Running, given: dict[str, Any]) -> int:
    action, place, text, file = (given.pop(name) for name in ("action", "place", "id", "file"))
    older_than, yes, force = given.pop("older_than"), given.pop("yes"), given.pop("force")
    reach = given_of(given)
    if action == "list":
        if text or older_than:
            raise InputError(tr("An id and --older-than belong to remove."), f"{running.commands.leftovers} --help")
        return _listed(running, find_leftovers(running.session, place, COUNTED_MOST, **reach))
    found = find_leftovers(running.session, place, 0, **reach)
    if action == "adopt":
        if not text or not file:
            raise InputError(
                tr("adopt takes an upload id, or its beginning, and the path of the file."), tr("Give both.")
            )
        with running.signals.noted():
            return follow(running, [found.adopt(text, file)])
    removing = Removing(running.spell, running.output.say, None if yes else partial(_agreed, running))
    removed = removing.remove(found, text, older_than, force=force)
    running.output.tell("removed", **removed_values(removed, running.spell))
    return Status.FAILED if text and removed.stay else Status.DONE


def _listed(running: Running, found: Leftovers) -> int:
    for one in found:
        running.output.tell("leftover", **as_values(one))
    running.output.say(*str(found).splitlines(), *how_to_remove(found, running.commands))
    return Status.DONE


def _agreed(running: Running, question: str) -> bool:
    if not sys.stdin.isatty():
        raise InputError(tr(NOBODY_TO_ASK), "oss-jupyter leftovers … remove --yes")
    running.output.ask(question)
    return is_yes(sys.stdin.readline())


COMMANDS: Mapping[str, Command] = {"check": _check, "leftovers": _leftovers}
