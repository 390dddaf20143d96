"""Uploads that wait for new credentials: it is said once what for, and where none can come the wait is ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from oss_jupyter.console.spelling import Commands
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.errors import CredentialsError, TransferStateError
from oss_jupyter.model.states import State
from oss_jupyter.session.text import name_of
from oss_jupyter.session.who_signs import of_this_environment
from oss_jupyter.texts import about, tr


class Waiting:
    """Main thread only. say: takes a line. in_vain: the ids of those that were paused because none can come."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._told: set[str] = set()
        self.in_vain: set[str] = set()

    def look(self, transfers: Sequence[Transfer]) -> None:
        """Do for each that waits what has to be done."""
        for transfer in transfers:
            if transfer.state is not State.WAITING_FOR_CREDENTIALS:
                self._told.discard(transfer.id)
            elif of_this_environment(coordinator_of(transfer)):
                self._end(transfer)
            elif transfer.id not in self._told:
                self._told.add(transfer.id)
                now = transfer.snapshot()
                self._say(about(name_of(now), "".join(now.notes[-1:])))

    def _end(self, transfer: Transfer) -> None:
        with suppress(TransferStateError):  # it has come to its end meanwhile
            transfer.pause()
            self.in_vain.add(transfer.id)


def waited_in_vain(transfer_id: str, commands: Commands, *, kept: bool) -> CredentialsError:
    """Return why an upload goes on no longer by itself. kept: whether its place is on the disk."""
    again = commands.act("resume", transfer_id)
    advice = tr("Put new ones into the environment; then: {command}", command=again)
    return CredentialsError(
        tr("The temporary credentials have expired, and nobody can put others into the environment of this command."),
        advice if kept else tr("Put new ones into the environment, and give the same command again."),
        safe=tr("The place is kept.") if kept else "",
        code="SecurityTokenExpired",
    )
