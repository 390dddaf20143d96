"""Running one command: its words are read, its errors become four lines and a status, and nothing is left behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from pathlib import Path
from typing import Any

from oss_jupyter.cli.output import Output
from oss_jupyter.cli.signals import Signals
from oss_jupyter.console.spelling import COMMANDS, Commands, as_command
from oss_jupyter.errors import InputError, OssJupyterError, SourceError, TransferNotFound
from oss_jupyter.session.neighbours.answering import answer
from oss_jupyter.session.neighbours.listening import Listening
from oss_jupyter.session.session import Session, current_session
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.shell import Writing


class Status(IntEnum):
    """How a command ends. One that a signal has stopped ends with 128 and the number of the signal."""

    DONE = 0
    FAILED = 1
    CANNOT_BE_MEANT = 2
    FILES_MISSING = 3


@dataclass(frozen=True)
class Running:
    """What a command has while it runs. commands: what is typed to go on with what is kept where this one looks."""

    session: Session
    output: Output
    signals: Signals
    commands: Commands

    def spell(self, text: str) -> str:
        """Return a text for somebody who types commands."""
        return as_command(text, self.commands)


Command = Callable[[Running, dict[str, Any]], int]


def run(command: Command, given: dict[str, Any], signals: Signals) -> int:
    """Run a command with what is given and return its exit status. KeyboardInterrupt passes through."""
    output = Output(as_json=given.pop("json"))
    try:
        session = current_session()
        session.shell = _NoShell(session)
        if given.get("kept_in") is not None:
            session.settings.checkpoint_dir = given["kept_in"]
        given.pop("kept_in", None)
        commands = kept_in(session.settings.checkpoint_path())
        session.wiring.spell = partial(as_command, commands=commands)
        status = command(Running(session, output, signals, commands), given)
    except OssJupyterError as error:
        output.error(error.four_lines(as_command))
        meant = not isinstance(error, (InputError, SourceError, TransferNotFound))
        return Status.FAILED if meant else Status.CANNOT_BE_MEANT
    else:
        return Status.FAILED if output.failed and status == Status.DONE else status
    finally:
        output.close()


def kept_in(directory: Path | None) -> Commands:
    """Return the commands that find what is kept in a directory: the default one needs no word for it."""
    return COMMANDS if directory in (None, OssJupyter().checkpoint_path()) else COMMANDS.at(directory)


class _NoShell:
    """Stands where a shell does, so that nobody waits at the end, or says once more what the command has said.

    While it sends, other commands and kernels may ask for its uploads.
    """

    def __init__(self, session: Session) -> None:
        self._listening = Listening(partial(answer, session.manager))

    def uploads_begin(self) -> None:
        """Need nothing."""

    def one_runs(self) -> None:
        """Let others pause it, or give it up."""
        self._listening.begin()

    def watch(self, writing: Writing) -> AbstractContextManager[None]:
        """Show nothing: no object is written here."""
        return nullcontext()

    def ends(self) -> None:
        """Listen no longer."""
        self._listening.end()
