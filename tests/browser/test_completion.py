"""Tab on a line of ours in a real JupyterLab: what is shown, what is put in, and that the line runs then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.sandbox import Sandbox

from .driver import Notebook

if TYPE_CHECKING:
    from playwright.sync_api import Locator

Open = Callable[..., Notebook]
Screenshot = Callable[[Notebook, str], None]

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def notebook(open_notebook: Open, sandbox: Sandbox, tmp_path: Path) -> Notebook:
    """A notebook whose first cell has prepared everything, and whose second one is empty."""
    (tmp_path / "my trips.bin").write_bytes(b"x" * 1000)
    (tmp_path / "others.bin").write_bytes(b"x" * 2000)
    prepare = f"""import os
os.chdir({str(tmp_path)!r})
os.environ.update(OSS_ENDPOINT={sandbox.endpoint!r}, OSS_REGION="cn-hangzhou",
                  OSS_ACCESS_KEY_ID="test-key-id", OSS_ACCESS_KEY_SECRET="test-key-secret")
%load_ext oss_jupyter
for key in ("raw/2024/a.bin", "raw/2025/a.bin"):
    %oss_upload --wait others.bin oss://test-bucket/{{key}}
table = b"a,b"
"""
    opened = open_notebook(prepare, "")
    opened.run(0)
    return opened


def type_and_tab(notebook: Notebook, text: str) -> Locator:
    """Type into the second cell, press Tab, and return the list that is shown."""
    notebook.cell(1).locator(".cm-content").click()
    notebook.page.keyboard.type(text)
    notebook.page.keyboard.press("Tab")
    shown = notebook.page.locator(".jp-Completer")
    shown.locator(".jp-Completer-item").first.wait_for()
    return shown


def ours(shown: Locator) -> list[str]:
    """Return what the kernel offers, each with what is said beside it; JupyterLab adds words of the notebook."""
    items = (text.split("\n") for text in shown.locator(".jp-Completer-item").all_inner_texts())
    return [": ".join(lines[1:]) for lines in items if len(lines) == 3]


def choose(notebook: Notebook, wanted: str) -> None:
    """Take the one that is marked, and wait until the line reads so."""
    notebook.page.keyboard.press("Enter")
    notebook.cell(1).locator(".cm-line").get_by_text(wanted, exact=True).wait_for()


def test_an_option_with_its_help(notebook: Notebook, screenshot: Screenshot) -> None:
    """A list shows options, and beside each what it is for."""
    shown = type_and_tab(notebook, "%oss_upload table oss://test-bucket/t.csv --st")
    assert ours(shown) == ["--storage-class: standard, ia, archive, coldarchive or deepcoldarchive."]
    screenshot(notebook, "completion-option")
    choose(notebook, "%oss_upload table oss://test-bucket/t.csv --storage-class")


def test_a_path_with_a_space(notebook: Notebook) -> None:
    """It is put in within its quotes, and the line runs."""
    assert ours(type_and_tab(notebook, '%oss_upload --wait "my')) == ['"my trips.bin": 1000 b']
    choose(notebook, '%oss_upload --wait "my trips.bin"')
    notebook.page.keyboard.press("End")
    notebook.page.keyboard.type(" oss://test-bucket/mine.bin")
    notebook.run(1)
    assert "Completed" in notebook.cell(1).inner_text()


def test_folders_of_a_bucket(notebook: Notebook, screenshot: Screenshot) -> None:
    """One level at a time, as the service lists it."""
    shown = type_and_tab(notebook, "%oss_upload others.bin oss://test-bucket/raw/20")
    assert ours(shown) == [f"oss://test-bucket/raw/{year}/: folder" for year in (2024, 2025)]
    screenshot(notebook, "completion-bucket")
    notebook.page.keyboard.press("ArrowDown")
    choose(notebook, "%oss_upload others.bin oss://test-bucket/raw/2025/")


def test_a_variable(notebook: Notebook) -> None:
    """What the notebook holds can be sent by its name."""
    assert ours(type_and_tab(notebook, "t = %oss_upload tab")) == ["table: bytes"]
    choose(notebook, "t = %oss_upload table")


def test_an_upload_with_its_file(notebook: Notebook) -> None:
    """An id says nothing, so the name of the file stands beside it."""
    shown = ours(type_and_tab(notebook, "%oss_uploads show "))
    assert [one.partition(": ")[2] for one in shown] == ["others.bin, completed"] * 2
    choose(notebook, f"%oss_uploads show {shown[0].partition(':')[0]}")
