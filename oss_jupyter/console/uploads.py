"""What is said of many uploads, and of those that are paused, given up or forgotten, whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from oss_jupyter.console.lines import brief, short_line
from oss_jupyter.console.spelling import Commands
from oss_jupyter.engine.manager import waiting_first
from oss_jupyter.engine.safe import untouched
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import InputError, OssJupyterError, TransferBusy
from oss_jupyter.local.suffixes import JOURNAL
from oss_jupyter.model.columns import shortened
from oss_jupyter.model.history import History
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.sizes import count, format_size
from oss_jupyter.model.states import Event, State, allowed
from oss_jupyter.names import printable
from oss_jupyter.paths import absolute
from oss_jupyter.session.session import Session
from oss_jupyter.session.text import goes_on, head_line, in_oss, name_of, state_word

NO_UPLOADS = "There are no uploads."
NOTHING_RUNS = "Nothing is running."
NOTHING_TO_RESUME = "There is nothing to resume."
# Pausing takes a second at most; removing parts is one request to the service, which may have to be repeated.
_PAUSE_SECONDS = 3.0
_ABORT_SECONDS = 30.0
_HEADER = ("id", "file", "target", "status", "progress", "note")


def table(uploads: Iterable[Snapshot]) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """Return a row for each upload, and the header."""
    rows = [_row(now) for now in uploads]
    noted = any(row[-1] for row in rows)  # an empty column makes lines wrap for nothing
    return ([row if noted else row[:-1] for row in rows], _HEADER if noted else _HEADER[:-1])


def room_taken(session: Session) -> Iterator[str]:
    """Say how much of the disk objects and streams take that wait to be sent."""
    for store in session.on_disk.directories():
        number, size = store.spools.taken()
        if number:
            take = "takes" if number == 1 else "take"
            yield f"{count(number, 'spool')} of objects and streams {take} {format_size(size)} in {store.directory}."


def unusable(session: Session, commands: Commands) -> list[str]:
    """Name the checkpoints that cannot be used."""
    problems = [f"{found.path}: {found.problem.what}" for found in session.on_disk.problems() if found.problem]
    if not problems:
        return []
    forget = commands.act("abort", "ID")
    then = f"Forget one of yours with: {forget} --forget, where ID is its name without {JOURNAL}"
    return [f"{count(len(problems), 'checkpoint')} cannot be used:", *map(printable, problems), then]


def write_history(found: History, file: str) -> str:
    """Write uploads that have ended to a file of CSV and say so. Raises InputError where that cannot be."""
    path = absolute(file, "--csv")
    try:
        found.to_csv(path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.", "Choose another file: --csv FILE", code="CsvNotWritable"
        ) from None
    return f"{count(len(found), 'ended upload')} written to {printable(str(path))}."


class Verbs:
    """What is done to uploads of a session, and said of it by `say`, line by line. Main thread only."""

    def __init__(self, session: Session, commands: Commands, say: Callable[..., None]) -> None:
        self._session = session
        self._commands = commands
        self._say = say

    def pause(self, text: str) -> list[Transfer]:
        """Stop sending; every finished part is kept. Return what was meant."""
        chosen = self.chosen(text, lambda state: allowed(state, Event.PAUSE))
        for transfer in waiting_first(chosen):
            transfer.pause()
        for transfer in chosen:
            transfer.wait(_PAUSE_SECONDS)
            now = transfer.snapshot()
            then = [f"Carry on with: {self._commands.act('resume', now.id)}"] if now.state is State.PAUSED else []
            self._say(f"{head_line(now)}: {now.state}, {in_oss(now)}.", *then)
        if not chosen:
            self._say(NOTHING_RUNS)
        return chosen

    def abort(self, text: str, *, keep_parts: bool = False, **anew: object) -> tuple[Transfer, ...]:
        """Give one upload or all up, say what became of their parts, and return them. `anew`: see `ANEW_NAMES`.

        Raises what first stood in the way.
        """
        which = text if text == "all" else self.find(text).id
        chosen = self._session.abort(which, keep_parts, **anew)  # type: ignore[arg-type]
        errors = [error for transfer in chosen if (error := self._aborted(transfer, keep_parts))]
        if not chosen:
            self._say("There is nothing to abort.")
        if errors:
            raise errors[0]
        return chosen

    def _aborted(self, transfer: Transfer, keep_parts: bool) -> OssJupyterError | None:
        """Say what became of an upload that is being given up, or return what stood in the way."""
        over, act = transfer.wait(_ABORT_SECONDS), self._commands.act
        now = transfer.snapshot()
        file = untouched(now)
        if not over:
            self._say(f"{head_line(now)} is being aborted; {self._commands.uploads} tells when it is.")
        elif transfer.error is not None:
            self._say(f"If it can never be reached again: {act('abort', now.id)} --forget")
            return transfer.error
        elif keep_parts:
            self._say(
                f"{head_line(now)}: stopped. {_parts(now)} stay in OSS and are billed until they are used or removed.",
                f"Carry on with: {act('resume', now.id)}",
                f"Remove {'them' if now.files is None else 'the parts'} with: {act('abort', now.id)}",
            )
        else:
            self._say(f"{head_line(now)}: aborted. {_gone(now)}{file and f'; {file}'}.")
        return None

    def find(self, text: str) -> Transfer:
        """Return a transfer that this process can act on."""
        transfer = self._session.find(text)
        if transfer.state is State.ELSEWHERE:
            name = name_of(transfer.snapshot())
            raise TransferBusy(
                f"Another kernel is sending {name} ({transfer.id}).",
                "Do it there, or stop that kernel; then it can be resumed here.",
                safe="The other kernel goes on; nothing was touched.",
            )
        return transfer

    def chosen(self, text: str, wanted: Callable[[State], bool]) -> list[Transfer]:
        """Return one transfer, or for "all" those whose state is wanted."""
        if text == "all":
            return [transfer for transfer in self._session.transfers() if wanted(transfer.state)]
        return [self.find(text)]


def _row(now: Snapshot) -> tuple[str, ...]:
    failed = now.files.failures[:1] if now.files else ()
    named = [f"{shortened(one.path)}: {one.code or one.reason}" for one in failed]  # `show` tells the reasons
    note = next(filter(None, (*named, *(now.error or ())[:1], goes_on(now), *now.notes[-1:])), "")
    file, target = shortened(name_of(now)), shortened(printable(str(now.target)))
    return (now.id, file, target, state_word(now), short_line(now), brief(printable(note)))


def _gone(now: Snapshot) -> str:
    if now.files is not None:
        stay = f"{_files(now)} stay in OSS" if now.files.done else "No file was complete"
        return f"{stay}, parts of unfinished ones are removed"
    if now.parts_kept + now.parts_done:
        return f"{_parts(now)} were removed from OSS, and the checkpoint"
    return "No finished part was in OSS; the checkpoint is removed" if now.upload_id else "Nothing was in OSS"


def _parts(now: Snapshot) -> str:
    if now.files is not None:
        return f"{_files(now)} and parts of unfinished ones"
    size = format_size(now.kept_bytes + now.confirmed_bytes)
    return f"{count(now.parts_kept + now.parts_done, 'part')} ({size})"


def _files(now: Snapshot) -> str:
    done = now.files.done if now.files else 0
    return f"{count(done, 'file')} ({format_size(now.kept_bytes + now.confirmed_bytes)})"
