"""JupyterLab's settings of uploads, where its commands are offered, and how its user is notified."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.sandbox import Sandbox

from .conftest import ARTIFACTS, MIB
from .driver import Lab
from .test_lab_extension import WAIT_MS, page, upload_from_browser, wait_for_rows  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.timeout(300)

# What the kernel that uploads for JupyterLab says of its settings.
_ASK_KERNEL = """async () => {
    const {sessions} = jupyterapp.serviceManager;
    await sessions.refreshRunning();
    const model = [...sessions.running()].find(({type}) => type === 'oss_jupyter');
    const session = sessions.connectTo({model});
    const code = "import oss_jupyter as oj; print(oj.settings().parallel, oj.settings().limit)";
    const future = session.kernel.requestExecute({code, store_history: false});
    let said = '';
    future.onIOPub = ({content}) => { said += content.text ?? ''; };
    await future.done;
    return said.trim();
}"""
_WATCH_BROWSER = """() => {
    window.told = [];
    window.asked = [];
    const Real = Notification;
    window.Notification = class extends Real {
        constructor(text, options) { super(text, options); window.told.push(text); }
        static requestPermission() { window.asked.push(navigator.userActivation.isActive); return Promise.resolve(); }
        static get permission() { return window.permission ?? Real.permission; }
    };
    Object.defineProperty(document, 'hidden', {get: () => window.isHidden ?? false});
}"""


def open_settings(page: Page) -> Locator:  # noqa: F811
    page.evaluate("jupyterapp.commands.execute('settingeditor:open', {query: 'OSS'})")
    form = page.locator(".jp-SettingsForm")
    form.locator("input[id$=_target]").wait_for()
    return form


def wait_for_notification(page: Page, text: str) -> None:  # noqa: F811
    page.evaluate("jupyterapp.commands.execute('apputils:display-notifications')")
    page.locator(".jp-Notification-List", has_text=text).wait_for(timeout=WAIT_MS)


def test_settings_are_obeyed(own_lab: Lab, page: Page, sandbox: Sandbox) -> None:  # noqa: F811
    """What is filled into the Settings Editor is there in dialog, kernel, panel and status bar, at once."""
    (own_lab.work / "first.bin").write_bytes(os.urandom(4 * MIB))
    sandbox.rate_bytes_per_second = MIB
    form = open_settings(page)
    assert form.locator("legend", has_text="OSS uploads").count() == form.locator("legend:visible").count() + 1
    form.locator("input[id$=_target]").fill("oss://test-bucket/from-settings/")
    form.locator("input[id$=_parallel]").fill("7")
    form.locator("input[id$=_limit]").fill("3MiB/s")
    form.locator("select").select_option(label="中文")
    page.locator(".jp-RestoreButton").wait_for()  # it is there when that has been saved
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / "lab-settings.png")
    dialog = upload_from_browser(page, "first.bin")
    dialog.get_by_role("button", name="开始上传").wait_for()
    assert dialog.get_by_label("目标", exact=True).input_value() == "oss://test-bucket/from-settings/"
    assert page.evaluate(_ASK_KERNEL) == "7 3MiB/s"
    dialog.get_by_role("button", name="开始上传").click()
    page.locator(".ossj-lab-status-button", has_text="↑ 1 个上传").wait_for(timeout=WAIT_MS)
    assert page.locator(".ossj-lab-panel").get_by_label("目标").input_value() == "oss://test-bucket/from-settings/"
    page.screenshot(path=ARTIFACTS / "lab-chinese.png")
    wait_for_rows(page, 1, "已完成")
    open_settings(page).locator("select").select_option(label="English")
    wait_for_rows(page, 1, "Completed")
    open_settings(page).locator("input[id$=_limit]").fill("fast")
    wait_for_notification(page, "limit: 'fast' is not a speed")


def start(page: Page, name: str, target: str) -> None:  # noqa: F811
    dialog = upload_from_browser(page, name)
    dialog.get_by_label("Target", exact=True).fill(target)
    dialog.get_by_role("button", name="Start upload").click()
    dialog.wait_for(state="detached")


def test_the_open_file_goes_up_from_the_run_menu(own_lab: Lab, page: Page, sandbox: Sandbox) -> None:  # noqa: F811
    """What was typed goes up, although nobody had saved it; without a file the entry is there and cannot be chosen."""
    text = own_lab.work / "notes.txt"
    text.write_text("saved", encoding="utf-8")
    entry = page.locator('.lm-Menu-item[data-command="oss-jupyter:upload-open-file"]')
    page.evaluate("jupyterapp.commands.execute('launcher:create')")
    page.locator(".jp-LauncherCard").first.wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    assert "lm-mod-disabled" in (entry.get_attribute("class") or "")
    page.keyboard.press("Escape")
    page.evaluate("jupyterapp.commands.execute('docmanager:open', {path: 'notes.txt'})")
    page.locator(".jp-FileEditor .cm-content").click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("typed ")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    entry.click()
    dialog = page.locator(".ossj-lab-dialog")
    dialog.locator("li", has_text="notes.txt").wait_for()
    assert dialog.locator("li").count() == 1
    dialog.get_by_label("Target", exact=True).fill("oss://test-bucket/notes.txt")
    dialog.get_by_role("button", name="Start upload").click()
    wait_for_rows(page, 1, "Completed")
    assert sandbox.object_path("test-bucket", "notes.txt").read_text(encoding="utf-8") == "typed saved"


def test_launcher_and_palette_offer_it(own_lab: Lab, page: Page) -> None:  # noqa: F811
    """A card of the launcher opens the panel; the palette uploads what is chosen, where something is."""
    page.evaluate("jupyterapp.commands.execute('launcher:create')")
    card = page.locator(".jp-LauncherCard", has_text="OSS uploads")
    assert card.locator("svg").count() == 1
    card.click()
    page.locator(".ossj-lab-panel .ossj-desk").wait_for()
    (own_lab.work / "first.bin").write_bytes(os.urandom(1000))
    page.evaluate("jupyterapp.commands.execute('filebrowser:refresh')")
    page.locator(".jp-DirListing-item", has_text="first.bin").click()
    page.evaluate("jupyterapp.commands.execute('apputils:activate-command-palette')")
    page.keyboard.type("chosen in the file browser to OSS")
    page.locator(".lm-CommandPalette-item", has_text="to OSS").first.wait_for()
    page.keyboard.press("Enter")
    page.locator(".ossj-lab-dialog li", has_text="first.bin").wait_for()


def test_the_browser_notifies_where_its_user_wants_that(
    own_lab: Lab,
    page: Page,  # noqa: F811
    sandbox: Sandbox,
) -> None:
    """Off at first. Permission is asked when Start is pressed, and a hidden tab says what became of an upload."""
    (own_lab.work / "first.bin").write_bytes(os.urandom(2 * MIB))
    sandbox.rate_bytes_per_second = MIB
    page.evaluate(_WATCH_BROWSER)
    page.evaluate("window.permission = 'default'; window.isHidden = true")
    start(page, "first.bin", "oss://test-bucket/quiet.bin")
    wait_for_rows(page, 1, "Completed")
    wait_for_notification(page, "first.bin: Completed")
    page.keyboard.press("Escape")
    assert page.evaluate("[window.told, window.asked]") == [[], []]
    open_settings(page).get_by_text("Notify on the desktop").click()
    page.locator(".jp-RestoreButton").wait_for()  # it is there when that has been saved
    start(page, "first.bin", "oss://test-bucket/asks.bin")
    assert page.evaluate("window.asked") == [True]
    wait_for_rows(page, 2, "Completed")
    page.evaluate("window.permission = undefined")
    page.context.grant_permissions(["notifications"])
    start(page, "first.bin", "oss://test-bucket/told.bin")
    wait_for_rows(page, 3, "Completed")
    page.wait_for_function("window.told.length", timeout=WAIT_MS)
    (told,) = page.evaluate("window.told")
    assert told.startswith("first.bin: Completed")
    page.evaluate("window.isHidden = false")
    start(page, "first.bin", "oss://test-bucket/seen.bin")
    wait_for_rows(page, 4, "Completed")
    page.wait_for_timeout(500)
    assert page.evaluate("window.told.length") == 1


def test_an_upload_that_is_over_at_once_is_told_once(own_lab: Lab, page: Page, sandbox: Sandbox) -> None:  # noqa: F811
    """It has ended before the page hears of it, and the next ones, too: one notification, which counts them."""
    for name in ("first.bin", "second.bin", "third.bin"):
        (own_lab.work / name).write_bytes(os.urandom(1000))
    upload_from_browser(page, "first.bin", "second.bin", "third.bin").get_by_label("Target", exact=True).fill(
        "oss://test-bucket/short/"
    )
    page.locator(".ossj-lab-dialog").get_by_role("button", name="Start upload").click()
    wait_for_rows(page, 3, "Completed")
    wait_for_notification(page, "Completed")
    page.locator(".jp-Notification-List", has_text="2 more before it").wait_for(timeout=WAIT_MS)
    assert page.locator(".jp-Notification-List-Item", has_text="Completed").count() == 1
