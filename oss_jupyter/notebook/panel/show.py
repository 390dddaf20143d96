"""Everything that this kernel shows of transfers: the cards, the painter behind them, and what their buttons ask."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from oss_jupyter import forks
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.notebook.cells import cells
from oss_jupyter.notebook.ipython import display, get_ipython
from oss_jupyter.notebook.panel.actions import Actions
from oss_jupyter.notebook.panel.arguments import Arguments
from oss_jupyter.notebook.panel.card import TransferCard
from oss_jupyter.notebook.panel.channel import serve
from oss_jupyter.notebook.panel.commands import Commands, Reply
from oss_jupyter.notebook.panel.desk import ShownDesk
from oss_jupyter.notebook.panel.desk_actions import DeskActions
from oss_jupyter.notebook.panel.last_word import LastWord, summary
from oss_jupyter.notebook.panel.painter import Painted, Painter
from oss_jupyter.notebook.panel.widget import PanelWidget
from oss_jupyter.notebook.workbench import workbench


class Shown(Painted, Protocol):
    """A widget on the page with what belongs to it."""

    @property
    def transfer(self) -> Transfer | None:
        """The transfer that its commands mean, where it shows only one."""

    def concerns(self, transfer: Transfer) -> bool:
        """Whether a change of this transfer is to be seen here."""

    def set_on_screen(self, view: str, on_screen: bool) -> None:
        """Note that a view came to the screen or left it."""

    def cell_ends(self, now: float) -> None:
        """Let the summary say what is so: the notebook may be saved with it."""


@dataclass(eq=False)
class ShownCard:
    """A card and the summary beside it, as the painter sees them. `_painting` keeps paintings in their order."""

    card: TransferCard
    last_word: LastWord
    _painting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def transfer(self) -> Transfer:
        """The one it shows."""
        return self.card.transfer

    def concerns(self, transfer: Transfer) -> bool:
        """Whether this is the one it shows."""
        return transfer is self.card.transfer

    def set_on_screen(self, view: str, on_screen: bool) -> None:
        """Note that a view came to the screen or left it."""
        self.card.set_on_screen(view, on_screen)

    def paint(self, now: float) -> bool:
        """Show how the transfer stands; more is to come until it has ended or is paused."""
        transfer = self.card.transfer
        with self._painting:
            over = transfer.resting  # asked before looking, so that what is seen after the end is final
            snapshot = transfer.snapshot()
            if over or self.card.on_screen:
                self.card.show(snapshot)
            self.last_word.update(snapshot, now)
        return not over

    def cell_ends(self, now: float) -> None:
        """Let the summary say what is so: the notebook may be saved with it."""
        with self._painting:
            self.last_word.update(self.card.transfer.snapshot(), now, cell_ends=True)

    def refresh(self) -> None:
        """Do so now, for a cell that is about to end: the page may be saved with it."""
        self.paint(time.monotonic())


class Stage:
    """What is shown, and who updates and serves it. The desk and the banner stand on it too."""

    def __init__(self, painter: Painter | None = None) -> None:
        self.painter = painter or Painter()
        self.commands = Commands()
        self._shown: dict[str, Shown] = {}  # by the widget's id; ipywidgets keeps every widget as well
        Actions(lambda: workbench().manager, self._transfer_of, self.look_at).add_to(self.commands)
        DeskActions(workbench, self._desk, self.painter.add).add_to(self.commands)
        self.commands.add("visible", self._visible)

    def show_card(self, transfer: Transfer, language: str = "") -> ShownCard:
        """Display the card of a transfer under the running cell, with its summary, and keep both up to date."""
        card = TransferCard(transfer, self.commands, language or workbench().settings.language)
        first = transfer.snapshot()
        display(card)
        handle = display(summary(first), raw=True, display_id=True)
        last_word = LastWord(lambda words: handle.update(words, raw=True), first, time.monotonic())
        shown = ShownCard(card, last_word)
        transfer.on_change(lambda: self.painter.add(shown))
        self.add(card, shown)
        return shown

    def add(self, widget: PanelWidget, shown: Shown) -> None:
        """Serve and paint what the running cell has displayed."""
        self.serve()
        self._shown[widget.widget_id] = shown
        self.painter.add(shown)

    def serve(self) -> None:
        """Answer commands on the control channel of the kernel that runs this, if it has one, and follow its cells."""
        shell = get_ipython()
        if serve(getattr(shell, "kernel", None), self.commands):
            cells.follow(shell)
            cells.when_over(self._cell_ends)

    def look_at(self, transfer: Transfer) -> None:
        """Let everything that shows the transfer be painted soon."""
        for shown in tuple(self._shown.values()):
            if shown.concerns(transfer):
                self.painter.add(shown)

    def _cell_ends(self, _result: object) -> None:
        now = time.monotonic()
        for shown in tuple(self._shown.values()):
            shown.cell_ends(now)

    def _transfer_of(self, widget: str) -> Transfer | None:
        shown = self._shown.get(widget)
        return shown.transfer if shown else None

    def _desk(self, widget: str) -> ShownDesk | None:
        shown = self._shown.get(widget)
        return shown if isinstance(shown, ShownDesk) else None

    def _visible(self, arguments: Arguments) -> Reply:
        """A view came to the screen or left it; what it missed is sent at once."""
        shown = self._shown.get(arguments.text("widget"))
        if shown is not None:
            shown.set_on_screen(arguments.text("view"), arguments.flag("visible"))
            self.painter.add(shown)
        return {}


_shared: list[Stage] = []


def _begin_anew() -> None:
    """Show nothing in a forked child: what is on the screen is its parent's."""
    forks.leave(*_shared)
    _shared.clear()


forks.in_child(_begin_anew)


def stage() -> Stage:
    """Return this kernel's stage."""
    if not _shared:
        _shared.append(Stage())
    return _shared[0]


def show_card(transfer: Transfer, language: str = "") -> None:
    """Display the live card of a transfer. `language` is "en", "zh", or "" for the page's own.

    It returns nothing, because a cell would display that as well.
    """
    stage().show_card(transfer, language)
