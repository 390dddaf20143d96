"""Takes pictures of JupyterLab in Chinese, to be looked at: ``python -m tests.browser.chinese_pictures FOLDER``.

A page that has JupyterLab's own Chinese beside ours needs the package jupyterlab-language-pack-zh-CN.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oss_jupyter.sandbox import Fault, Sandbox

from .driver import Notebook
from .pictures import MIB, SIZE, stage

# What is run, by the name of its picture. The service is slow from `running` on.
CELLS = {
    "load": "%load_ext oss_jupyter\nimport oss_jupyter as oj, time",
    "completed": "%oss_upload weather.csv oss://my-bucket/data/ --wait",
    "receipt": "_.result()",
    "plan": "%oss_upload photos oss://my-bucket/photos/ --dry-run",
    "dataset": "%oss_upload photos oss://my-bucket/photos/ --wait",
    "dataset-failed": "%oss_upload photos oss://my-bucket/refused/ --wait",
    "missing": "%oss_upload gone.csv oss://my-bucket/data/",
    "option": "%oss_upload weather.csv oss://my-bucket/data/ --part-sise 1MiB",
    "no-bucket": "%oss_upload weather.csv oss://no-such-bucket/data/ --wait",
    "refused": "%oss_upload weather.csv oss://my-bucket/refused/w.csv --wait",
    "check": "%oss_check oss://my-bucket/data/ --fast",
    "check-red": "%oss_check oss://my-bucket/data/ --fast --endpoint http://127.0.0.1:9",
    "credentials": "print(oj.credentials())",
    "cell": "%%oss_upload oss://my-bucket/out.txt\n1 / 0",
    "running": "%oss_upload trips.parquet oss://my-bucket/data/ --part-size 256KiB",
    "list": "time.sleep(3)\n%oss_uploads",
    "paused": "%oss_uploads pause all",
    "leftovers": "%oss_leftovers oss://my-bucket",
    "history": "%oss_uploads history",
    "help": "%oss_uploads --help",
    "desk": "%oss_panel",
}


@contextmanager
def in_chinese() -> Iterator[tuple[Notebook, Sandbox]]:
    """A notebook of all cells, in a JupyterLab and with a kernel that speak Chinese."""
    with stage("zh", LANG="zh_CN.UTF-8", LANGUAGE="", LC_ALL="") as (lab, browser, sandbox):
        (lab.work / "photos" / "2.jpg").write_bytes(os.urandom(1000))
        yield lab.open(browser, list(CELLS.values()), "analysis", viewport=SIZE), sandbox


def main(folder: Path) -> None:
    """Run all of the cells, and take a picture of what is below each; then of what the page has beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    with in_chinese() as (notebook, sandbox):
        for key in ("refused/1.jpg", "refused/w.csv"):
            sandbox.faults.add(Fault("PutObject", key=key, code="AccessDenied", status=403, times=None))
        for number, name in enumerate(CELLS):
            if name == "running":
                sandbox.rate_bytes_per_second = MIB
            notebook.run(number)
            notebook.page.wait_for_timeout(1500)
            notebook.cell(number).screenshot(path=folder / f"{number:02}-{name}.png")
        notebook.cell(list(CELLS).index("running")).screenshot(path=folder / "30-paused-card.png")
        _beside(notebook, folder)
        _after_a_restart(notebook, folder)
        notebook.close()


def _beside(notebook: Notebook, folder: Path) -> None:
    """Take the panel, the menu of files, the dialog, the settings, and the banner after a restart."""
    page = notebook.page
    page.evaluate("jupyterapp.commands.execute('filebrowser:activate')")
    item = page.locator(".jp-DirListing-item", has_text="trips.parquet")
    item.click(button="right")
    entry = page.locator('.lm-Menu-item[data-command="oss-jupyter:upload"]')
    entry.hover()
    page.screenshot(path=folder / "31-menu.png")
    entry.click()
    page.locator(".ossj-lab-dialog").wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / "32-dialog.png")
    page.locator(".ossj-lab-dialog").get_by_role("button", name="开始上传").wait_for()
    page.keyboard.press("Escape")
    page.evaluate("jupyterapp.commands.execute('oss-jupyter:show-uploads')")
    page.locator(".ossj-lab-panel .ossj-desk").wait_for()
    page.wait_for_timeout(2500)
    page.screenshot(path=folder / "33-panel.png")
    page.locator(".ossj-lab-panel").get_by_role("tab", name="历史记录").click()
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / "35-panel-history.png")
    page.evaluate("jupyterapp.commands.execute('settingeditor:open', {query: 'OSS'})")
    page.locator(".jp-SettingsForm").wait_for()
    page.wait_for_timeout(1500)
    page.screenshot(path=folder / "34-settings.png")


def _after_a_restart(notebook: Notebook, folder: Path) -> None:
    """Take the banner of the next kernel, and the saved words of a card whose kernel has gone."""
    page = notebook.page
    page.evaluate("jupyterapp.commands.execute('docmanager:open', {path: 'analysis.ipynb'})")
    page.wait_for_timeout(500)
    notebook.save()
    notebook.shut_down_kernel()
    page.goto(notebook.url)
    notebook.wait_until_ready()
    card = notebook.cell(list(CELLS).index("paused") - 2)
    card.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    card.screenshot(path=folder / "36-saved-card.png")
    notebook.run(0)
    page.wait_for_timeout(1500)
    notebook.cell(0).screenshot(path=folder / "37-banner.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "artifacts/zh"))
