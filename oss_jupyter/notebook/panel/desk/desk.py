"""The desk: every transfer in one widget, with a form to start one. The banner is the same, with less on it.

The form is part of the widget and not made of stock ipywidgets: their callbacks wait for the running cell, and the
desk has to browse, start and resume while a model trains. So all of it goes by the protocol in commands.py.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from traitlets import Bytes, List, Unicode

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.arguments import ARGUMENTS
from oss_jupyter.names import printable
from oss_jupyter.notebook.panel.card.card import packed_child
from oss_jupyter.notebook.panel.card.card_state import pack
from oss_jupyter.notebook.panel.common.commands import Commands
from oss_jupyter.notebook.panel.common.pace import Pace
from oss_jupyter.notebook.panel.common.row import Row
from oss_jupyter.notebook.panel.common.widget import PanelWidget
from oss_jupyter.notebook.panel.desk.desk_summary import DeskSummary
from oss_jupyter.notebook.panel.desk.disk import INTERVAL_SECONDS, MAY_MISS, Disk
from oss_jupyter.notebook.panel.desk.rows import row_of_problem, row_of_transfer, to_text
from oss_jupyter.paths import here
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import say

DESK, BANNER = "desk", "banner"
# No process outlives its kernel on Windows.
ASKED = {name: one for name, one in ARGUMENTS.items() if one.in_form and (name != "detach" or os.name != "nt")}
# What is chosen or not.
FLAGS = tuple(name for name, one in ASKED.items() if one.types == ("bool",))


def form_options(settings: OssJupyter) -> list[dict[str, Any]]:
    """Return what the form asks for: each option's name, its choices, and of one that is chosen or not whether it is.

    The default of a choice is chosen by leaving it open.
    """
    options: list[dict[str, Any]] = []
    for name, one in sorted(ASKED.items(), key=lambda item: item[0] in FLAGS):
        chosen = {"on": bool(getattr(settings, name))} if name in FLAGS else {}
        options.append({"name": name, "choices": [choice for choice in one.choices if choice != "default"], **chosen})
    return options


class TransferDesk(PanelWidget):
    """Shows transfers. Only the painter's thread writes `kind`, `state`, `ended`, `detail` and `part_map`.

    kind: "desk" or "banner". state: rows as JSON. ended: see Disk. detail: the card of the transfer that was opened,
    or nothing; part_map: where that is a dataset, of the file whose parts are looked at.
    start: where relative paths begin; folder: the same as it can be shown. target: what the form suggests.
    options: what else the form asks for, as `form_options` tells it.
    """

    state = Unicode("[]").tag(sync=True)
    ended = Unicode().tag(sync=True)
    detail = Bytes().tag(sync=True)
    part_map = Bytes().tag(sync=True)
    folder = Unicode().tag(sync=True)
    target = Unicode().tag(sync=True)
    options: Any = List().tag(sync=True)

    def __init__(
        self, commands: Commands, language: str, kind: str, target: str, options: Sequence[dict[str, Any]]
    ) -> None:
        self.start = here()
        folder = printable(str(self.start))
        super().__init__(commands, language, kind=kind, folder=folder, target=target, options=list(options))

    def in_words(self) -> str:
        """Return a short sentence: the summary below says the rest."""
        return say("desk_in_words")


class DeskView(Protocol):
    """Where a desk is put: a widget in a notebook, or what JupyterLab's panel asks for. start: see TransferDesk."""

    start: Path

    @property
    def on_screen(self) -> bool:
        """Whether anybody may be looking."""

    def set_on_screen(self, view: str, on_screen: bool) -> None:
        """Note that a view came to the screen or left it."""

    def put(self, **traits: str | bytes) -> int:
        """Show these, and return how many bytes were sent."""


@dataclass(eq=False)
class ShownDesk:
    """A desk and the summary beside it, as the painter sees them. `_in_order` guards _born and _pace, and keeps an
    older view from overtaking a newer one. Only the painter's thread looks at the disk; any may write _next_look.

    only: ids of the transfers that a banner is about; None shows all. opened: id of the transfer whose card is open.
    looked_at: where that is a dataset, id of the file whose parts are looked at, or "".
    """

    desk: DeskView
    session: Session
    summary: DeskSummary
    only: frozenset[str] | None = None
    opened: str = ""
    looked_at: str = ""
    _in_order: threading.Lock = field(default_factory=threading.Lock)
    _born: dict[str, int] = field(default_factory=dict)
    _next_look: float = float("-inf")
    _pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        self._disk = Disk(self.session)

    @property
    def transfer(self) -> None:
        """A desk shows many, so its commands name the one they mean."""

    def concerns(self, transfer: Transfer) -> bool:
        """Whether a change of this transfer is to be seen here."""
        return True

    def set_on_screen(self, view: str, on_screen: bool) -> None:
        """Note that a view came to the screen or left it."""
        self.desk.set_on_screen(view, on_screen)

    def paint(self, now: float) -> bool:
        """Show how everything stands; more is to come while somebody may be looking, or something runs."""
        if self.desk.on_screen and now >= self._next_look:
            self._next_look = now + INTERVAL_SECONDS
            self._disk.look()
        with self._in_order:
            rows = self._rows()
            self.summary.update(rows, now)
            if self.desk.on_screen and self._pace.due(now):
                self._send(rows, now)
        return self.desk.on_screen or any(row["moving"] for row in rows)

    def cell_ends(self, now: float) -> None:
        """Let the summary say what is so: the notebook may be saved with it."""
        with self._in_order:
            self.summary.update(self._rows(), now, cell_ends=True)

    def hurry(self) -> None:
        """Look at the disk at the next occasion."""
        self._next_look = float("-inf")

    def _send(self, rows: list[Row], now: float) -> None:
        detail, part_map = self._card()
        kind = DESK if self.only is None else BANNER
        sent_bytes = self.desk.put(
            kind=kind, state=to_text(rows), ended=self._disk.ended, detail=detail, part_map=part_map
        )
        self._pace.sent(sent_bytes, now)

    def _card(self) -> tuple[str | bytes, str | bytes]:
        """Return the card of the transfer that was opened, and the parts of the file of it that is looked at."""
        opened = next((one for one in self.session.manager.transfers() if one.id == self.opened), None)
        return (pack(opened.snapshot()), packed_child(opened, self.looked_at)) if opened else (b"", b"")

    def _rows(self) -> list[Row]:
        """Return the rows, the newest first."""
        disk = self._disk
        rows = [row_of_problem(found) for found in reversed(disk.problems)]
        rows += [
            # What the disk said may be older than the transfer's last start.
            row_of_transfer(now, missing=now.id in disk.missing and now.state in MAY_MISS)
            for now in [transfer.snapshot() for transfer in self.session.manager.transfers()]
        ]
        return self._placed({row["id"]: row for row in rows if self.only is None or row["id"] in self.only})

    def _placed(self, rows: dict[str, Row]) -> list[Row]:
        """Return rows in their order. One stays at its place, or one would press the wrong button."""
        for transfer_id in rows:
            self._born.setdefault(transfer_id, len(self._born))
        return sorted(rows.values(), key=lambda row: -self._born[row["id"]])
