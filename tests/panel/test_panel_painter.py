"""The painter: at most one look in each interval, none when nothing lives, and no widget can stop it."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.model.states import State
from oss_jupyter.notebook.panel import server
from oss_jupyter.notebook.panel.card.card import ShownCard, TransferCard
from oss_jupyter.notebook.panel.card.card_summary import CardSummary
from oss_jupyter.notebook.panel.common.commands import Commands
from oss_jupyter.notebook.panel.common.painter import INTERVAL_SECONDS, Painter
from oss_jupyter.texts import spoken

from .stand_ins import MIB, StandIn, a_snapshot


class Time:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Painting:
    """Wants to be looked at a number of times, and notes when it was."""

    def __init__(self, looks: int, fails: bool = False) -> None:
        self.looks = looks
        self.fails = fails
        self.seen_at: list[float] = []
        self.rested = threading.Event()

    def paint(self, now: float) -> bool:
        self.seen_at.append(now)
        if self.fails:
            raise RuntimeError("a widget that cannot be drawn")
        if len(self.seen_at) >= self.looks:
            self.rested.set()
        return not self.rested.is_set()


def wait_for_the_end(painter: Painter) -> None:
    thread = painter._thread
    if thread is not None:
        thread.join(60)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def painter(time: Time) -> Painter:
    return Painter(clock=time, sleep=time.sleep)


def test_it_looks_four_times_a_second_and_no_more(painter: Painter) -> None:
    """A display that looks more often takes time from the user's cells."""
    painting = Painting(looks=9)
    painter.add(painting)
    assert painting.rested.wait(60)
    assert painting.seen_at == pytest.approx([100.0 + INTERVAL_SECONDS * look for look in range(9)])
    assert INTERVAL_SECONDS >= 0.25


def test_its_thread_ends_when_nothing_lives_and_begins_again(painter: Painter) -> None:
    """An idle kernel has no thread that wakes it."""
    first, second = Painting(looks=2), Painting(looks=1)
    painter.add(first)
    wait_for_the_end(painter)
    assert painter._thread is None
    painter.add(second)
    assert second.rested.wait(60)
    # Also across two threads the interval is kept.
    assert second.seen_at[0] - first.seen_at[-1] >= 0.25


def test_one_that_fails_does_not_stop_the_others(painter: Painter, caplog: pytest.LogCaptureFixture) -> None:
    """One broken card leaves the other ones moving, and is in the log."""
    broken, whole = Painting(looks=9, fails=True), Painting(looks=3)
    painter.add(broken)
    painter.add(whole)
    assert whole.rested.wait(60)
    wait_for_the_end(painter)
    assert "could not be painted" in caplog.text


class Page:
    """Counts what a card sends; takes the place of the front end."""

    def __init__(self, transfer: StandIn) -> None:
        self.card = TransferCard(cast("Transfer", transfer), Commands())
        self.sent: list[Any] = []
        self.card.observe(lambda change: self.sent.append(change["new"]), "state")
        self.words: list[dict[str, str]] = []
        self.shown = ShownCard(self.card, CardSummary(self.words.append, transfer.now, 0.0))


@pytest.fixture
def transfer() -> StandIn:
    return StandIn()


@pytest.fixture
def page(transfer: StandIn) -> Any:
    page = Page(transfer)
    yield page
    page.card.close()


def test_nothing_is_sent_when_nothing_changed(page: Page, transfer: StandIn) -> None:
    """A quiet upload sends no message to the page."""
    for look in range(8):
        assert page.shown.paint(look / 4)
    assert page.sent == []
    transfer.now = a_snapshot(version=13, shown_bytes=23 * MIB)
    page.shown.paint(2.0)
    page.shown.paint(2.25)
    assert len(page.sent) == 1


def test_nothing_is_sent_off_the_screen_and_everything_once_it_is_back(page: Page, transfer: StandIn) -> None:
    """Cards far away cost nothing, and are true when scrolled to."""
    page.card.set_on_screen("one", True)
    page.card.set_on_screen("two", False)
    transfer.now = a_snapshot(shown_bytes=23 * MIB)
    page.shown.paint(1.0)
    assert len(page.sent) == 1  # one of two views is looked at
    page.card.set_on_screen("one", False)
    transfer.now = a_snapshot(shown_bytes=24 * MIB)
    page.shown.paint(2.0)
    assert len(page.sent) == 1
    page.card.set_on_screen("two", True)
    page.shown.paint(3.0)
    assert len(page.sent) == 2


def test_the_end_is_sent_even_off_the_screen(page: Page, transfer: StandIn) -> None:
    """A card that is scrolled to later does not show an upload that runs for ever."""
    page.card.set_on_screen("one", False)
    transfer.now, transfer.over = a_snapshot(state=State.PAUSED), True
    assert not page.shown.paint(1.0)
    assert len(page.sent) == 1


def test_the_summary_is_written_when_the_state_changes_and_else_every_half_minute(
    page: Page, transfer: StandIn
) -> None:
    """What is saved is fresh, and the notebook does not change all the time."""
    for second in range(65):
        transfer.now = a_snapshot(shown_bytes=(second % 40) * MIB)
        page.shown.paint(float(second))
    assert len(page.words) == 2
    transfer.now = a_snapshot(state=State.PAUSED)
    page.shown.paint(65.5)
    page.shown.paint(200.0)
    assert len(page.words) == 3
    assert "paused" in page.words[-1]["text/plain"]


def test_the_summary_is_written_anew_when_the_page_speaks_another_language(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was said before the page was there is not saved in a language that nobody reads there."""
    monkeypatch.setattr(spoken, "_chosen", {"setting": "en", "page": ""})
    page.shown.paint(0.5)
    monkeypatch.setattr(spoken, "_chosen", {"setting": "zh", "page": ""})
    page.shown.paint(1.0)
    page.shown.paint(1.5)
    assert len(page.words) == 1
    assert "截至" in page.words[0]["text/plain"]


def test_what_happens_while_a_card_is_displayed_is_said(transfer: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The saved words follow an upload that failed just after they were written."""
    words: list[dict[str, str]] = []

    def show_summary(first: dict[str, str]) -> Any:
        words.append(first)
        transfer.now = a_snapshot(state=State.FAILED)
        return words.append

    monkeypatch.setattr(server, "display", lambda _card: None)
    monkeypatch.setattr(server, "show_summary", show_summary)
    shown = server.PanelServer().show_card(cast("Transfer", transfer), "en")
    shown.cell_ends(1.0)
    assert "failed" not in words[0]["text/plain"]
    assert "failed" in words[1]["text/plain"]
    shown.card.close()
