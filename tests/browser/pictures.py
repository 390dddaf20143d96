"""Takes the README's pictures of JupyterLab anew: ``python -m tests.browser.pictures [FOLDER]``."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from oss_jupyter.sandbox import Key, Sandbox

from . import lab_extension
from .driver import Lab, Notebook, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Locator, Page

MIB = 1024 * 1024
SIZE = {"width": 1100, "height": 900}
CELL = "import pandas as pd\ntrips = pd.read_parquet('trips.parquet')"


@contextmanager
def stage() -> Iterator[tuple[Lab, Browser, Sandbox]]:
    """A JupyterLab with files as people have them, a browser, and a service with a slow line."""
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        with Sandbox(folder / "objects", keys=[Key("test-key-id", "test-key-secret")]) as sandbox:
            sandbox.create_bucket("my-bucket")
            environment = {
                "OSS_ACCESS_KEY_ID": "test-key-id", "OSS_ACCESS_KEY_SECRET": "test-key-secret",
                "OSS_ENDPOINT": sandbox.endpoint, "OSS_REGION": sandbox.region, "JUPYTER_PATH": str(folder / "share"),
            }  # fmt: skip
            lab_extension.install(folder / "share")
            with Lab(folder / "lab", environment=environment) as lab:
                (lab.work / "photos").mkdir()
                for path, size in {"photos/1.jpg": 200_000, "trips.parquet": 24 * MIB, "weather.csv": 300_000}.items():
                    (lab.work / path).write_bytes(os.urandom(size))
                yield lab, browser, sandbox


def begin_uploads(page: Page, sandbox: Sandbox) -> Locator:
    """Upload what lies there, from the file browser's menu; return the panel while the large file is on its way."""
    sandbox.rate_bytes_per_second = MIB
    open_menu(page, "photos", "weather.csv", "trips.parquet")
    page.locator('.lm-Menu-item[data-command="oss-jupyter:upload"]').click()
    dialog = page.locator(".ossj-lab-dialog")
    dialog.get_by_label("Target", exact=True).fill("oss://my-bucket/data/")
    dialog.get_by_role("button", name="Start upload").click()
    panel = page.locator(".ossj-lab-panel")
    panel.locator(".ossj-item", has_text="Completed").nth(1).wait_for()
    panel.locator(".ossj-item", has_text=" left").wait_for()
    return panel


def open_menu(page: Page, *names: str) -> None:
    """Choose files in the file browser and open their menu."""
    page.evaluate("jupyterapp.commands.execute('filebrowser:activate')")
    page.evaluate("jupyterapp.commands.execute('filebrowser:refresh')")
    items = [page.locator(".jp-DirListing-item", has_text=name) for name in names]
    for number, item in enumerate(items):
        item.click(modifiers=["Control"] if number else [])
    items[-1].click(button="right")
    page.locator('.lm-Menu-item[data-command="oss-jupyter:upload"]').hover()


def main(folder: Path) -> None:
    """Write the four pictures."""
    with stage() as (lab, browser, sandbox):
        notebook = lab.open(browser, [CELL], "analysis", viewport=SIZE)
        begin_uploads(notebook.page, sandbox)
        for theme, word in {"JupyterLab Light": "light", "JupyterLab Dark": "dark"}.items():
            notebook.set_theme(theme)
            _take(notebook, folder / f"lab-{word}.png")
            open_menu(notebook.page, "trips.parquet")
            _take(notebook, folder / f"lab-menu-{word}.png", {"x": 0, "y": 28, "width": 640, "height": 330})
            notebook.page.keyboard.press("Escape")
        notebook.close()


def _take(notebook: Notebook, path: Path, clip: FloatRect | None = None) -> None:
    if not clip:
        notebook.page.mouse.move(500, 600)
    notebook.page.wait_for_timeout(500)  # what fades has faded
    notebook.page.screenshot(path=path, clip=clip)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
