"""The plan of a dataset on a page: it is read and filtered where no kernel, no script and no style is left."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .driver import Lab, Notebook
from .test_card import Open, Picture

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.timeout(300)

PLAN = """
import oss_jupyter as oj
from oss_jupyter.model.dataset import Action
from oss_jupyter.model.dataset_plan import PlanBuilder
from oss_jupyter.model.planned_rows import PlannedFile
oj.transfers()
builder = PlanBuilder("oss://my-bucket/raw/", "data/")
for number in range(12_000):
    action, why = [(Action.SEND, "new"), (Action.SEND, "other_size"), (Action.SKIP, "same_bytes")][number % 3]
    name = f"class_{number // 1000:02d}/img_{number:06d}.jpg"
    builder.add(PlannedFile(f"/data/{name}", f"raw/{name}", 20_000 + number, action, why, 1))
builder.add(PlannedFile("/data/secret.bin", "raw/secret.bin", 0, Action.CANNOT, "unreadable: Permission denied"))
builder.plan(lists=12)
""".strip()


def is_filtered(notebook: Notebook) -> None:
    """Expect all rows at first, and only those of an action when its fold is opened."""
    output = notebook.cell(0).locator(".jp-OutputArea-output")
    folds = output.locator("details")
    assert folds.count() == 4
    assert folds.nth(3).locator("summary").inner_text() == "cannot: 1 file"
    skipped = folds.nth(2)
    row = skipped.get_by_text("class_00/img_000002.jpg")
    assert folds.nth(0).get_by_text("class_00/img_000000.jpg").is_visible()
    assert not row.is_visible()
    skipped.locator("summary").click()
    assert row.is_visible()
    assert skipped.get_by_text("changed: other size").count() == 0
    folds.nth(3).locator("summary").click()
    assert folds.nth(3).get_by_text("it cannot be read: Permission denied").is_visible()


def test_a_plan_is_filtered_also_where_nothing_is_trusted(
    open_notebook: Open, lab: Lab, browser: Browser, picture: Picture
) -> None:
    """Opening a fold shows the rows of its action, in a live notebook and in a copy that somebody else opens."""
    notebook = open_notebook(PLAN)
    notebook.run(0)
    picture(notebook, 0, "plan-light")
    notebook.set_theme("JupyterLab Dark")
    is_filtered(notebook)
    picture(notebook, 0, "plan-dark")
    notebook.set_theme("JupyterLab Light")
    saved = notebook.save()
    saved["cells"][0]["source"] = "# another notebook than the one that was signed"
    (lab.work / "copy-of-a-plan.ipynb").write_text(json.dumps(saved), encoding="utf-8")
    copy = lab.reopen(browser, "copy-of-a-plan")
    try:
        is_filtered(copy)
        picture(copy, 0, "plan-untrusted")
    finally:
        copy.close()
