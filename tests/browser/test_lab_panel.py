"""JupyterLab's panel over several kernels: it shows and drives all uploads, whoever runs them and whatever is open."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.sandbox import Sandbox

from .conftest import ARTIFACTS, MIB
from .driver import PATIENCE_SECONDS, Lab, Notebook
from .test_lab_extension import WAIT_MS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.timeout(300)
# It sleeps in small steps: the kernel is as busy, and its processor is free for the page.
BUSY = "import time\nfrom pathlib import Path\nwhile not Path('enough').exists(): time.sleep(0.05)"

# As the system kills what takes too much memory.
_KILL = """async () => {
    const {sessions} = jupyterapp.serviceManager;
    const model = [...sessions.running()].find(({type}) => type === 'oss_jupyter');
    const code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)";
    sessions.connectTo({model}).kernel.requestExecute({code, store_history: false}).done.catch(() => {});
}"""


def upload(lab: Lab, name: str, size: int = 24 * MIB) -> str:
    """Make a file and return the cell that uploads it."""
    (lab.work / name).write_bytes(os.urandom(size))
    options = "--part-size 256KiB --parallel 2"
    return f"%load_ext oss_jupyter\nt = %oss_upload '{name}' 'oss://test-bucket/{name}' {options}"


@pytest.fixture
def notebook(own_lab: Lab, browser: Browser, sandbox: Sandbox) -> Iterator[Notebook]:
    """A notebook that uploads slowly, while a cell of it computes."""
    sandbox.rate_bytes_per_second = MIB // 4
    opened = own_lab.open(
        browser, [upload(own_lab, "first.bin"), BUSY], "training", viewport={"width": 1400, "height": 900}
    )
    opened.run(0)
    opened.start(1)
    yield opened
    opened.page.close()
    (own_lab.work / "enough").touch()


def show_panel(page: Page) -> Locator:
    """Open the panel as whoever clicks on its tab does, and return it."""
    page.evaluate("async () => { await jupyterapp.restored; jupyterapp.commands.execute('oss-jupyter:show-uploads'); }")
    panel = page.locator(".ossj-lab-panel")
    panel.locator(".ossj-desk").wait_for(timeout=WAIT_MS)
    return panel


def row(panel: Locator, name: str, state: str = "") -> Locator:
    """Return the row of an upload, once it is there and says so."""
    found = panel.locator(".ossj-item", has_text=name).filter(has_text=state)
    found.wait_for(timeout=WAIT_MS)
    return found


def picture(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png")


def sessions(lab: Lab, kind: str) -> list[dict[str, dict[str, str]]]:
    return [one for one in lab.ask("GET", "sessions") if one["type"] == kind]


def wait_for_object(page: Page, sandbox: Sandbox, path: Path) -> None:
    """Wait until a file is in the bucket, whole."""
    for _ in range(int(PATIENCE_SECONDS * 5)):
        page.wait_for_timeout(200)
        stored = sandbox.object_path("test-bucket", path.name)
        if stored.exists() and stored.read_bytes() == path.read_bytes():
            return
    raise AssertionError(f"{path.name} is not in the bucket")


def test_a_notebooks_upload_is_in_the_status_bar_before_anybody_asks(own_lab: Lab, notebook: Notebook) -> None:
    """It is heard from the kernel that runs it, busy as that is: no other kernel is started for it."""
    status = notebook.page.locator(".ossj-lab-status-button")
    status.filter(has_text=re.compile(r"^↑ 1 upload · .*[KM]iB/s · .* left$")).wait_for(timeout=WAIT_MS)
    picture(notebook.page, "lab-status-of-a-notebook")
    assert sessions(own_lab, "oss_jupyter") == []
    status.click()
    panel = notebook.page.locator(".ossj-lab-panel")
    row(panel, "first.bin", "in training.ipynb")
    assert len(sessions(own_lab, "oss_jupyter")) == 1
    notebook.page.set_viewport_size({"width": 760, "height": 620})
    picture(notebook.page, "lab-panel-narrow")


def test_three_kernels_uploads_are_driven_from_the_panel(
    own_lab: Lab, notebook: Notebook, browser: Browser, sandbox: Sandbox
) -> None:
    """A busy notebook's, that of one whose page is closed, and the panel's own: each is shown and obeys.

    Names are texts, those of notebooks, too.
    """
    closed = "<img src=x onerror=document.title='hit'> closed"
    second = own_lab.open(browser, [upload(own_lab, "second.bin"), BUSY], closed)
    second.run(0)
    second.start(1)
    second.page.close()
    page = notebook.page
    panel = show_panel(page)
    upload(own_lab, "third.bin")
    panel.get_by_label("File", exact=True).fill("third.bin")
    panel.get_by_label("Target", exact=True).fill("oss://test-bucket/third.bin")
    panel.get_by_role("button", name="Start upload").click()
    for name, words in {"first.bin": "in training.ipynb", "second.bin": f"in {closed}.ipynb", "third.bin": ""}.items():
        row(panel, name, words).get_by_role("button", name="Pause").wait_for(timeout=WAIT_MS)
    page.locator(".ossj-lab-status-button", has_text="↑ 3 uploads").wait_for(timeout=WAIT_MS)
    picture(page, "lab-panel-three-kernels-light")
    for name in ("first.bin", "second.bin"):
        row(panel, name).get_by_role("button", name="Pause").click()
        row(panel, name, "Paused").get_by_role("button", name="Resume").wait_for(timeout=WAIT_MS)
    page.locator(".ossj-lab-status-button", has_text="↑ 1 upload ·").wait_for(timeout=WAIT_MS)
    row(panel, "second.bin").get_by_role("button", name="Details").click()
    panel.locator(".ossj-detail .ossj-card", has_text="second.bin").wait_for(timeout=WAIT_MS)
    assert not panel.locator("img").count()
    assert page.title() != "hit"
    notebook.set_theme("JupyterLab Dark")
    page.wait_for_timeout(500)
    picture(page, "lab-panel-three-kernels-dark")
    row(panel, "second.bin").get_by_role("button", name="Abort").click()
    row(panel, "second.bin").get_by_role("button", name="Delete the parts").click()
    row(panel, "second.bin", "Aborted")
    sandbox.rate_bytes_per_second = None
    row(panel, "first.bin").get_by_role("button", name="Resume").click()
    for name in ("first.bin", "third.bin"):
        row(panel, name, "Completed")
        assert sandbox.object_path("test-bucket", name).read_bytes() == (own_lab.work / name).read_bytes()


def test_the_panels_own_upload_outlives_notebook_and_page(own_lab: Lab, notebook: Notebook, sandbox: Sandbox) -> None:
    """A restart and a closed notebook end what that kernel sent, and nothing else; a reload finds the panel's again."""
    page = notebook.page
    panel = show_panel(page)
    upload(own_lab, "own.bin")
    panel.get_by_label("File", exact=True).fill("own.bin")
    panel.get_by_label("Target", exact=True).fill("oss://test-bucket/own.bin")
    panel.get_by_role("button", name="Start upload").click()
    row(panel, "own.bin").get_by_role("button", name="Pause").wait_for(timeout=WAIT_MS)
    before = sessions(own_lab, "oss_jupyter")[0]["kernel"]["id"]
    (training,) = sessions(own_lab, "notebook")
    own_lab.ask("POST", f"kernels/{training['kernel']['id']}/restart")
    row(panel, "first.bin", "Interrupted")
    own_lab.ask("DELETE", f"sessions/{training['id']}")
    page.evaluate("jupyterapp.shell.currentWidget?.close()")
    row(panel, "own.bin").get_by_role("button", name="Pause").wait_for(timeout=WAIT_MS)
    picture(page, "lab-panel-without-a-notebook")
    page.reload()
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('oss-jupyter:show-uploads')")
    panel = show_panel(page)
    row(panel, "own.bin").get_by_role("button", name="Pause").wait_for(timeout=WAIT_MS)
    sandbox.rate_bytes_per_second = None
    row(panel, "own.bin", "Completed")
    assert sessions(own_lab, "oss_jupyter")[0]["kernel"]["id"] == before
    wait_for_object(page, sandbox, own_lab.work / "own.bin")


def test_a_kernel_that_has_ended_unseen_is_there_when_the_panel_is(own_lab: Lab, browser: Browser) -> None:
    """Hidden, the panel does not hold its kernel; whoever looks again has a desk, and not one that nobody answers."""
    profile = own_lab.directory / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_config.py").write_text("get_config().OssJupyter.panel_idle_minutes = 0.1")
    page = own_lab.open(browser, ["1 + 1"]).page
    show_panel(page)
    (first,) = sessions(own_lab, "oss_jupyter")
    page.evaluate("jupyterapp.shell.collapseRight()")
    for _ in range(int(PATIENCE_SECONDS * 5)):
        page.wait_for_timeout(200)
        if not sessions(own_lab, "oss_jupyter"):
            break
    panel = show_panel(page)
    panel.get_by_role("button", name="Browse…").click()
    panel.locator(".ossj-chooser option", has_text="test.ipynb").wait_for(timeout=WAIT_MS)
    (second,) = sessions(own_lab, "oss_jupyter")
    assert second["kernel"]["id"] != first["kernel"]["id"]
    page.close()


def test_a_kernel_that_was_killed_is_followed_on(own_lab: Lab, notebook: Notebook, sandbox: Sandbox) -> None:
    """The server starts it anew, and the panel says at once what became of its upload, which then goes on."""
    page = notebook.page
    panel = show_panel(page)
    upload(own_lab, "own.bin")
    panel.get_by_label("File", exact=True).fill("own.bin")
    panel.get_by_label("Target", exact=True).fill("oss://test-bucket/own.bin")
    panel.get_by_role("button", name="Start upload").click()
    row(panel, "own.bin").get_by_role("button", name="Pause").wait_for(timeout=WAIT_MS)
    page.evaluate(_KILL)
    row(panel, "own.bin", "Interrupted").get_by_role("button", name="Resume").wait_for(timeout=WAIT_MS)
    page.evaluate("jupyterapp.commands.execute('apputils:display-notifications')")
    page.locator(".jp-Notification-List", has_text="own.bin: Interrupted").wait_for(timeout=WAIT_MS)
    page.keyboard.press("Escape")
    sandbox.rate_bytes_per_second = None
    row(panel, "own.bin").get_by_role("button", name="Resume").click()
    row(panel, "own.bin", "Completed")
    wait_for_object(page, sandbox, own_lab.work / "own.bin")


def test_another_server_at_the_same_address_is_found(own_lab: Lab, notebook: Notebook, sandbox: Sandbox) -> None:
    """The page shows no longer what an ended kernel told, and comes back by itself to what it has left."""
    page = notebook.page
    panel = show_panel(page)
    row(panel, "first.bin").get_by_role("button", name="Pause").wait_for(timeout=WAIT_MS)
    own_lab.restart()
    row(panel, "first.bin", "Interrupted").get_by_role("button", name="Resume").wait_for(timeout=WAIT_MS)
    page.locator(".ossj-lab-status-button").wait_for(state="hidden", timeout=WAIT_MS)
    assert len(sessions(own_lab, "oss_jupyter")) == 1


def test_files_dragged_onto_the_panel_open_the_dialog(own_lab: Lab, notebook: Notebook, sandbox: Sandbox) -> None:
    """The panel shows where they may be dropped; a file and a folder are uploaded, and elsewhere nothing happens."""
    page = notebook.page
    sandbox.rate_bytes_per_second = None
    (own_lab.work / "folder").mkdir()
    (own_lab.work / "folder" / "in it.bin").write_bytes(os.urandom(1000))
    (own_lab.work / "a dragged.bin").write_bytes(os.urandom(1000))
    panel = show_panel(page)
    page.evaluate("jupyterapp.commands.execute('filebrowser:activate')")
    page.evaluate("jupyterapp.commands.execute('filebrowser:refresh')")
    page.locator(".jp-DirListing-item", has_text="a dragged.bin").click()
    page.locator(".jp-DirListing-item", has_text="folder").click(modifiers=["Control"])
    start = page.locator(".jp-DirListing-item", has_text="folder").bounding_box()
    goal = panel.bounding_box()
    assert start is not None
    assert goal is not None
    page.mouse.move(start["x"] + 30, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(goal["x"] - 40, goal["y"] + 200, steps=12)
    assert not panel.locator(".ossj-lab-goal").is_visible()
    page.mouse.move(goal["x"] + 100, goal["y"] + 200, steps=6)
    panel.locator(".ossj-lab-goal", has_text="Drop here").wait_for(timeout=WAIT_MS)
    picture(page, "lab-panel-drop")
    page.mouse.up()
    dialog = page.locator(".ossj-lab-dialog")
    dialog.wait_for(timeout=WAIT_MS)
    assert not panel.locator(".ossj-lab-goal").is_visible()
    assert sorted(dialog.locator("li").all_inner_texts()) == ["a dragged.bin", "folder/"]
    dialog.get_by_label("Target", exact=True).fill("oss://test-bucket/dropped/")
    dialog.get_by_role("button", name="Start upload").click()
    row(panel, "a dragged.bin", "Completed")
    row(panel, "folder", "Completed")
    assert sandbox.object_path("test-bucket", "dropped/a dragged.bin").exists()
