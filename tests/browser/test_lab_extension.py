"""JupyterLab's own menus and panel: from the file browser into OSS, with no notebook."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from oss_jupyter.sandbox import Sandbox
from oss_jupyter.version import __version__

from .conftest import ARTIFACTS, MIB
from .driver import PATIENCE_SECONDS, Lab
from .lab_extension import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.timeout(300)
WAIT_MS = 1000 * PATIENCE_SECONDS


@pytest.fixture
def page(own_lab: Lab, browser: Browser) -> Iterator[Page]:
    notebook = own_lab.open(browser, ["1 + 1"])
    yield notebook.page
    notebook.page.close()


def upload_from_browser(page: Page, *names: str) -> Locator:
    """Choose files in the file browser and "Upload to OSS…" in their menu; return the dialog."""
    page.evaluate("jupyterapp.commands.execute('filebrowser:activate')")
    page.evaluate("jupyterapp.commands.execute('filebrowser:refresh')")
    items = [page.locator(".jp-DirListing-item", has_text=name) for name in names]
    items[0].click()
    for item in items[1:]:
        item.click(modifiers=["Control"])
    items[-1].click(button="right")
    page.locator('.lm-Menu-item[data-command="oss-jupyter:upload"]').click()
    dialog = page.locator(".ossj-lab-dialog")
    dialog.wait_for()
    return dialog


def kernels(lab: Lab) -> list[str]:
    return [session["kernel"]["id"] for session in lab.ask("GET", "sessions") if session["type"] == "oss_jupyter"]


def wait_for_rows(page: Page, count: int, state: str) -> None:
    rows = page.locator(".ossj-lab-panel .ossj-item", has_text=state)
    rows.nth(count - 1).wait_for(timeout=WAIT_MS)


def test_files_and_a_folder_from_the_file_browser(own_lab: Lab, page: Page, sandbox: Sandbox) -> None:
    """Two files and a folder go up from their menu, in one kernel of JupyterLab's own, and the panel shows them."""
    names = ["first.bin", "<img src=x onerror=document.title='hit'>.bin"]
    for name in names:
        (own_lab.work / name).write_bytes(os.urandom(MIB))
    (own_lab.work / "folder").mkdir()
    (own_lab.work / "folder" / "in it.bin").write_bytes(os.urandom(1000))
    dialog = upload_from_browser(page, *names)
    dialog.get_by_label("Target", exact=True).fill("oss://test-bucket/into")
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "lab-dialog.png")
    dialog.get_by_role("button", name="Start upload").click()
    wait_for_rows(page, 2, "Completed")
    page.screenshot(path=ARTIFACTS / "lab-panel.png")
    for name in names:
        assert sandbox.object_path("test-bucket", f"into/{name}").read_bytes() == (own_lab.work / name).read_bytes()
    first = kernels(own_lab)
    dialog = upload_from_browser(page, "folder")
    dialog.get_by_label("Target", exact=True).fill("oss://test-bucket/set/")
    dialog.get_by_role("button", name="Start upload").click()
    wait_for_rows(page, 3, "Completed")
    assert kernels(own_lab) == first
    assert len(first) == 1
    assert page.title() != "hit"
    assert not page.locator(".ossj-lab-panel img").count()


def test_a_refusal_is_shown_in_the_dialog(own_lab: Lab, page: Page) -> None:
    """A wrong target costs nothing: the dialog stays, with four lines and what was typed."""
    (own_lab.work / "first.bin").write_bytes(os.urandom(1000))
    dialog = upload_from_browser(page, "first.bin")
    dialog.get_by_label("Target", exact=True).fill("test-bucket/into")
    dialog.get_by_role("button", name="Start upload").click()
    dialog.locator(".ossj-error .ossj-advice").wait_for(timeout=WAIT_MS)
    assert dialog.get_by_label("Target", exact=True).input_value() == "test-bucket/into"


def test_the_enter_key_starts_the_upload(own_lab: Lab, page: Page, sandbox: Sandbox) -> None:
    """Not where it ends what is composed, as Chinese is; and on Cancel it cancels."""
    (own_lab.work / "first.bin").write_bytes(os.urandom(1000))
    dialog = upload_from_browser(page, "first.bin")
    dialog.get_by_role("button", name="Start upload").wait_for()
    target = dialog.get_by_label("Target", exact=True)
    target.fill("oss://test-bucket/by-key.bin")
    target.evaluate("""(input) => input.dispatchEvent(
        new KeyboardEvent("keydown", {key: "Enter", keyCode: 13, isComposing: true, bubbles: true}))""")
    dialog.get_by_role("button", name="Start upload").wait_for()
    page.get_by_role("button", name="Cancel").press("Enter")
    dialog.wait_for(state="detached")
    assert not page.locator(".ossj-lab-panel .ossj-item").count()
    dialog = upload_from_browser(page, "first.bin")
    dialog.get_by_role("button", name="Start upload").wait_for()
    dialog.get_by_label("Target", exact=True).fill("oss://test-bucket/by-key.bin")
    dialog.get_by_label("Target", exact=True).press("Enter")
    wait_for_rows(page, 1, "Completed")
    assert sandbox.object_path("test-bucket", "by-key.bin").exists()


def test_targets_are_completed(own_lab: Lab, page: Page, sandbox: Sandbox) -> None:
    """Buckets, and what lies in them, are offered while the target is typed."""
    (own_lab.work / "first.bin").write_bytes(os.urandom(1000))
    dialog = upload_from_browser(page, "first.bin")
    target = dialog.get_by_label("Target", exact=True)
    target.fill("oss://te")
    page.locator('#ossj-lab-targets option[value="oss://test-bucket/"]').wait_for(state="attached", timeout=WAIT_MS)


def test_an_upload_outlives_notebook_and_page(own_lab: Lab, page: Page, sandbox: Sandbox) -> None:
    """Neither a restart of the notebook's kernel nor a reload of the page touches it; the panel finds it again.

    The status bar says how it goes, and a notification that it has ended; names are texts there, too.
    """
    content = os.urandom(8 * MIB)
    (own_lab.work / "<b>large<b>.bin").write_bytes(content)
    sandbox.rate_bytes_per_second = MIB
    ARTIFACTS.mkdir(exist_ok=True)
    dialog = upload_from_browser(page, "<b>large<b>.bin")
    dialog.get_by_label("Target", exact=True).fill("oss://test-bucket/large.bin")
    dialog.get_by_role("button", name="Start upload").click()
    wait_for_rows(page, 1, "<b>large<b>.bin")
    status = page.locator(".ossj-lab-status-button")
    status.filter(has_text=re.compile(r"^↑ 1 upload · .*MiB/s · .* left$")).wait_for(timeout=WAIT_MS)
    page.screenshot(path=ARTIFACTS / "lab-status.png")
    first = kernels(own_lab)
    notebook = next(one for one in own_lab.ask("GET", "sessions") if one["type"] == "notebook")
    own_lab.ask("POST", f"kernels/{notebook['kernel']['id']}/restart")
    own_lab.ask("DELETE", f"sessions/{notebook['id']}")
    page.reload()
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('oss-jupyter:show-uploads')")
    page.evaluate("async () => { await jupyterapp.restored; jupyterapp.commands.execute('oss-jupyter:show-uploads'); }")
    wait_for_rows(page, 1, "Running")
    page.screenshot(path=ARTIFACTS / "lab-found-again.png")
    sandbox.rate_bytes_per_second = None
    wait_for_rows(page, 1, "Completed")
    page.locator(".ossj-lab-status-button").wait_for(state="hidden", timeout=WAIT_MS)
    page.evaluate("jupyterapp.commands.execute('apputils:display-notifications')")
    page.locator(".jp-Notification-List", has_text="<b>large<b>.bin: Completed").wait_for(timeout=WAIT_MS)
    page.screenshot(path=ARTIFACTS / "lab-notification.png")
    assert kernels(own_lab) == first
    assert sandbox.object_path("test-bucket", "large.bin").read_bytes() == content


def test_a_kernel_started_by_the_menu_keeps_to_whoever_has_the_token(own_lab: Lab, page: Page) -> None:
    """The line of the panel is the server's own, which nobody uses without its token."""
    (own_lab.work / "first.bin").write_bytes(os.urandom(1000))
    upload_from_browser(page, "first.bin").get_by_role("button", name="Start upload").wait_for()
    (kernel,) = kernels(own_lab)
    host = page.url.split("/lab")[0]
    for path in (f"api/kernels/{kernel}", f"api/kernels/{kernel}/channels"):
        with pytest.raises(HTTPError, match="403"):
            urlopen(f"{host}/{path}", timeout=PATIENCE_SECONDS)


def test_what_is_installed_is_listed_and_disabled_is_gone(own_lab: Lab, page: Page, browser: Browser) -> None:
    """Lab itself calls the extension whole; disabled, it leaves neither a command nor a panel."""
    has_it = "() => jupyterapp.commands.hasCommand('oss-jupyter:upload')"
    assert page.evaluate(has_it)
    assert json.loads((ROOT / "oss_jupyter/lab/package.json").read_text())["version"] == __version__
    listed = own_lab.run("labextension", "list")
    assert re.search(rf"oss_jupyter v{__version__} \S*enabled\S* \S*OK", listed)
    own_lab.run("labextension", "disable", "--level=user", "oss_jupyter")
    notebook = own_lab.open(browser, ["1 + 1"], "without")
    assert not notebook.page.evaluate(has_it)
    assert not notebook.page.locator(".ossj-lab-panel").count()
    notebook.page.evaluate("jupyterapp.commands.execute('launcher:create')")
    notebook.page.locator(".jp-LauncherCard", has_text="Text File").wait_for()
    assert not notebook.page.get_by_text("OSS").count()
    notebook.page.get_by_role("menuitem", name="Run", exact=True).click()
    notebook.page.locator(".lm-Menu-item").first.wait_for()
    assert not notebook.page.locator('[data-command^="oss-jupyter"]').count()
    notebook.page.close()
