"""The desk of JupyterLab's panel: the uploads of this kernel, of the disk, and of all other kernels of its user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from oss_jupyter.notebook.panel.common.row import Row
from oss_jupyter.notebook.panel.desk.desk import ShownDesk
from oss_jupyter.notebook.panel.neighbours import Neighbours
from oss_jupyter.session.neighbours.place import KernelPlace

# What is known here from the disk alone; who has it knows more.
_OF_THE_DISK = ("elsewhere", "interrupted")


@dataclass(eq=False)
class LabDesk(ShownDesk):
    """A desk that shows what its neighbours tell as well. Of an upload that both know, who drives it is believed."""

    neighbours: Neighbours = field(default_factory=Neighbours)

    def hurry(self) -> None:
        """Look at the disk at the next occasion, and ask the others."""
        super().hurry()
        self.neighbours.hurry()

    def place_of(self, transfer_id: str) -> KernelPlace | None:
        """Return where to ask for something of an upload; None where that is here."""
        here = [one.snapshot().state.key for one in self.session.manager.transfers() if one.id == transfer_id]
        return None if here and here[0] not in _OF_THE_DISK else self.neighbours.place_of(transfer_id)

    def _send(self, rows: list[Row], now: float) -> None:
        self.neighbours.look(self.opened, self.looked_at)
        super()._send(self._placed(merged(rows, self.neighbours.rows())), now)

    def _card(self) -> tuple[str | bytes, str | bytes]:
        return super()._card() if self.place_of(self.opened) is None else self.neighbours.card(self.opened)


def merged(here: list[Row], there: Sequence[Row]) -> dict[str, Row]:
    """Return one row for each upload, in the order of rows that were there before."""
    rows = {row["id"]: row for row in reversed(here)}
    for row in there:
        known = rows.get(row["id"])
        if known is None or known["state"] in _OF_THE_DISK or (row["moving"] and not known["moving"]):
            rows[row["id"]] = row
    return rows
