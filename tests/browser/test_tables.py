"""The tables of a check and of leftovers on a page: readable in each theme, and keys are no HTML there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.model.history import History
from oss_jupyter.model.history_entry import HistoryEntry, HowEnded
from oss_jupyter.notebook.display.lists import history_html
from oss_jupyter.sandbox import Key, Sandbox

from .axe import violations
from .test_accessible import THEMES
from .test_card import Open, Picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.timeout(300)

ODD = (
    "left/<img src=x onerror=\"document.title='run'\">",
    "left/two\nlines",
    "left/数据 集.csv",
    "left/" + "long-name/" * 20,
)


def test_tables_are_readable_in_each_theme(open_notebook: Open, sandbox: Sandbox, picture: Picture) -> None:
    """What is fine, a warning, wrong or not known has contrast that is enough; a rule to copy keeps its lines."""
    sandbox.keys.put(Key("writer", "writer-secret", permissions=frozenset({"oss:PutObject"})))
    for key in ODD:
        sandbox._core.multipart.initiate("test-bucket", key, {}, time.time() - 864_000)
    place = f"endpoint={sandbox.endpoint!r}, region={sandbox.region!r}, fast=True"
    user = f"oj.check('oss://test-bucket/raw/', credentials=('writer', 'writer-secret'), {place})"
    wrong = f"oj.check('oss://other-bucket/raw/', credentials=key, {place})"
    words = f"--endpoint {sandbox.endpoint} --region {sandbox.region} --credentials key"
    begin = "%load_ext oss_jupyter\nimport oss_jupyter as oj\nkey = ('test-key-id', 'test-key-secret')\n"
    notebook = open_notebook(begin + user, wrong, f"%oss_leftovers oss://test-bucket/left/ {words}")
    for index in range(3):
        notebook.run(index)
    outputs = [notebook.cell(index).locator(".jp-Cell-outputWrapper") for index in range(3)]
    broken = []
    for short, theme in THEMES.items():
        notebook.set_theme(theme)
        notebook.page.wait_for_timeout(300)
        for index, name in enumerate(("check", "check-wrong", "leftovers")):
            picture(notebook, index, f"{name}-{short}")
        broken += [f"{short} {found}" for output in outputs for found in violations(output)]
    notebook.set_theme(THEMES["light"])
    assert broken == []
    assert notebook.page.title() != "run"
    rows = outputs[2].locator("table tr")
    assert rows.count() == len(ODD) + 1
    assert "\n<LifecycleConfiguration>\n  <Rule>\n    <ID>" in outputs[2].locator("pre").inner_text()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_table_wider_than_its_page_moves_by_itself(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """A narrow page that gives its outputs no room of their own, as an export does, stays as wide as it is."""
    place = "oss://my-bucket/raw/2026/trips.parquet"
    entry = HistoryEntry("2026-01-31T12:00:00Z", "id1", "/data/2026/trips.parquet", place, HowEnded.COMPLETED)
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", language)
    page = browser.new_page(viewport={"width": 400, "height": 400})
    page.set_content(history_html(History((entry,))))
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    assert page.evaluate("document.querySelector('table').scrollWidth") > 400
    page.close()
