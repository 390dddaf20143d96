"""`oss-jupyter upload` and `resume`: both follow what they begin until it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from oss_jupyter.cli import json_lines
from oss_jupyter.cli.follow import follow
from oss_jupyter.cli.running import Command, Running, Status, kept_in
from oss_jupyter.cli.words import given_of
from oss_jupyter.console.options import pairs
from oss_jupyter.console.spelling import as_command
from oss_jupyter.console.uploads import NOTHING_TO_RESUME, Verbs
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import InputError
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.session.planning import plan
from oss_jupyter.session.stores import UNSET
from oss_jupyter.session.text import head_line, left_alone, status_line
from oss_jupyter.texts import about, say, tr


def _upload(running: Running, given: dict[str, Any]) -> int:
    sources, target, dry_run = given.pop("source"), given.pop("target"), given.pop("dry_run")
    source = sources[0] if len(sources) == 1 else sources
    try:
        given["metadata"] = pairs(given["metadata"])
    except ValueError as error:
        advice = tr("Write it like --metadata project=taxi.")
        raise InputError(str(error), advice, safe=tr("Nothing was sent.")) from None
    arguments = UploadArguments.of(**given_of(given))
    session = running.session
    store = session.wiring.stores.at(arguments.given.get("checkpoint_dir", UNSET))
    running = replace(running, commands=kept_in(store.directory))
    spell = partial(as_command, commands=running.commands)
    if dry_run:
        return _planned(running, plan(session, source, target, arguments, spell, name=""))
    with running.signals.noted():  # what has begun is paused, and not left to the end of the process
        transfer = session.upload(source, target, arguments, spell, name="")
        return _handed_over(running, transfer) if coordinator_of(transfer).apart else follow(running, [transfer])


def _planned(running: Running, shown: Any) -> int:
    running.output.say(*str(shown).splitlines())
    if running.output.as_json:
        for row in shown:
            running.output.tell("planned", **json_lines.plain(row))
        totals = {str(action): asdict(one) for action, one in shown.totals.items()}
        running.output.tell("plan", source=shown.source, target=shown.target, totals=totals, notes=list(shown.notes))
    return Status.FILES_MISSING if shown.cannot else Status.DONE


def _handed_over(running: Running, transfer: Transfer) -> int:
    """Say where an upload stands that another process runs by now."""
    running.output.spare = True
    now = transfer.snapshot()
    pause = say("goes_on_detached_pause", command=running.commands.act("pause", now.id))
    running.output.say(about(head_line(now), status_line(now)), pause)
    running.output.tell("detached", **json_lines.upload(now))
    return Status.DONE


def _resume(running: Running, given: dict[str, Any]) -> int:
    text, session = given.pop("id"), running.session
    verbs = Verbs(session, running.commands, running.output.say)
    resumed = session.resume(text if text == "all" else verbs.find(text).id, **given_of(given))
    left = session.left_alone() if text == "all" else ()
    running.output.progress(*(left_alone(transfer.snapshot()) for transfer in left))
    if not resumed:
        if not left:
            running.output.say(tr(NOTHING_TO_RESUME))
        return Status.DONE
    return follow(running, resumed)


COMMANDS: Mapping[str, Command] = {"upload": _upload, "resume": _resume}
