"""What the desk shows of the history: a bounded piece of it, the newest first, whoever wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.local.history import HistoryFile
from oss_jupyter.model.history_entry import HistoryEntry, HowEnded, line_of_entry
from oss_jupyter.notebook.panel.common.commands import Commands
from oss_jupyter.notebook.panel.desk.desk import DESK, ShownDesk, TransferDesk, form_options
from oss_jupyter.notebook.panel.desk.desk_summary import DeskSummary
from oss_jupyter.notebook.panel.desk.ended import ENTRIES_MOST, Ended
from oss_jupyter.paths import state_directory
from oss_jupyter.session.session import Session
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import say

EVIL = '<img src=x onerror="alert(1)">'


class Page:
    """Asks as a page does."""

    def __init__(self, session: Session) -> None:
        self._commands = Commands()
        self._numbers = iter(range(1_000_000))
        Ended(lambda: session).add_to(self._commands)

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        reply = self._answer(command, arguments)
        while "later" in reply:
            reply = self._answer(command, {"later": reply["later"]})
        return reply

    def names(self, **arguments: Any) -> list[str]:
        return [one["name"] for one in self.ask("history", most=50, **arguments)["entries"]]

    def _answer(self, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self._commands.answer({"id": str(next(self._numbers)), "command": command, "arguments": arguments})


def add(*entries: HistoryEntry) -> None:
    file = HistoryFile(state_directory())
    for entry in entries:
        file.append(line_of_entry(entry))


def ended(number: int, **changes: Any) -> HistoryEntry:
    values: dict[str, Any] = {"outcome": HowEnded.COMPLETED, "size_bytes": 7, "seconds": 1.5}
    where = {"source": f"/data/{number}.csv", "target": f"oss://bucket/raw/{number}.csv"}
    return HistoryEntry(f"2026-01-31T12:{number % 60:02}:00Z", f"id{number}", **where | values | changes)


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("OSS_JUPYTER_STATE_DIR", str(tmp_path / "state"))
    return Session(OssJupyter(region="cn-hangzhou"))


@pytest.fixture
def page(session: Session) -> Page:
    return Page(session)


def test_the_newest_come_first_and_no_more_than_were_asked_for(page: Page) -> None:
    """A page shows some, and knows that there are more."""
    add(*map(ended, range(5)))
    reply = page.ask("history", most=2)
    assert ([one["id"] for one in reply["entries"]], reply["more"]) == (["id4", "id3"], True)
    assert page.ask("history", most=5)["more"] is False
    assert page.ask("history", most=ENTRIES_MOST + 1)["status"] == "error"


def test_a_full_history_is_a_small_answer(page: Page, session: Session) -> None:
    """Of tens of thousands of ends no more travels than can be looked at, and the oldest is found."""
    path = HistoryFile(state_directory()).path
    path.parent.mkdir(parents=True)
    lines = b"".join(line_of_entry(ended(number)) for number in range(30_000))
    path.write_bytes(lines)
    path.chmod(0o600)
    reply = page.ask("history", most=ENTRIES_MOST)
    assert (len(reply["entries"]), reply["more"]) == (ENTRIES_MOST, True)
    assert len(json.dumps(reply)) < 100_000
    assert page.names(text="/data/7.csv") == ["7.csv"]


def test_every_word_has_to_be_somewhere(page: Page) -> None:
    """Searching looks at file, target, outcome, code and id, in whatever letters."""
    add(ended(1), ended(2, outcome=HowEnded.FAILED, code="AccessDenied"), ended(3, outcome=HowEnded.FAILED))
    assert page.names(text="accessdenied RAW") == ["2.csv"]
    assert page.names(text="failed") == ["3.csv", "2.csv"]
    assert page.names(text="failed id1") == []
    add(ended(4, source='/data/"q"\\数据.csv'))
    assert page.names(text='"Q"\\') == page.names(text="数据") == page.names(text="raw/4 数") == ['"q"\\数据.csv']


def test_a_row_tells_what_the_entry_tells(page: Page, tmp_path: Path) -> None:
    """Names go as they are; only a file that is still there can be filled into the form again."""
    here = tmp_path / "here.csv"
    here.write_bytes(b"x")
    mixed = HowEnded.COMPLETED_WITH_ERRORS
    add(ended(1, source=str(here)))
    add(ended(2, source="/data/raw/", target="oss://b/raw/", outcome=mixed, files=9, files_failed=2))
    add(ended(3, source=EVIL, target=f"oss://b/{EVIL}", outcome=HowEnded.ALREADY_THERE, retries=2))
    evil, folder, file = page.ask("history", most=3)["entries"]
    assert (evil["name"], evil["outcome"], evil["retries"], evil["again"]) == (EVIL, "already_there", 2, False)
    assert (folder["name"], folder["files"], folder["failed"], folder["again"]) == ("raw/", 9, 2, False)
    assert (file["name"], file["source"], file["again"]) == ("here.csv", str(here), True)
    for one in HowEnded:
        assert say(f"state_{one.key}") == one.value


def test_a_page_knows_that_nothing_is_written(page: Page, session: Session) -> None:
    """What was written before it was switched off is shown, and that it is."""
    add(ended(1))
    assert page.ask("history", most=1)["off"] is False
    session.settings.history = False
    reply = page.ask("history", most=1)
    assert (reply["off"], len(reply["entries"])) == (True, 1)


def test_what_cannot_be_read_is_told(page: Page) -> None:
    """A history that is no file is an answer with lines, and no empty list."""
    HistoryFile(state_directory()).path.mkdir(parents=True)
    assert page.ask("history", most=1)["status"] == "error"


def test_what_was_sent_is_read_back(page: Page) -> None:
    """The cell is that of a receipt, also where the upload ran in another kernel."""
    assert (
        'pd.read_csv("oss://bucket/raw/1.csv")'
        in page.ask("history_snippet", url="oss://bucket/raw/1.csv", files=0)["text"]
    )
    assert "list_objects_v2" in page.ask("history_snippet", url="oss://bucket/raw/", files=3)["text"]
    assert page.ask("history_snippet", url="nonsense", files=0)["status"] == "error"


def test_a_desk_learns_of_what_ends_elsewhere(session: Session) -> None:
    """Whatever kernel writes an end, a desk that is looked at says that there is another one."""
    desk = TransferDesk(Commands(), "", DESK, "", form_options(session.settings))
    shown = ShownDesk(desk, session, DeskSummary(lambda words: None, 0.0))
    seen = []
    for number in range(3):
        shown.hurry()
        shown.paint(100.0 * number)
        seen.append(desk.ended)
        add(ended(number))
    assert len(set(seen)) == 3
    desk.close()
