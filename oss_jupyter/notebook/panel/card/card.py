"""The card of one transfer, and what belongs to it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from traitlets import Bytes

from oss_jupyter.engine.transfer import Transfer, coordinator_of
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.names import printable
from oss_jupyter.notebook.panel.card.card_state import pack
from oss_jupyter.notebook.panel.card.card_summary import CardSummary
from oss_jupyter.notebook.panel.common.commands import Commands
from oss_jupyter.notebook.panel.common.files import child_of
from oss_jupyter.notebook.panel.common.pace import Pace
from oss_jupyter.notebook.panel.common.widget import PanelWidget
from oss_jupyter.session.text import name_of
from oss_jupyter.texts import say


class TransferCard(PanelWidget):
    """Shows one transfer. Only the painter's thread writes its traits.

    state: how it stands. part_map: the same of the file whose parts are looked at, where the transfer is a dataset.
    """

    state = Bytes().tag(sync=True)
    part_map = Bytes().tag(sync=True)

    def __init__(self, transfer: Transfer, commands: Commands, language: str = "") -> None:
        self.transfer = transfer
        super().__init__(commands, language, kind="card", state=pack(transfer.snapshot()))

    def show(self, snapshot: Snapshot, part_map: bytes = b"") -> int:
        """Send how the transfer stands, unless that is what was sent last; return how many bytes went out."""
        return self.put(state=pack(snapshot), part_map=part_map)

    def in_words(self) -> str:
        """Return a short sentence: the summary below says the rest."""
        now = self.transfer.snapshot()
        return printable(say("card_in_words", source=name_of(now), target=now.target))


def packed_child(transfer: Transfer, transfer_id: str) -> bytes:
    """Return how a file of a dataset stands that goes in parts, or nothing where there is none of this id."""
    child = child_of(transfer, transfer_id)
    return pack(child) if child else b""


@dataclass(eq=False)
class ShownCard:
    """A card and the summary beside it, as the painter sees them.

    `_in_order` keeps an older view from overtaking a newer one, and guards _pace. looked_at: id of the file of a
    dataset whose parts are looked at, or "".
    """

    card: TransferCard
    summary: CardSummary
    looked_at: str = ""
    _pace: Pace = field(default_factory=Pace)
    _in_order: threading.Lock = field(default_factory=threading.Lock)

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
        with self._in_order:
            over = coordinator_of(transfer).resting  # asked before looking, so that what is seen after the end is final
            snapshot = transfer.snapshot()
            if over or (self.card.on_screen and self._pace.due(now)):
                self._pace.sent(self.card.show(snapshot, packed_child(transfer, self.looked_at)), now)
            self.summary.update(snapshot, now)
        return not over

    def cell_ends(self, now: float) -> None:
        """Let the summary say what is so: the notebook may be saved with it."""
        with self._in_order:
            self.summary.update(self.card.transfer.snapshot(), now, cell_ends=True)

    def refresh(self) -> None:
        """Do so now, for a cell that is about to end: the page may be saved with it."""
        self.paint(time.monotonic())
