"""Everything that this kernel shows of transfers: the cards, the painter behind them, and what their buttons ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from IPython.core.getipython import get_ipython
from IPython.display import display

from oss_jupyter import forks
from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.notebook.display.cells import cells
from oss_jupyter.notebook.panel.card.card import ShownCard, TransferCard
from oss_jupyter.notebook.panel.card.card_summary import CardSummary, summary
from oss_jupyter.notebook.panel.common.actions import Actions
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.common.channel import serve
from oss_jupyter.notebook.panel.common.commands import Commands, Reply
from oss_jupyter.notebook.panel.common.painter import Painted, Painter
from oss_jupyter.notebook.panel.common.saved_summary import MimeBundle, show_summary
from oss_jupyter.notebook.panel.common.widget import PanelWidget
from oss_jupyter.notebook.panel.desk.actions import DeskActions
from oss_jupyter.notebook.panel.desk.desk import ShownDesk
from oss_jupyter.notebook.panel.desk.ended import Ended
from oss_jupyter.session.session import current_session

# The name that lab/model.js asks by.
LAB_DESK = "lab"


class Shown(Painted, Protocol):
    """A widget on the page with what belongs to it. looked_at: the file of a dataset whose part map is open, or ""."""

    @property
    def transfer(self) -> Transfer | None:
        """The transfer that its commands mean, where it shows only one."""

    def concerns(self, transfer: Transfer) -> bool:
        """Whether a change of this transfer is to be seen here."""

    looked_at: str

    def set_on_screen(self, view: str, on_screen: bool) -> None:
        """Note that a view came to the screen or left it."""

    def cell_ends(self, now: float) -> None:
        """Let the summary say what is so: the notebook may be saved with it."""


class PanelServer:
    """What is shown, and who updates and serves it. The desk and the banner stand on it too."""

    def __init__(self, painter: Painter | None = None) -> None:
        self.painter = painter or Painter(on_look=lambda: current_session().wiring.painted())
        self.commands = Commands()
        self._shown: dict[str, Shown] = {}  # by the widget's id; ipywidgets keeps every widget as well
        Actions(lambda: current_session().manager, self._transfer_of, self.look_at).add_to(self.commands)
        DeskActions(current_session, self._desk, self.painter.add).add_to(self.commands)
        Ended(current_session).add_to(self.commands)
        self.commands.add("visible", self._visible)
        self.commands.add("open_part_map", self._open_part_map)

    def show_card(self, transfer: Transfer, language: str = "") -> ShownCard:
        """Display the card of a transfer under the running cell, with its summary, and keep both up to date."""
        card = TransferCard(transfer, self.commands, language)
        display(card)
        first = transfer.snapshot()  # one for both: what comes between two would never be said
        return self._follow(card, show_summary(summary(first)), first)

    def card(self, transfer: Transfer, language: str = "") -> TransferCard:
        """Return the card of a transfer for whoever displays it in another way, without a summary beside it."""
        card = TransferCard(transfer, self.commands, language)
        self._follow(card, lambda _words: None, transfer.snapshot())
        return card

    def _follow(self, card: TransferCard, publish: Callable[[MimeBundle], None], first: Snapshot) -> ShownCard:
        shown = ShownCard(card, CardSummary(publish, first, time.monotonic()))
        coordinator_of(card.transfer).on_change(lambda: self.painter.add(shown))
        self.add(card, shown)
        return shown

    def serve_lab(self, shown: ShownDesk) -> None:
        """Let commands name the desk of JupyterLab's panel."""
        self._shown[LAB_DESK] = shown
        self.serve()

    @property
    def serves_lab(self) -> bool:
        """Whether it does so already."""
        return LAB_DESK in self._shown

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

    def _visible(self, arguments: PageArguments) -> Reply:
        """A view came to the screen or left it; what it missed is sent at once."""
        shown = self._shown.get(arguments.text("widget"))
        if shown is not None:
            shown.set_on_screen(arguments.text("view"), arguments.flag("visible"))
            self.painter.add(shown)
        return {}

    def _open_part_map(self, arguments: PageArguments) -> Reply:
        """Show the parts of a file of a dataset, or without an id all its files again."""
        shown = self._shown.get(arguments.text("widget"))
        if shown is not None:
            shown.looked_at = arguments.text("file") if "file" in arguments else ""
            self.painter.add(shown)
        return {}


_shared: list[PanelServer] = []


def _begin_anew() -> None:
    """Show nothing in a forked child: what is on the screen is its parent's."""
    forks.leave(*_shared)
    _shared.clear()


forks.in_child(_begin_anew)


def panel_server() -> PanelServer:
    """Return this kernel's panel_server. Cells ask for it, and so do other kernels, on threads of their own."""
    with forks.no_forks:  # one thread at a time makes it, whole
        if not _shared:
            _shared.append(PanelServer())
        return _shared[0]
