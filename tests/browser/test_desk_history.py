"""The history on the desk, in a real JupyterLab: found, searched, live, by mouse and by keyboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from oss_jupyter.local.history import HistoryFile
from oss_jupyter.model.history_entry import HistoryEntry, HowEnded, line_of_entry
from oss_jupyter.sandbox import Sandbox

from .axe import violations
from .driver import Lab
from .test_card import MIB, WAIT_MS, Open, Picture, press
from .test_desk import desk_of, settings

__all__ = ["settings"]

pytestmark = pytest.mark.timeout(300)

EVIL = '<img src=x onerror="alert(1)">.csv'


@pytest.fixture
def history(lab: Lab) -> Iterator[HistoryFile]:
    """A history of its own, of other kernels: 120 ends, and one with a name that would be a picture in HTML."""
    file = HistoryFile(lab.directory / "state")
    file.path.unlink(missing_ok=True)
    for number in range(120):
        outcome, where = list(HowEnded)[number % 5], f"oss://my-bucket/raw/{number}.parquet"
        code, seconds = "AccessDenied" if outcome is HowEnded.FAILED else "", 1.5 * number
        entry = HistoryEntry("2026-01-31T12:00:00Z", f"id{number}", f"/data/{number}.parquet", where, outcome, code)
        sent = {"size_bytes": number * MIB, "sent_bytes": number * MIB, "seconds": seconds, "retries": number % 3}
        file.append(line_of_entry(HistoryEntry(**vars(entry) | sent)))
    place = f"oss://my-bucket/{'folder/' * 20}{EVIL}"
    file.append(line_of_entry(HistoryEntry("2026-01-31T13:00:00Z", "evil", f"/data/{EVIL}", place, HowEnded.COMPLETED)))
    yield file
    file.path.unlink(missing_ok=True)


def test_what_has_ended_is_found_and_sent_again(
    open_notebook: Open, sandbox: Sandbox, settings: str, history: HistoryFile, tmp_path: Path, picture: Picture
) -> None:
    """The newest come first, a page at a time; a new end appears by itself; its file can go into the form again."""
    (tmp_path / "trips.parquet").write_bytes(os.urandom(MIB))
    upload = "oj.upload('trips.parquet', 'oss://test-bucket/raw/').result();"
    notebook = open_notebook(settings, "%oss_panel", upload)
    notebook.run(0)
    notebook.run(1)
    desk = desk_of(notebook, 1)
    ends = desk.locator(".ossj-ended")
    desk.get_by_role("tab", name="History").click()
    ends.nth(49).wait_for(state="attached", timeout=WAIT_MS)
    assert ends.count() == 50
    assert EVIL in (ends.first.text_content() or "")
    assert desk.locator("img").count() == 0
    picture(notebook, 1, "history-light")
    press(desk, "Show more")
    ends.nth(99).wait_for(state="attached", timeout=WAIT_MS)
    desk.get_by_label("Find an ended upload").fill("accessdenied 113")
    desk.locator(".ossj-ended:only-child", has_text="113.parquet").wait_for(timeout=WAIT_MS)
    desk.get_by_label("Find an ended upload").fill("nothing like this")
    desk.get_by_text("No upload matches.").locator("visible=true").wait_for(timeout=WAIT_MS)
    desk.get_by_label("Find an ended upload").fill("")
    ends.nth(49).wait_for(state="attached", timeout=WAIT_MS)

    notebook.run(2)
    mine = ends.filter(has_text="oss://test-bucket/raw/trips.parquet")
    mine.wait_for(timeout=WAIT_MS)
    assert "1 MiB" in mine.inner_text()
    for theme in ("JupyterLab Dark", "JupyterLab Dark High Contrast", "JupyterLab Light"):
        notebook.set_theme(theme)
        notebook.page.wait_for_timeout(500)
        picture(notebook, 1, f"history-{theme.split()[-1].lower()}")
        assert violations(desk) == []
    press(mine, "Upload again")
    assert desk.get_by_label("File", exact=True).input_value() == str(tmp_path / "trips.parquet")
    assert desk.get_by_label("Target", exact=True).input_value() == "oss://test-bucket/raw/trips.parquet"
    before = len(sandbox.requests)
    press(desk, "Start upload")
    desk.locator(".ossj-item", has_text="already there").wait_for(timeout=WAIT_MS)
    assert len(sandbox.requests) > before
    desk.get_by_role("tab", name="History").click()
    ends.filter(has_text="Already there").filter(has_text="test-bucket").wait_for(timeout=WAIT_MS)


def test_the_keyboard_reaches_what_has_ended(
    open_notebook: Open, settings: str, history: HistoryFile, picture: Picture
) -> None:
    """Arrows choose the tab, Tab goes on into it; in Chinese and in a narrow page, too."""
    notebook = open_notebook(
        settings,
        "oj.settings().language = 'zh'\n%oss_panel",
        viewport={"width": 700, "height": 900},
        permissions=["clipboard-read", "clipboard-write"],
    )
    notebook.run(0)
    notebook.run(1)
    desk = desk_of(notebook, 1)
    keyboard, focused = notebook.page.keyboard, notebook.page.locator(":focus")
    uploads = desk.get_by_role("tab", name="上传任务")
    uploads.focus()
    assert (uploads.get_attribute("aria-selected"), desk.get_by_label("目标", exact=True).is_visible()) == (
        "true",
        True,
    )
    keyboard.press("ArrowRight")
    assert (focused.inner_text(), focused.get_attribute("aria-selected")) == ("历史记录", "true")
    assert not desk.get_by_label("目标", exact=True).is_visible()
    desk.locator(".ossj-ended").first.wait_for(timeout=WAIT_MS)
    picture(notebook, 1, "history-zh-narrow")
    while focused.inner_text() != "复制地址":
        keyboard.press("Tab")
    keyboard.press("Enter")
    desk.get_by_role("button", name="已复制").first.wait_for(timeout=WAIT_MS)
    assert str(notebook.page.evaluate("navigator.clipboard.readText()")).endswith(EVIL)
    uploads.focus()
    keyboard.press("End")
    assert focused.inner_text() == "历史记录"
    keyboard.press("Home")
    assert focused.inner_text() == "上传任务"
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 2
