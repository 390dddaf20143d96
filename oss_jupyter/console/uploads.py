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
from oss_jupyter.session.neighbours.driving import ask_its_kernel
from oss_jupyter.session.session import Session
from oss_jupyter.session.text import goes_on, head_line, in_oss, name_of, state_word
from oss_jupyter.texts import about, english, say, tr
from oss_jupyter.texts.system import system_words

NO_UPLOADS = english("There are no uploads.")
NOTHING_RUNS = english("Nothing is running.")
NOTHING_TO_RESUME = english("There is nothing to resume.")
# Pausing takes a second at most; removing parts is one request to the service, which may have to be repeated.
_PAUSE_SECONDS = 3.0
_ABORT_SECONDS = 30.0


def table(uploads: Iterable[Snapshot]) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """Return a row for each upload, and the header."""
    rows = [_row(now) for now in uploads]
    noted = any(row[-1] for row in rows)  # an empty column makes lines wrap for nothing
    header = (
        tr("id"), say("column_file"), say("column_target"), say("column_status"), tr("progress"), tr("note")
    )  # fmt: skip
    return ([row if noted else row[:-1] for row in rows], header if noted else header[:-1])


def room_taken(session: Session) -> Iterator[str]:
    """Say how much of the disk objects and streams take that wait to be sent."""
    for store in session.on_disk.directories():
        number, size = store.spools.taken()
        if number:
            yield tr(
                "{spools} of objects and streams takes {size} in {directory}."
                if number == 1
                else "{spools} of objects and streams take {size} in {directory}.",
                spools=count(number, "spool"),
                size=format_size(size),
                directory=store.directory,
            )


def unusable(session: Session, commands: Commands) -> list[str]:
    """Name the checkpoints that cannot be used."""
    problems = [about(str(found.path), found.problem.what) for found in session.on_disk.problems() if found.problem]
    if not problems:
        return []
    forget = commands.act("abort", "ID")
    then = tr(
        "Forget one of yours with: {command} --forget, where ID is its name without {suffix}",
        command=forget,
        suffix=JOURNAL,
    )
    how_many = tr("{checkpoints} cannot be used:", checkpoints=count(len(problems), "checkpoint"))
    return [how_many, *map(printable, problems), then]


def write_history(found: History, file: str) -> str:
    """Write uploads that have ended to a file of CSV and say so. Raises InputError where that cannot be."""
    path = absolute(file, "--csv", made=True)
    try:
        found.to_csv(path)
    except OSError as error:
        raise InputError(
            tr("{path} cannot be written: {why}.", path=path, why=system_words(error)),
            tr("Choose another file: {option}", option="--csv FILE"),
            code="CsvNotWritable",
        ) from None
    return tr("{uploads} written to {path}.", uploads=count(len(found), "ended upload"), path=printable(str(path)))


class Verbs:
    """What is done to uploads of a session, and said of it by `say`, line by line. Main thread only.

    left_alone: what was meant as well, and goes on in another process.
    """

    def __init__(self, session: Session, commands: Commands, say: Callable[..., None]) -> None:
        self._session = session
        self._commands = commands
        self._say = say
        self.left_alone: list[Transfer] = []

    def pause(self, text: str) -> list[Transfer]:
        """Stop sending; every finished part is kept. Return what was meant here."""
        if self._by_its_owner("pause", text):
            return []
        elsewhere = self._elsewhere(text)
        chosen = self.chosen(text, lambda state: allowed(state, Event.PAUSE))
        for transfer in waiting_first(chosen):
            transfer.pause()
        for transfer in chosen:
            transfer.wait(_PAUSE_SECONDS)
            now = transfer.snapshot()
            then = [self._carry_on(now)] if now.state is State.PAUSED else []
            self._say(_stands(now), *then)
        for transfer in elsewhere:
            if not self._asked("pause", transfer):
                self._leave_alone(transfer, _goes_on(transfer.snapshot()))
        if not chosen and not elsewhere:
            self._say(tr(NOTHING_RUNS))
        return chosen

    def abort(self, text: str, *, keep_parts: bool = False, **anew: object) -> tuple[Transfer, ...]:
        """Give one upload or all up, say what became of their parts, and return those of here.

        `anew`: see `ANEW_NAMES`. Raises what first stood in the way.
        """
        if self._by_its_owner("abort", text, keep_parts=keep_parts):
            return ()
        elsewhere = self._elsewhere(text)
        which = text if text == "all" else self.find(text).id
        chosen = self._session.abort(which, keep_parts, **anew)  # type: ignore[arg-type]
        errors = [error for transfer in chosen if (error := self._aborted(transfer, keep_parts))]
        for transfer in elsewhere:
            self._leave_alone(transfer, self._not_given_up(transfer.snapshot()))
        if not chosen and not elsewhere:
            self._say(tr("There is nothing to abort."))
        if errors:
            raise errors[0]
        return chosen

    def _elsewhere(self, text: str) -> list[Transfer]:
        """Return what other processes send, where all is meant."""
        return self.chosen(text, lambda state: state is State.ELSEWHERE) if text == "all" else []

    def _by_its_owner(self, command: str, text: str, *, keep_parts: bool = False) -> bool:
        """Return whether another process has the upload and does what was asked for; then that is said."""
        if text == "all":
            return False
        transfer = self._session.find(text)
        return transfer.state is State.ELSEWHERE and self._asked(command, transfer, keep_parts=keep_parts)

    def _asked(self, command: str, transfer: Transfer, *, keep_parts: bool = False) -> bool:
        """Return whether the process that has an upload does what was asked for; then that is said."""
        asked = ask_its_kernel(command, transfer.id, keep_parts=keep_parts)
        if asked:
            upload, uploads = head_line(transfer.snapshot()), self._commands.uploads
            self._say(
                tr(
                    "{upload}: the process that sends it was told; {command} says how it stands.",
                    upload=upload,
                    command=uploads,
                )
            )
        return asked

    def _leave_alone(self, transfer: Transfer, why: str) -> None:
        self.left_alone.append(transfer)
        self._say(why)

    def _not_given_up(self, now: Snapshot) -> str:
        return tr(
            "{upload}: left alone, because another process sends it. Give it up by its id: {command}",
            upload=head_line(now),
            command=self._commands.act("abort", now.id),
        )

    def _aborted(self, transfer: Transfer, keep_parts: bool) -> OssJupyterError | None:
        """Say what became of an upload that is being given up, or return what stood in the way."""
        over = transfer.wait(_ABORT_SECONDS)
        now = transfer.snapshot()
        abort = self._commands.act("abort", now.id)
        if not over:
            uploads = self._commands.uploads
            self._say(
                tr("{upload} is being aborted; {command} tells when it is.", upload=head_line(now), command=uploads)
            )
        elif transfer.error is not None:
            self._say(tr("If it can never be reached again: {command} --forget", command=abort))
            return transfer.error
        elif keep_parts:
            self._say(_kept(now), self._carry_on(now), _remove(now, abort))
        else:
            self._say(_given_up(now))
        return None

    def _carry_on(self, now: Snapshot) -> str:
        return say("carry_on_with", command=self._commands.act("resume", now.id))

    def find(self, text: str) -> Transfer:
        """Return a transfer that this process can act on."""
        transfer = self._session.find(text)
        if transfer.state is State.ELSEWHERE:
            name = name_of(transfer.snapshot())
            raise TransferBusy(
                tr("Another kernel is sending {name} ({id}).", name=name, id=transfer.id),
                tr("Do it there, or stop that kernel; then it can be resumed here."),
                safe=tr("The other kernel goes on; nothing was touched."),
            )
        return transfer

    def chosen(self, text: str, wanted: Callable[[State], bool]) -> list[Transfer]:
        """Return one transfer, or for "all" those whose state is wanted."""
        if text == "all":
            return [transfer for transfer in self._session.transfers() if wanted(transfer.state)]
        return [self.find(text)]


def _row(now: Snapshot) -> tuple[str, ...]:
    failed = now.files.failures[:1] if now.files else ()
    named = [about(shortened(one.path), one.code or one.reason) for one in failed]  # `show` tells the reasons
    note = next(filter(None, (*named, *(now.error or ())[:1], goes_on(now), *now.notes[-1:])), "")
    file, target = shortened(name_of(now)), shortened(printable(str(now.target)))
    return (now.id, file, target, state_word(now), short_line(now), brief(printable(note)))


def _stands(now: Snapshot) -> str:
    state = say(f"state_{now.state.key}")
    return tr("{upload}: {state}, {progress}.", upload=head_line(now), state=state, progress=in_oss(now))


def _goes_on(now: Snapshot) -> str:
    return tr(
        "{upload}: it goes on, for whoever sends it did not answer. Press Ctrl-C in its terminal, or pause it in its "
        "notebook.",
        upload=head_line(now),
    )


def _given_up(now: Snapshot) -> str:
    """Return that nothing of it goes on, what is gone, and that the file is still there."""
    gone, file = _gone(now), untouched(now)
    if not file:
        return tr("{upload}: aborted. {gone}.", upload=head_line(now), gone=gone)
    return tr("{upload}: aborted. {gone}; {file}.", upload=head_line(now), gone=gone, file=file)


def _gone(now: Snapshot) -> str:
    if now.files is not None:
        if not now.files.done:
            return tr("No file was complete, parts of unfinished ones are removed")
        return tr("{files} stay in OSS, parts of unfinished ones are removed", files=_files(now))
    if now.parts_kept + now.parts_done:
        return tr("{parts} were removed from OSS, and the checkpoint", parts=_parts(now))
    if now.upload_id:
        return tr("No part was confirmed; the checkpoint is removed")
    return tr("Nothing was in OSS")


def _kept(now: Snapshot) -> str:
    parts = tr("{files} and parts of unfinished ones", files=_files(now)) if now.files is not None else _parts(now)
    return tr(
        "{upload}: stopped. {parts} stay in OSS and are billed until they are used or removed.",
        upload=head_line(now),
        parts=parts,
    )


def _parts(now: Snapshot) -> str:
    return _with_size(now, count(now.parts_kept + now.parts_done, "part"))


def _files(now: Snapshot) -> str:
    return _with_size(now, count(now.files.done if now.files else 0, "file"))


def _with_size(now: Snapshot, what: str) -> str:
    return tr("{what} ({size})", what=what, size=format_size(now.kept_bytes + now.confirmed_bytes))


def _remove(now: Snapshot, command: str) -> str:
    return tr(
        "Remove them with: {command}" if now.files is None else "Remove the parts with: {command}", command=command
    )
