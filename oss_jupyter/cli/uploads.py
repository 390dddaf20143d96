"""`oss-jupyter list`, `pause`, `abort` and `history`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oss_jupyter.cli import json_lines
from oss_jupyter.cli.running import Command, Running, Status
from oss_jupyter.cli.words import given_of
from oss_jupyter.console.uploads import NO_UPLOADS, Verbs, room_taken, table, unusable, write_history
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import InputError
from oss_jupyter.model.columns import columns
from oss_jupyter.model.states import State
from oss_jupyter.session.forgetting import forget
from oss_jupyter.session.history import find_history
from oss_jupyter.texts import tr


def _list(running: Running, given: dict[str, Any]) -> int:
    session, output = running.session, running.output
    uploads = [transfer.snapshot() for transfer in session.transfers()]
    for now in uploads:
        output.tell("upload", **json_lines.upload(now))
    for found in session.on_disk.problems():
        if found.problem is not None:
            output.tell("unusable", path=str(found.path), code=found.problem.code, what=found.problem.what)
    if uploads:
        rows, header = table(uploads)
        output.say(columns([header, *rows]))
    else:
        output.say(tr(NO_UPLOADS))
    output.say(*room_taken(session), *unusable(session, running.commands))
    return Status.DONE


def _pause(running: Running, given: dict[str, Any]) -> int:
    verbs = _verbs(running)
    paused = verbs.pause(given["id"])
    _tell(running, [*paused, *verbs.left_alone])
    done = not verbs.left_alone and all(one.state is not State.FAILED for one in paused)
    return Status.DONE if done else Status.FAILED


def _abort(running: Running, given: dict[str, Any]) -> int:
    text, keep_parts = given.pop("id"), given.pop("keep_parts")
    if given.pop("forget"):
        if text == "all":
            raise InputError(
                tr("--forget takes the id of one upload, because its parts may stay in OSS."),
                tr("Name it: {command} --forget", command=running.commands.act("abort", "ID")),
                safe=tr("Nothing was removed."),
            )
        said = running.spell(forget(running.session, text))
        running.output.say(said)
        running.output.tell("forgotten", said=said)
        return Status.DONE
    verbs = _verbs(running)
    aborted = verbs.abort(text, keep_parts=keep_parts, **given_of(given))
    _tell(running, [*aborted, *verbs.left_alone])
    return Status.FAILED if verbs.left_alone else Status.DONE


def _history(running: Running, given: dict[str, Any]) -> int:
    found = find_history(running.session.manager, given["last"])
    if given["csv"] is not None:
        running.output.say(write_history(found, given["csv"]))
        return Status.DONE
    running.output.say(str(found))
    for one in found:
        running.output.tell("ended", **json_lines.plain(one))
    return Status.DONE


def _verbs(running: Running) -> Verbs:
    return Verbs(running.session, running.commands, running.output.say)


def _tell(running: Running, transfers: Iterable[Transfer]) -> None:
    for transfer in transfers:
        running.output.tell("upload", **json_lines.upload(transfer.snapshot()))


COMMANDS: Mapping[str, Command] = {"list": _list, "pause": _pause, "abort": _abort, "history": _history}
