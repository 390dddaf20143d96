"""What `%oss_uploads` does. It acts on transfers, in this kernel or found on disk, and says what it did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from IPython.display import display

from oss_jupyter.console.lines import brief, details, short_line
from oss_jupyter.engine.manager import waiting_first
from oss_jupyter.engine.safe import untouched
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import InputError, OssJupyterError, TransferBusy
from oss_jupyter.local.suffixes import JOURNAL
from oss_jupyter.model.columns import shortened
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.sizes import count, format_size
from oss_jupyter.model.states import Event, State, allowed
from oss_jupyter.names import printable
from oss_jupyter.notebook.display.view import say, say_table
from oss_jupyter.notebook.magics.showing import show, with_widgets
from oss_jupyter.notebook.magics.waiting import wait_for
from oss_jupyter.paths import absolute
from oss_jupyter.session.forgetting import forget
from oss_jupyter.session.history import find_history
from oss_jupyter.session.session import Session
from oss_jupyter.session.text import goes_on, head_line, in_oss, left_alone, name_of, state_word

# Pausing takes a second at most; removing parts is one request to the service, which may have to be repeated.
_PAUSE_SECONDS = 3.0
_ABORT_SECONDS = 30.0
_HEADER = ("id", "file", "target", "status", "progress", "note")
_NOTHING_RUNS = "Nothing is running."


class Uploads:
    """The actions, on one session. Main thread only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def overview(self) -> None:
        """Show all transfers, and checkpoints that cannot be used."""
        rows = [_row(transfer) for transfer in self._session.transfers()]
        if rows:
            noted = any(row[-1] for row in rows)  # an empty column makes lines wrap for nothing
            say_table([row if noted else row[:-1] for row in rows], _HEADER if noted else _HEADER[:-1])
        else:
            say("There are no uploads.")
        for store in self._session.on_disk.directories():
            number, size = store.spools.taken()
            if number:
                take = "takes" if number == 1 else "take"
                say(f"{count(number, 'spool')} of objects and streams {take} {format_size(size)} in {store.directory}.")
        problems = [
            f"{found.path}: {found.problem.what}" for found in self._session.on_disk.problems() if found.problem
        ]
        if problems:
            then = f"Forget one of yours with: %oss_uploads abort ID --forget, where ID is its name without {JOURNAL}"
            say(f"{count(len(problems), 'checkpoint')} cannot be used:", *map(printable, problems), then)

    def history(self, last: int | None, csv_file: str | None) -> None:
        """Show the uploads that have ended, or write them to a file. Raises InputError where that cannot be."""
        found = find_history(self._session.manager, last)
        if csv_file is None:
            display(found)
            return
        path = absolute(csv_file, "--csv")
        try:
            found.to_csv(path)
        except OSError as error:
            raise InputError(
                f"{path} cannot be written: {error.strerror}.", "Choose another file: --csv FILE", code="CsvNotWritable"
            ) from None
        say(f"{count(len(found), 'ended upload')} written to {printable(str(path))}.")

    def panel(self) -> None:
        """Show all transfers with their buttons and a form to start one; without widgets, list them."""
        if not with_widgets():
            self.overview()
            return
        from oss_jupyter.notebook.panel.show import show_desk  # ipywidgets cost 100 ms

        show_desk()

    def show(self, text: str) -> None:
        """Show one transfer and its details."""
        transfer = self._session.find(text)
        show(transfer, self._session.reporter)
        say_table(list(details(transfer.snapshot())))

    def resume(self, text: str, **anew: Any) -> None:
        """Carry on with one transfer, or all that wait for nothing, and show them. `anew`: see `ANEW_NAMES`."""
        resumed = self._session.resume(text if text == "all" else self._find(text).id, **anew)
        for transfer in resumed:
            show(transfer, self._session.reporter)
        left = self._session.left_alone() if text == "all" else ()
        if left:
            say(*(left_alone(transfer.snapshot()) for transfer in left))
        elif not resumed:
            say("There is nothing to resume.")

    def pause(self, text: str) -> None:
        """Stop sending; every finished part is kept."""
        chosen = self._chosen(text, lambda state: allowed(state, Event.PAUSE))
        for transfer in waiting_first(chosen):
            transfer.pause()
        for transfer in chosen:
            transfer.wait(_PAUSE_SECONDS)
            now = transfer.snapshot()
            then = [f"Carry on with: %oss_uploads resume {now.id}"] if now.state is State.PAUSED else []
            say(f"{head_line(now)}: {now.state}, {in_oss(now)}.", *then)
        if not chosen:
            say(_NOTHING_RUNS)

    def abort(self, text: str, *, keep_parts: bool = False, **anew: Any) -> None:
        """Give one upload or all up, and say what became of their parts. `anew`: see `ANEW_NAMES`.

        Raises what first stood in the way.
        """
        chosen = self._session.abort(text if text == "all" else self._find(text).id, keep_parts, **anew)
        errors = [error for transfer in chosen if (error := self._aborted(transfer, keep_parts))]
        if not chosen:
            say("There is nothing to abort.")
        if errors:
            raise errors[0]

    def _aborted(self, transfer: Transfer, keep_parts: bool) -> OssJupyterError | None:
        """Say what became of an upload that is being given up, or return what stood in the way."""
        over = transfer.wait(_ABORT_SECONDS)
        now = transfer.snapshot()
        file = untouched(now)
        if not over:
            say(f"{head_line(now)} is being aborted; %oss_uploads tells when it is.")
        elif transfer.error is not None:
            say(f"If it can never be reached again: %oss_uploads abort {now.id} --forget")
            return transfer.error
        elif keep_parts:
            say(
                f"{head_line(now)}: stopped. {_parts(now)} stay in OSS and are billed until they are used or removed.",
                f"Carry on with: %oss_uploads resume {now.id}",
                f"Remove {'them' if now.files is None else 'the parts'} with: %oss_uploads abort {now.id}",
            )
        else:
            say(f"{head_line(now)}: aborted. {_gone(now)}{file and f'; {file}'}.")
        return None

    def forget(self, text: str) -> None:
        """Remove the record of one upload here, and say what may stay behind."""
        say(forget(self._session, text))

    def clean(self) -> None:
        """Forget what has ended for good and remove locks of nothing; what could be resumed stays."""
        forgotten = self._session.manager.forget(_nothing_left)
        locks = sum(store.remove_stale() for store in self._session.on_disk.directories())
        removed = f"; {count(locks, 'stale lock file')} removed" if locks else ""
        say(f"{count(forgotten, 'finished or aborted upload')} taken off the list{removed}.", *self._left())

    def wait(self, text: str) -> None:
        """Wait for one transfer, or for all that run."""
        chosen = self._chosen(text, lambda state: state.active)
        for transfer in chosen:
            wait_for(transfer, self._session.reporter)
        if not chosen:
            say(_NOTHING_RUNS)

    def _left(self) -> list[str]:
        left = [transfer.snapshot() for transfer in self._session.unfinished()]
        if not left:
            return []
        # The files of a dataset that were sent are objects, and no parts that wait for the others.
        parts_bytes = sum(now.kept_bytes + now.confirmed_bytes for now in left if now.files is None)
        billed = f", with {format_size(parts_bytes)} in OSS, which are billed until they are used or removed"
        return [
            f"{count(len(left), 'unfinished upload')} left{billed if parts_bytes else ''}: "
            "%oss_uploads resume ID, or %oss_uploads abort ID."
        ]

    def _find(self, text: str) -> Transfer:
        """Return a transfer that this kernel can act on."""
        transfer = self._session.find(text)
        if transfer.state is State.ELSEWHERE:
            name = name_of(transfer.snapshot())
            raise TransferBusy(
                f"Another kernel is sending {name} ({transfer.id}).",
                "Do it there, or stop that kernel; then it can be resumed here.",
                safe="The other kernel goes on; nothing was touched.",
            )
        return transfer

    def _chosen(self, text: str, wanted: Callable[[State], bool]) -> list[Transfer]:
        if text == "all":
            return [transfer for transfer in self._session.transfers() if wanted(transfer.state)]
        return [self._find(text)]


def _row(transfer: Transfer) -> tuple[str, ...]:
    now = transfer.snapshot()
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


def _nothing_left(transfer: Transfer) -> bool:
    """Whether forgetting a transfer that has ended forgets nothing that could be resumed."""
    return transfer.state.ended_for_good or not coordinator_of(transfer).spec.store.keeps(transfer.id)
