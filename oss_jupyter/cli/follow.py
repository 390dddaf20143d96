"""Following uploads until they rest: a bar on a terminal, a line now and then elsewhere, or JSON for programs.

Where a signal comes they are paused, which takes a second, and what is said then is how to carry on.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Protocol

from oss_jupyter.cli import json_lines
from oss_jupyter.cli.output import Output
from oss_jupyter.cli.running import Running, Status, kept_in
from oss_jupyter.cli.waiting import Waiting, waited_in_vain
from oss_jupyter.console.lines import remarks
from oss_jupyter.console.spelling import Commands
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import SourceMissing
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.session.text import head_line, name_of, status_line
from oss_jupyter.texts import about, say

_REFRESH_SECONDS = 0.25
_JSON_SECONDS = 1.0
_LINE_SECONDS = 5.0
_PAUSE_SECONDS = 3.0
# The first of these that came tells how several ended.
_WORST_FIRST = (Status.FAILED, Status.CANNOT_BE_MEANT, Status.FILES_MISSING)
_THERE = {State.COMPLETED: Status.DONE, State.COMPLETED_WITH_ERRORS: Status.FILES_MISSING}


class Teller(Protocol):
    """Tells how uploads stand that have not ended yet."""

    def __call__(self, uploads: Sequence[Snapshot]) -> None: ...


def follow(running: Running, transfers: Sequence[Transfer]) -> int:
    """Follow uploads until all rest, or a signal comes, and return the status that says how it went."""
    output, signals = running.output, running.signals
    output.spare = True
    waiting = Waiting(output.progress)
    for transfer in transfers:
        output.say(head_line(transfer.snapshot()))
    with signals.noted():
        with _teller(output) as tell:
            while (moving := [one for one in transfers if not one.wait(0)]) and not signals.status:
                tell([one.snapshot() for one in moving])
                waiting.look(moving)
                moving[0].wait(_REFRESH_SECONDS)
        if signals.status:
            running.session.manager.pause_all(_PAUSE_SECONDS)
        several = len(transfers) > 1
        ends = [_told(running, one, named=several, in_vain=one.id in waiting.in_vain) for one in transfers]
    if signals.status and any(end is Status.FAILED for end in ends):
        return signals.status
    worst = [end for end in _WORST_FIRST if end in ends]
    return worst[0] if worst else Status.DONE


def _told(running: Running, transfer: Transfer, *, named: bool, in_vain: bool) -> Status:
    """Say how an upload ended, or where it stands, and return how that went. in_vain: it was paused for that."""
    now, output = transfer.snapshot(), running.output
    store = coordinator_of(transfer).spec.store
    commands = kept_in(store.directory)
    line = about(head_line(now), status_line(now)) if named else status_line(now)
    kept = store.keeps(now.id)
    below = _below(now, commands, kept=kept)
    output.tell("end", **json_lines.ended(now), then=below if now.state is State.PAUSED else [])
    if now.state in _THERE:
        output.say(line, *below)
        return _THERE[now.state]
    if in_vain and now.state is State.PAUSED:
        output.progress(line)
        output.error(waited_in_vain(now.id, commands, kept=kept).four_lines(running.spell), id=now.id)
        return Status.FAILED
    output.progress(line, *below)
    if transfer.error is not None and now.error is not None:
        output.error(now.error, id=now.id)
    # Of a folder or a glob it is found out by the upload itself that there is no file.
    never_there = isinstance(transfer.error, SourceMissing) and not now.sent_bytes
    return Status.CANNOT_BE_MEANT if never_there else Status.FAILED


def _below(now: Snapshot, commands: Commands, *, kept: bool) -> list[str]:
    # Before the service has named an upload there is no checkpoint; without a directory a pause for good is an abort.
    if (now.state is State.PAUSED and not kept) or (now.state is State.ABORTED and now.checkpoint is None):
        return [say("place_not_kept")]
    if now.detached and now.state.active:
        return [say("goes_on_detached_pause", command=commands.act("pause", now.id))]
    return remarks(now, with_error=False, commands=commands)


@contextmanager
def _teller(output: Output) -> Iterator[Teller]:
    """Give what tells how uploads stand, as the place allows where it is told."""
    if output.as_json:
        yield _Seldom(_JSON_SECONDS, partial(_json, output))
    elif sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        from oss_jupyter.console.terminal import Bars  # rich costs 50 ms

        with Bars() as bars:
            yield bars.draw
    else:
        yield _Seldom(_LINE_SECONDS, partial(_lines, output), at_once=False)


class _Seldom:
    """Tells every so many seconds."""

    def __init__(self, every_seconds: float, tell: Teller, *, at_once: bool = True) -> None:
        self._every_seconds = every_seconds
        self._tell = tell
        self._next = time.monotonic() + (0 if at_once else every_seconds)

    def __call__(self, uploads: Sequence[Snapshot]) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every_seconds
            self._tell(uploads)


def _json(output: Output, uploads: Sequence[Snapshot]) -> None:
    for now in uploads:
        output.tell("progress", **json_lines.upload(now))


def _lines(output: Output, uploads: Sequence[Snapshot]) -> None:
    output.progress(*(about(name_of(now), status_line(now)) for now in uploads))
