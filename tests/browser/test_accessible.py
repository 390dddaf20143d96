"""Who sees little, or uses no mouse: the rules of axe-core in three themes, and a way through with Tab alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oss_jupyter.sandbox import Fault, Sandbox

from .axe import violations
from .driver import Notebook
from .test_card import MIB, WAIT_MS, Open, Picture, card_of, wait_for_status
from .test_desk import desk_of, settings

if TYPE_CHECKING:
    from playwright.sync_api import Locator

__all__ = ["settings"]

pytestmark = pytest.mark.timeout(300)

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark", "contrast": "JupyterLab Dark High Contrast"}
# What can be reached at all: shown, not disabled, and not one of several places that are reached as one.
# A tab that is not chosen is reached by the arrows.
CONTROLS = """(element) => [...element.querySelectorAll('button, input, select, summary, a[href], [tabindex="0"]')]
    .filter((control) => control.tabIndex >= 0 && control.checkVisibility({visibilityProperty: true}))
    .map((control) => {
        control.dataset.control ??= String((window.controls = (window.controls ?? 0) + 1));
        return control.dataset.control;
    })"""
FOCUSED = """() => {
    const control = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(control);
    const seen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
    return { name: control.dataset.control ?? '', seen, html: control.outerHTML.slice(0, 120) };
}"""


def begin(open_notebook: Open, sandbox: Sandbox, settings: str, folder: Path, *more: str) -> Notebook:
    """Cards 1 to 4: completed, failed, of a dataset of which a file failed, and one that is paused."""
    sizes = {"done.bin": MIB, "failed.bin": 4 * MIB, "paused.bin": 8 * MIB, "data/a.bin": 100, "data/b.bin": 100}
    for name, size in sizes.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(os.urandom(size))
    sandbox.faults.add(
        Fault("UploadPart", key="raw/failed.bin", code="AccessDenied", status=403, skip=3, times=None),
        Fault("PutObject", key="raw/data/b.bin", code="InvalidArgument", status=400, times=None),
    )
    uploads = [
        f"%oss_upload {name} oss://test-bucket/raw/{to} --part-size 256KiB"
        for name, to in (("done.bin", ""), ("failed.bin", ""), ("data/", "data/"), ("paused.bin", ""))
    ]
    pause = "import time\npaused = oj.transfers()[-1]\nwhile not paused.snapshot().parts_done: time.sleep(0.1)\n"
    pause += "paused.pause()"
    notebook = open_notebook(settings, *uploads, pause, *more, viewport={"width": 1200, "height": 1200})
    for index in range(4):
        notebook.run(index)
    for index, word in enumerate(("Completed", "Failed", "Completed with errors"), 1):
        wait_for_status(card_of(notebook, index), word)
    sandbox.rate_bytes_per_second = MIB
    for index in range(4, 6 + len(more)):
        notebook.run(index)
    wait_for_status(card_of(notebook, 4), "Paused")
    return notebook


def show_all(element: Locator) -> None:
    element.evaluate("(element) => element.querySelectorAll('details').forEach((one) => (one.open = true))")


def test_no_rule_of_axe_is_broken_in_any_theme(
    open_notebook: Open,
    sandbox: Sandbox,
    settings: str,
    tmp_path: Path,
    picture: Picture,
) -> None:
    """Cards in each state, the desk and the banner have names, roles, and contrast that is enough."""
    notebook = begin(open_notebook, sandbox, settings, tmp_path, "%oss_panel")
    shown = [card_of(notebook, index) for index in (1, 2, 3, 4)] + [desk_of(notebook, 6)]
    for element in shown:
        show_all(element)
    wrong = []
    for short, theme in THEMES.items():
        notebook.set_theme(theme)
        notebook.page.wait_for_timeout(300)
        picture(notebook, 6, f"accessible-desk-{short}")
        wrong += [f"{short} {found}" for element in shown for found in violations(element)]
    notebook.restart_kernel()
    notebook.run(0)
    banner = desk_of(notebook, 0)
    stopped = card_of(notebook, 4)
    for short, theme in THEMES.items():
        notebook.set_theme(theme)
        notebook.page.wait_for_timeout(300)
        picture(notebook, 0, f"accessible-banner-{short}")
        wrong += [f"{short} {found}" for element in (banner, stopped) for found in violations(element)]
    notebook.set_theme(THEMES["light"])
    assert wrong == []


def tab_through(notebook: Notebook, element: Locator) -> list[dict[str, Any]]:
    """Return what Tab comes by in an element, from its first control to where it leaves it."""
    names = element.evaluate(CONTROLS)
    element.locator(f'[data-control="{names[0]}"]').focus()
    notebook.page.keyboard.press("Shift+Tab")  # only what a key has focused shows that it is
    passed: list[dict[str, Any]] = []
    for _ in range(2 * len(names)):
        notebook.page.keyboard.press("Tab")
        focused = notebook.page.evaluate(FOCUSED)
        if focused["name"] in names:
            passed.append(focused)
        elif passed:
            break  # before the first one it may stand on what the page has in front of the card
    assert [control["name"] for control in passed] == names  # in the order in which they are read
    return passed


def test_tab_comes_by_every_control_and_shows_where_it_is(
    open_notebook: Open,
    sandbox: Sandbox,
    settings: str,
    tmp_path: Path,
) -> None:
    """In a card and on the desk nothing needs a mouse; the order is the one of reading, and the focus can be seen."""
    notebook = begin(open_notebook, sandbox, settings, tmp_path, "%oss_panel")
    for element in [card_of(notebook, index) for index in (1, 2, 3, 4)] + [desk_of(notebook, 6)]:
        element.scroll_into_view_if_needed(timeout=WAIT_MS)
        passed = tab_through(notebook, element)
        assert [control["html"] for control in passed if not control["seen"]] == []
