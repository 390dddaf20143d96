"""Card and desk in marimo, which is no Jupyter: no IPython, no control channel, each widget in a tree of its own."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oss_jupyter.sandbox import Sandbox

from .axe import violations
from .conftest import ARTIFACTS
from .driver import PATIENCE_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MIB = 1024 * 1024
WAIT_MS = 1000 * PATIENCE_SECONDS

pytestmark = pytest.mark.timeout(300)

NOTEBOOK = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import oss_jupyter as oj
    return mo, oj


@app.cell
def _(mo, oj):
    t = oj.upload("big.bin", "oss://test-bucket/", part_size="256KiB")
    mo.ui.anywidget(oj.widget(t))
    return


@app.cell
def _(mo, oj):
    mo.ui.anywidget(oj.widget())
    return


if __name__ == "__main__":
    app.run()
"""


@pytest.fixture
def place(tmp_path: Path, sandbox: Sandbox) -> dict[str, str]:
    """A folder with a notebook and two files, and the environment of a server in it."""
    (tmp_path / "notebook.py").write_text(NOTEBOOK, encoding="utf-8")
    (tmp_path / "big.bin").write_bytes(os.urandom(8 * MIB))
    (tmp_path / "small.bin").write_bytes(os.urandom(MIB))
    own = {name: str(tmp_path) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")}
    keys = {"OSS_ACCESS_KEY_ID": "test-key-id", "OSS_ACCESS_KEY_SECRET": "test-key-secret"}
    reach = {"OSS_ENDPOINT": sandbox.endpoint, "OSS_REGION": sandbox.region}
    return {**os.environ, **own, **keys, **reach, "OSS_JUPYTER_STATE_DIR": str(tmp_path / "state")}


@pytest.fixture
def serve(tmp_path: Path, place: dict[str, str]) -> Iterator[Callable[[str], str]]:
    """Start marimo, and return the address of the notebook; "run" shows an app, "edit" the cells as well."""
    started: list[subprocess.Popen[bytes]] = []

    def start(mode: str) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        token = secrets.token_hex(16)
        options = ["--headless", "--host=127.0.0.1", f"--port={port}", f"--token-password={token}"]
        words = [sys.executable, "-m", "marimo", mode, "notebook.py", *options]
        with (tmp_path / "marimo.log").open("wb") as log:
            started.append(subprocess.Popen(words, cwd=tmp_path, env=place, stdout=log, stderr=log))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            assert time.monotonic() < deadline, (tmp_path / "marimo.log").read_text()
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    return f"http://127.0.0.1:{port}?access_token={token}"
            time.sleep(0.1)

    yield start
    for process in started:
        process.terminate()
        process.wait(20)


def open_page(browser: Browser, address: str, **context: Any) -> Page:
    page = browser.new_page(viewport={"width": 1000, "height": 900}, **context)
    page.set_default_timeout(WAIT_MS)
    page.goto(address)
    return page


def test_an_app_of_marimo_uploads_pauses_and_starts_more(
    browser: Browser, serve: Callable[[str], str], sandbox: Sandbox, tmp_path: Path
) -> None:
    """The card is alive and obeys, the desk starts another upload, and both look like themselves."""
    sandbox.rate_bytes_per_second = MIB
    page = open_page(browser, serve("run"))
    card = page.get_by_role("region", name="Upload of big.bin to oss://test-bucket/big.bin")
    card.locator(".ossj-status", has_text="Running").wait_for()
    card.get_by_role("button", name="Pause").click()
    card.locator(".ossj-status", has_text="Paused").wait_for()
    assert card.evaluate("(card) => getComputedStyle(card).borderTopWidth") == "1px"  # the style has come to it
    desk = page.get_by_role("region", name="Uploads")
    desk.get_by_label("File", exact=True).fill("small.bin")
    desk.get_by_label("Target", exact=True).fill("oss://test-bucket/more/")
    sandbox.rate_bytes_per_second = None
    desk.get_by_role("button", name="Start upload").click()
    desk.locator(".ossj-item", has_text="small.bin").locator(".ossj-status", has_text="Completed").wait_for()
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "marimo-run.png")
    assert violations(desk) == []
    main = card.locator(".ossj-main")
    main.press("Enter")
    card.locator(".ossj-status", has_text="Completed").wait_for()
    focused = card.get_by_role("button", name="Copy link")
    page.wait_for_function("(button) => button.matches(':focus')", arg=focused.element_handle())
    for name, key in (("big.bin", "big.bin"), ("small.bin", "more/small.bin")):
        assert sandbox.object_path("test-bucket", key).read_bytes() == (tmp_path / name).read_bytes()
    page.close()


def test_the_editor_of_marimo_in_the_dark(
    browser: Browser, serve: Callable[[str], str], sandbox: Sandbox, tmp_path: Path
) -> None:
    """The card follows marimo's theme and not the system's, and a page that was loaded again finds it alive."""
    settings = '[tool.marimo.display]\ntheme = "dark"\n[tool.marimo.runtime]\nauto_instantiate = true\n'
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    sandbox.rate_bytes_per_second = MIB // 8
    page = open_page(browser, serve("edit"), color_scheme="light")
    card = page.get_by_role("region", name="Upload of big.bin to oss://test-bucket/big.bin")
    card.locator(".ossj-status", has_text="Running").wait_for()
    page.reload()
    card.locator(".ossj-status", has_text="Running").wait_for()
    card.scroll_into_view_if_needed()
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "marimo-edit-dark.png")
    card.get_by_role("button", name="Pause").click()
    card.locator(".ossj-status", has_text="Paused").wait_for()
    colour = card.evaluate("(card) => getComputedStyle(card).backgroundColor")
    assert max(map(int, colour.removeprefix("rgb(").removesuffix(")").split(", "))) < 90
    page.close()
