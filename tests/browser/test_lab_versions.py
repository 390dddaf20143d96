"""JupyterLab 4.2 and Notebook 7.2, and the newest of both, with the wheel as users install it; for `make test-kernels`.

Each pair lives in an environment of its own, which is made once; the wheel is built from the sources as they are.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.sandbox import Sandbox
from tests.installing import install

from .conftest import ARTIFACTS, MIB
from .driver import Lab
from .lab_extension import ROOT
from .test_kernel_versions import ENVIRONMENTS
from .test_lab_extension import WAIT_MS, wait_for_rows

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser, Page

    Start = Callable[[str], AbstractContextManager[Lab]]

pytestmark = [pytest.mark.kernels, pytest.mark.timeout(600)]

VERSIONS = {"4.2": ("jupyterlab==4.2.*", "notebook==7.2.*"), "newest": ("jupyterlab", "notebook")}
RUN_ENTRY = '.lm-Menu-item[data-command="oss-jupyter:upload-open-file"]'


def make_environment(version: str) -> Path:
    """Return the interpreter of an environment that holds JupyterLab and Notebook of this version."""
    home = ENVIRONMENTS / f"jupyterlab-{version}-python-{sys.version_info[0]}.{sys.version_info[1]}"
    python, ready = home / "bin" / "python", home / "ready"
    if not ready.exists():
        venv.create(home, clear=True, symlinks=True)
        install(home, *VERSIONS[version])
        ready.touch()
    return python


@pytest.fixture(params=VERSIONS)
def start_lab(request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox) -> Start:
    """Start an application of one version, into which the wheel is installed; its kernels are those of the tests."""
    python = make_environment(request.param)
    building = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(building, check=True, capture_output=True)
    install(python.parent.parent, "--no-deps", "--force-reinstall", *tmp_path.glob("*.whl"))
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    arguments = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    description = {"argv": arguments, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(description), encoding="utf-8")
    environment = {
        "OSS_ACCESS_KEY_ID": "test-key-id", "OSS_ACCESS_KEY_SECRET": "test-key-secret",
        "OSS_ENDPOINT": sandbox.endpoint, "OSS_REGION": sandbox.region, "JUPYTER_PATH": str(tmp_path / "jupyter"),
    }  # fmt: skip
    sandbox.rate_bytes_per_second = MIB

    @contextmanager
    def start(application: str) -> Iterator[Lab]:
        with Lab(tmp_path / application, str(python), environment, application) as lab:
            assert re.search(r"oss_jupyter v\S* \S*enabled\S* \S*OK", lab.run("labextension", "list"))
            (lab.work / "first.bin").write_bytes(os.urandom(2 * MIB))
            yield lab

    return start


def upload_by_menu(page: Page) -> None:
    """Right-click the file, say where to, start."""
    item = page.locator(".jp-DirListing-item", has_text="first.bin")
    item.click(button="right")
    page.locator('.lm-Menu-item[data-command="oss-jupyter:upload"]').click()
    dialog = page.locator(".ossj-lab-dialog")
    dialog.get_by_label("Target", exact=True).fill("oss://test-bucket/first.bin")
    dialog.get_by_role("button", name="Start upload").click()


def run_from_menu(page: Page) -> None:
    """Choose the entry of the `Run` menu; a menu that was opened before the notebook was there has none to show."""
    entry = page.locator(RUN_ENTRY)
    for _ in range(20):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.wait_for_timeout(500)
        if entry.is_visible():
            return entry.click()
        page.keyboard.press("Escape")
    raise AssertionError("the Run menu does not offer to upload the open file")


def wait_for_end(page: Page, lab: Lab, sandbox: Sandbox) -> None:
    """The panel and a notification say that it is over, and it is."""
    wait_for_rows(page, 1, "Completed")
    page.evaluate("jupyterapp.commands.execute('apputils:display-notifications')")
    told = page.locator(".jp-Notification-List", has_text="first.bin: Completed")
    told.wait_for(state="attached", timeout=WAIT_MS)  # Notebook 7.2 has the list, and no place for it
    assert sandbox.object_path("test-bucket", "first.bin").read_bytes() == (lab.work / "first.bin").read_bytes()


def picture(page: Page, name: str) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png")


def test_jupyterlab(start_lab: Start, browser: Browser, sandbox: Sandbox, request: pytest.FixtureRequest) -> None:
    """From the file browser's menu to the status bar, the panel and a notification."""
    with start_lab("jupyterlab") as lab:
        page = lab.open(browser, ["1 + 1"]).page
        upload_by_menu(page)
        page.locator(".ossj-lab-status-button", has_text="↑ 1 upload").wait_for(timeout=WAIT_MS)
        picture(page, request.node.name)
        wait_for_end(page, lab, sandbox)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator(RUN_ENTRY).wait_for()
        page.close()


def test_notebook_7(start_lab: Start, browser: Browser, sandbox: Sandbox, request: pytest.FixtureRequest) -> None:
    """The same from its list of files, and the `Run` menu of a notebook; it has neither launcher nor status bar."""
    with start_lab("notebook") as lab:
        page = lab.open(browser, ["1 + 1"]).page
        run_from_menu(page)
        page.locator(".ossj-lab-dialog li", has_text="test.ipynb").wait_for(timeout=WAIT_MS)
        page.close()
        page = lab.open_files(browser)
        upload_by_menu(page)
        wait_for_rows(page, 1, "Running")
        picture(page, request.node.name)
        wait_for_end(page, lab, sandbox)
        page.close()
