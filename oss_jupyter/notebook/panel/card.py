"""The card of one transfer. Only the painter's thread writes the trait `state`."""

from __future__ import annotations

from traitlets import Bytes

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.names import printable
from oss_jupyter.notebook.panel.commands import Commands
from oss_jupyter.notebook.panel.state import pack
from oss_jupyter.notebook.panel.widget import PanelWidget


class TransferCard(PanelWidget):
    """Shows one transfer."""

    state = Bytes().tag(sync=True)

    def __init__(self, transfer: Transfer, commands: Commands, language: str = "") -> None:
        self.transfer = transfer
        super().__init__(commands, language, kind="card", state=pack(transfer.snapshot(), transfer))

    def show(self, snapshot: Snapshot) -> None:
        """Send how the transfer stands, unless that is what was sent last: traitlets drops equal values."""
        self.state = pack(snapshot, self.transfer)

    def in_words(self) -> str:
        """Return a short sentence: the summary below says the rest."""
        order = self.transfer.order
        return printable(f"Upload of {order.source.path} to {order.target}; what became of it is below.")
