"""What JupyterLab's extension does to those who do not look at it, or cannot see it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.sandbox import Sandbox

from .axe import violations
from .conftest import ARTIFACTS, MIB
from .driver import Lab, Notebook
from .test_lab_extension import WAIT_MS, page, upload_from_browser, wait_for_rows  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.timeout(300)

_FITS = """(least) => {
    const {right, width} = document.querySelector('.ossj-lab-panel').getBoundingClientRect();
    return width >= least && right < window.innerWidth;
}"""
_THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")


def test_everybody_can_use_the_dialog(own_lab: Lab, page: Page) -> None:  # noqa: F811
    """The rules of axe-core find nothing in it, with its options and a refusal, in each theme; nothing of it is cut."""
    (own_lab.work / "first.bin").write_bytes(os.urandom(1000))
    dialog = upload_from_browser(page, "first.bin")
    dialog.locator("summary").click()
    dialog.get_by_label("Target", exact=True).fill("test-bucket")
    dialog.get_by_role("button", name="Start upload").click()
    dialog.locator(".ossj-error .ossj-advice").wait_for(timeout=WAIT_MS)
    assert dialog.evaluate(
        "(body) => [body.scrollHeight - body.clientHeight, body.querySelector('ul').clientHeight > 0]"
    ) == [
        0,
        True,
    ]
    notebook = Notebook(page, own_lab.work / "test.ipynb", page.url)
    for theme in _THEMES:
        notebook.set_theme(theme)
        assert violations(dialog) == [], theme


def test_a_narrow_page_does_not_cut_the_panel_off(own_lab: Lab, page: Page) -> None:  # noqa: F811
    """Beside the file browser it becomes narrower with the page, down to 600 pixels, and has its width again later."""
    page.evaluate("jupyterapp.shell.activateById('oss-jupyter-uploads')")
    page.evaluate("jupyterapp.commands.execute('filebrowser:activate')")
    page.locator(".ossj-lab-panel .ossj-desk").wait_for()
    for width, least in {600: 250, 1200: 320}.items():
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(_FITS, arg=least)


def test_everybody_can_use_panel_and_status_bar(own_lab: Lab, page: Page, sandbox: Sandbox) -> None:  # noqa: F811
    """The rules of axe-core find nothing there while an upload runs, in each theme."""
    (own_lab.work / "first.bin").write_bytes(os.urandom(4 * MIB))
    sandbox.rate_bytes_per_second = MIB // 8
    dialog = upload_from_browser(page, "first.bin")
    dialog.get_by_label("Target", exact=True).fill("oss://test-bucket/into")
    dialog.get_by_role("button", name="Start upload").click()
    wait_for_rows(page, 1, "Running")
    status = page.locator(".ossj-lab-status")
    status.locator("button", has_text="↑ 1 upload").wait_for(timeout=WAIT_MS)
    notebook = Notebook(page, own_lab.work / "test.ipynb", page.url)
    ARTIFACTS.mkdir(exist_ok=True)
    for theme in _THEMES:
        notebook.set_theme(theme)
        page.screenshot(path=ARTIFACTS / f"lab-{theme.rpartition(' ')[2].lower()}.png")
        assert violations(page.locator(".ossj-lab-panel")) == [], theme
        assert violations(status) == [], theme
    sandbox.rate_bytes_per_second = None
    wait_for_rows(page, 1, "Completed")


def test_what_a_notebook_keeps_is_up_to_date_in_a_page_that_was_loaded_again(
    own_lab: Lab, browser: Browser, sandbox: Sandbox
) -> None:
    """Lab has forgotten then which output its kernel means; the file says all the same how the upload ended."""
    (own_lab.work / "first.bin").write_bytes(os.urandom(32 * MIB))
    sandbox.rate_bytes_per_second = MIB
    cell = "%load_ext oss_jupyter\n%oss_upload first.bin oss://test-bucket/first.bin --part-size 256KiB"
    notebook = own_lab.open(browser, [cell], "kept")
    notebook.run(0)
    assert "while it was running" in saved_words(notebook)
    notebook.reload()
    sandbox.rate_bytes_per_second = None
    notebook.cell(0).locator(".ossj-card .ossj-status", has_text="Completed").wait_for(timeout=WAIT_MS)
    notebook.page.wait_for_function("jupyterapp.shell.currentWidget.context.model.dirty", timeout=WAIT_MS)
    assert "completed · 32 MiB" in saved_words(notebook)
    assert "while it was running" not in saved_words(notebook)
    notebook.close()


def saved_words(notebook: Notebook) -> str:
    """Return what stands in the file beside the card, after saving it."""
    outputs = notebook.save()["cells"][0]["outputs"]
    return "".join("".join(output["data"].get("text/html", "")) for output in outputs)
