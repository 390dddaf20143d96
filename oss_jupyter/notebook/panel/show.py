"""Putting a card, a desk or a banner under the running cell."""

from __future__ import annotations

import time
from collections.abc import Sequence

from IPython.display import display

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.states import State
from oss_jupyter.notebook.panel.common.saved_summary import show_summary
from oss_jupyter.notebook.panel.common.widget import PanelWidget
from oss_jupyter.notebook.panel.desk.desk import BANNER, DESK, ShownDesk, TransferDesk, form_options
from oss_jupyter.notebook.panel.desk.desk_summary import DeskSummary, static
from oss_jupyter.notebook.panel.desk.pulled import PulledDesk
from oss_jupyter.notebook.panel.lab import serve_desk
from oss_jupyter.notebook.panel.lab_desk import LabDesk
from oss_jupyter.notebook.panel.server import panel_server
from oss_jupyter.session.session import current_session
from oss_jupyter.texts import say


def show_card(transfer: Transfer, language: str = "") -> None:
    """Display the live card of a transfer. `language` is "en", "zh", or "" for that of everything that is said.

    It returns nothing, because a cell would display that as well.
    """
    panel_server().show_card(transfer, language)


def show_desk(language: str = "") -> None:
    """Display every transfer and a form to start one. `language`: as `show_card` has it."""
    _show(DESK, None, language, [say("desk_without_widgets")])


def widget_of(transfer: Transfer | None, language: str = "") -> PanelWidget:
    """Return the card of a transfer, or the desk, for front ends that display widgets in a way of their own."""
    on, session = panel_server(), current_session()
    if transfer is not None:
        return on.card(transfer, language)
    desk = _desk(DESK, language)
    on.add(desk, ShownDesk(desk, session, DeskSummary(lambda _words: None, time.monotonic())))
    return desk


def serve_lab() -> None:
    """Serve the desk of JupyterLab's side panel from this kernel. Doing it again changes nothing."""
    on, session = panel_server(), current_session()
    if on.serves_lab:
        return
    pulled = PulledDesk(_likely_target(session.manager.transfers()), form_options(session.settings))
    # There is no notebook that could be saved with a summary.
    shown = LabDesk(pulled, session, DeskSummary(lambda _words: None, time.monotonic()))
    serve_desk(on, shown, pulled)


def show_banner(transfers: Sequence[Transfer], lines: Sequence[str], language: str = "") -> None:
    """Display what waits to be carried on; `lines` say the same where there are no widgets. Nothing is sent."""
    _show(BANNER, frozenset(transfer.id for transfer in transfers), language, lines)


def _show(kind: str, only: frozenset[str] | None, language: str, lines: Sequence[str]) -> None:
    session, on = current_session(), panel_server()
    desk = _desk(kind, language)
    display(desk)
    summary = DeskSummary(show_summary(static(lines)), time.monotonic())
    on.add(desk, ShownDesk(desk, session, summary, only))


def _desk(kind: str, language: str) -> TransferDesk:
    session = current_session()
    target, options = _likely_target(session.manager.transfers()), form_options(session.settings)
    return TransferDesk(panel_server().commands, language, kind, target, options)


def _likely_target(transfers: Sequence[Transfer]) -> str:
    """Return the place of the latest upload that did not fail: the next one goes there more often than not."""
    for transfer in reversed(transfers):
        if transfer.state is not State.FAILED:
            target = transfer.snapshot().target
            folder, slash, _ = target.key.rpartition("/")
            return f"oss://{target.bucket}/{folder}{slash}"
    return ""
