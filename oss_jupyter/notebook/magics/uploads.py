"""What `%oss_uploads` does: it acts on transfers, in this kernel or found on disk, and says what it did."""

from __future__ import annotations

import sys
from typing import Any

from IPython.display import display

from oss_jupyter.console.lines import details
from oss_jupyter.console.spelling import MAGICS
from oss_jupyter.console.uploads import (
    NO_UPLOADS,
    NOTHING_RUNS,
    NOTHING_TO_RESUME,
    Verbs,
    room_taken,
    table,
    unusable,
    write_history,
)
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.model.history_entry import line_of_entry
from oss_jupyter.model.sizes import count, format_size
from oss_jupyter.notebook.display.view import say, say_table
from oss_jupyter.notebook.magics.showing import show, with_widgets
from oss_jupyter.notebook.magics.waiting import wait_for
from oss_jupyter.session.forgetting import forget
from oss_jupyter.session.history import find_history
from oss_jupyter.session.session import Session
from oss_jupyter.session.text import left_alone
from oss_jupyter.texts import tr


class Uploads:
    """The actions, on one session. Main thread only."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._verbs = Verbs(session, MAGICS, say)
        self.pause, self.abort = self._verbs.pause, self._verbs.abort

    def overview(self) -> None:
        """Show all transfers, and checkpoints that cannot be used."""
        transfers = self._session.transfers()
        if transfers:
            say_table(*table(transfer.snapshot() for transfer in transfers))
        else:
            say(tr(NO_UPLOADS))
        for line in room_taken(self._session):
            say(line)
        problems = unusable(self._session, MAGICS)
        if problems:
            say(*problems)

    def history(self, last: int | None, csv_file: str | None, *, as_json: bool) -> None:
        """Show the uploads that have ended, as JSON for programs, or write them to a file of CSV.

        Raises InputError where that cannot be.
        """
        found = find_history(self._session.manager, last)
        if as_json:
            sys.stdout.write("".join(line_of_entry(one).decode("ascii") for one in found))
        elif csv_file is None:
            display(found)
        else:
            say(write_history(found, csv_file))

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
        resumed = self._session.resume(text if text == "all" else self._verbs.find(text).id, **anew)
        for transfer in resumed:
            show(transfer, self._session.reporter)
        left = self._session.left_alone() if text == "all" else ()
        if left:
            say(*(left_alone(transfer.snapshot()) for transfer in left))
        elif not resumed:
            say(tr(NOTHING_TO_RESUME))

    def forget(self, text: str) -> None:
        """Remove the record of one upload here, and say what may stay behind."""
        say(forget(self._session, text))

    def clean(self) -> None:
        """Forget what has ended for good and remove locks of nothing; what could be resumed stays."""
        forgotten = self._session.manager.forget(_nothing_left)
        locks = sum(store.remove_stale() for store in self._session.on_disk.directories())
        uploads = count(forgotten, "finished or aborted upload")
        if locks:
            files = count(locks, "stale lock file")
            said = tr("{uploads} taken off the list; {files} removed.", uploads=uploads, files=files)
        else:
            said = tr("{uploads} taken off the list.", uploads=uploads)
        say(said, *self._left())

    def wait(self, text: str) -> None:
        """Wait for one transfer, or for all that run."""
        chosen = self._verbs.chosen(text, lambda state: state.active)
        for transfer in chosen:
            wait_for(transfer, self._session.reporter)
        if not chosen:
            say(tr(NOTHING_RUNS))

    def _left(self) -> list[str]:
        left = [transfer.snapshot() for transfer in self._session.unfinished()]
        if not left:
            return []
        # The files of a dataset that were sent are objects, and no parts that wait for the others.
        parts_bytes = sum(now.kept_bytes + now.confirmed_bytes for now in left if now.files is None)
        uploads = count(len(left), "unfinished upload")
        if not parts_bytes:
            return [tr("{uploads} left: %oss_uploads resume ID, or %oss_uploads abort ID.", uploads=uploads)]
        return [
            tr(
                "{uploads} left, with {size} in OSS, which are billed until they are used or removed: "
                "%oss_uploads resume ID, or %oss_uploads abort ID.",
                uploads=uploads,
                size=format_size(parts_bytes),
            )
        ]


def _nothing_left(transfer: Transfer) -> bool:
    """Whether forgetting a transfer that has ended forgets nothing that could be resumed."""
    return transfer.state.ended_for_good or not coordinator_of(transfer).spec.store.keeps(transfer.id)
