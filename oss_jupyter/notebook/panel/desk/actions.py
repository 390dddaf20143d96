"""What the desk and the banner can ask beyond the buttons of a single transfer."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oss_jupyter.engine.manager import waiting_first
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import InputError
from oss_jupyter.model.states import Event, allowed
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.background_commands import BackgroundCommands
from oss_jupyter.notebook.panel.common.commands import Commands, Handler, Reply
from oss_jupyter.notebook.panel.desk.desk import ASKED, FLAGS, ShownDesk
from oss_jupyter.notebook.panel.desk.folder import list_folder
from oss_jupyter.paths import absolute
from oss_jupyter.redact import is_address
from oss_jupyter.session.forgetting import forget
from oss_jupyter.session.left_alone import is_left_alone, waits_for_a_word
from oss_jupyter.session.session import Session
from oss_jupyter.texts import tr

_PATH_MAX = 4096
# What was left empty comes from the settings.
_TEXTS = tuple(name for name in ASKED if name not in FLAGS)


class DeskActions:
    """Commands that name a desk by its widget.

    session: starts and finds transfers. shown: a desk by its widget's id, or None. touched: called with a desk after
    something was asked for that it should show.
    """

    def __init__(
        self,
        session: Callable[[], Session],
        shown: Callable[[str], ShownDesk | None],
        touched: Callable[[ShownDesk], None],
    ) -> None:
        self._session = session
        self._shown = shown
        self._touched = touched
        self._background = BackgroundCommands()

    def add_to(self, commands: Commands) -> None:
        """Make the commands known."""
        commands.add("start", self._background.wrap(self._on_desk(self._start)))
        commands.add("rehome", self._background.wrap(self._on_desk(self._relocate)))
        commands.add("browse", self._background.wrap(self._on_desk(self._browse)))
        commands.add("forget", self._background.wrap(self._forget))
        commands.add("open", self._on_desk(self._open))
        commands.add("review", self._on_desk(self._review))
        commands.add("resume_these", self._on_desk(self._resume_these))
        commands.add("discard_these", self._on_desk(self._discard_these))

    def _on_desk(self, action: Callable[[ShownDesk, PageArguments], Reply]) -> Handler:
        def handle(arguments: PageArguments) -> Reply:
            desk = self._shown(arguments.text("widget"))
            if desk is None:
                raise InputError(tr("This desk is not known to the kernel."), tr("Run the cell again."))
            reply = action(desk, arguments)
            desk.hurry()
            self._touched(desk)
            return reply

        return handle

    def _start(self, desk: ShownDesk, arguments: PageArguments) -> Reply:
        options: dict[str, Any] = {name: arguments.text(name) for name in _TEXTS if name in arguments}
        options |= {name: arguments.flag(name) for name in FLAGS if name in arguments}
        source = _as_meant(arguments.text("path", _PATH_MAX), desk.desk.start)
        transfer = self._session().upload(source, arguments.text("target", _PATH_MAX), UploadArguments.of(**options))
        return {"transfer": transfer.id}

    def _relocate(self, desk: ShownDesk, arguments: PageArguments) -> Reply:
        session = self._session()
        before = session.manager.find(arguments.text("transfer"))
        transfer = session.relocate(before, _path(desk, arguments))
        if desk.only is not None:
            desk.only = desk.only - {before.id} | {transfer.id}
        transfer.resume()
        return {"transfer": transfer.id}

    def _forget(self, arguments: PageArguments) -> Reply:
        """It comes from a card as well as from a row."""
        said = forget(self._session(), arguments.text("transfer"))
        desk = self._shown(arguments.text("widget")) if "widget" in arguments else None
        if desk is not None:
            desk.hurry()
            self._touched(desk)
        return {"said": said}

    def _browse(self, desk: ShownDesk, arguments: PageArguments) -> Reply:
        return list_folder(arguments.text("path", _PATH_MAX) if "path" in arguments else ".", desk.desk.start)

    def _open(self, desk: ShownDesk, arguments: PageArguments) -> Reply:
        desk.opened = arguments.text("transfer") if "transfer" in arguments else ""
        desk.looked_at = ""
        return {}

    def _review(self, desk: ShownDesk, arguments: PageArguments) -> Reply:
        desk.only = None
        return {}

    def _resume_these(self, desk: ShownDesk, arguments: PageArguments) -> Reply:
        return self._ask_these(desk, Event.RESUME, Transfer.resume, is_left_alone)

    def _discard_these(self, desk: ShownDesk, arguments: PageArguments) -> Reply:
        return self._ask_these(desk, Event.ABORT, Transfer.abort, waits_for_a_word)

    def _ask_these(
        self, desk: ShownDesk, event: Event, action: Callable[[Transfer], None], left_out: Callable[[Transfer], bool]
    ) -> Reply:
        only = desk.only or frozenset()
        here = [one for one in self._session().manager.transfers() if one.id in only and not left_out(one)]
        chosen = [one for one in here if allowed(one.state, event)]
        for transfer in waiting_first(chosen):
            action(transfer)
        return {"count": len(chosen)}


def _as_meant(text: str, start: Path) -> str:
    """Return a path, or a pattern of paths, as it was meant when the desk was opened; it may still be wrong."""
    joined = os.path.join(start, text)  # noqa: PTH118 - Path() drops the / at an end
    elsewhere = text.startswith("~") or is_address(text)
    return text if elsewhere and not os.path.lexists(joined) else joined


def _path(desk: ShownDesk, arguments: PageArguments) -> Path:
    """Return a path as it was meant when the desk was opened: a later chdir does not change it."""
    return absolute(arguments.text("path", _PATH_MAX), start=desk.desk.start)
