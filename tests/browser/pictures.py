"""Takes the pictures of README and guides anew, in both languages: ``python -m tests.browser.pictures [FOLDER]``.

Those in Chinese go into `zh` below it; for them jupyterlab-language-pack-zh-CN has to be installed.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from oss_jupyter.sandbox import Fault, Key, Sandbox

from . import lab_extension
from .driver import Lab, Notebook, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Locator, Page

MIB = 1024 * 1024
SIZE = {"width": 1100, "height": 900}
CELL = "import pandas as pd\ntrips = pd.read_parquet('trips.parquet')"
LOAD = "%load_ext oss_jupyter"
UPLOAD = "%oss_upload {name} oss://my-bucket/{target}/ --part-size 1MiB --parallel {parallel}"
CELLS = [
    LOAD,
    UPLOAD.format(name="trips-2026.parquet", target="data", parallel=6),
    UPLOAD.format(name="weather.csv", target="raw", parallel=4),
    UPLOAD.format(name="flights.csv", target="raw", parallel=4),
    "_.pause()",
    "%oss_panel",
]
DATASET = [LOAD, "%oss_upload images/ oss://my-bucket/images/ --part-size 1MiB"]
IMAGES = 3000
_FURTHER_THAN = """(percent) => {
    const bar = document.querySelector('.jp-Notebook .ossj-card [role=progressbar]');
    return Number(bar?.getAttribute('aria-valuenow')) >= percent;
}"""
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def stage(language: str = "en", **variables: str) -> Iterator[tuple[Lab, Browser, Sandbox]]:
    """A JupyterLab with files as people have them, a browser, and a service; `variables` of the environment besides."""
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        with Sandbox(folder / "objects", keys=[Key("test-key-id", "test-key-secret")]) as sandbox:
            sandbox.create_bucket("my-bucket")
            environment = {
                "OSS_ACCESS_KEY_ID": "test-key-id", "OSS_ACCESS_KEY_SECRET": "test-key-secret",
                "OSS_ENDPOINT": sandbox.endpoint, "OSS_REGION": sandbox.region, "JUPYTER_PATH": str(folder / "share"),
                **variables,
            }  # fmt: skip
            lab_extension.install(folder / "share")
            if language == "zh":
                _speak_chinese(folder / "lab" / "settings")
            with Lab(folder / "lab", environment=environment) as lab:
                (lab.work / "photos").mkdir()
                for path, size in {"photos/1.jpg": 200_000, "trips.parquet": 24 * MIB, "weather.csv": 300_000}.items():
                    (lab.work / path).write_bytes(os.urandom(size))
                yield lab, browser, sandbox


def _speak_chinese(settings: Path) -> None:
    for plugin, values in {
        "@jupyterlab/translation-extension/plugin": {"locale": "zh_CN"},
        "oss_jupyter/plugin": {"language": "zh"},
    }.items():
        path = settings / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")


def _word(key: str, language: str) -> str:
    texts = json.loads((ROOT / "oss_jupyter/texts/messages.json").read_text(encoding="utf-8"))
    return str(texts[key][language])


def begin_uploads(page: Page, sandbox: Sandbox, language: str = "en") -> Locator:
    """Upload what lies there, from the file browser's menu; return the panel while the large file is on its way."""
    sandbox.rate_bytes_per_second = MIB
    open_menu(page, "photos", "weather.csv", "trips.parquet")
    page.locator('.lm-Menu-item[data-command="oss-jupyter:upload"]').click()
    dialog = page.locator(".ossj-lab-dialog")
    dialog.get_by_label(_word("target", language), exact=True).fill("oss://my-bucket/data/")
    dialog.get_by_role("button", name=_word("start", language)).click()
    panel = page.locator(".ossj-lab-panel")
    panel.locator(".ossj-item", has_text=_word("group_completed", language)).nth(1).wait_for()
    panel.locator(".ossj-item", has_text=_word("left", language).format(time="").strip()).wait_for()
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
    """Write the pictures of both languages."""
    for language, place in {"en": folder, "zh": folder / "zh"}.items():
        place.mkdir(parents=True, exist_ok=True)
        with stage(language) as (lab, browser, sandbox):
            _lab(lab.open(browser, [CELL], "analysis", viewport=SIZE), sandbox, place, language)
        with stage(language) as (lab, browser, sandbox):
            _make_files(lab.work)
            _desk(lab, _open(lab, browser, CELLS), sandbox, place)
        with stage(language) as (lab, browser, sandbox):
            _make_images(lab.work / "images")
            _dataset(lab, _open(lab, browser, DATASET), sandbox, place)
        _make_small(place)


def _open(lab: Lab, browser: Browser, cells: list[str]) -> Notebook:
    return lab.open(browser, cells, "card", viewport={"width": 930, "height": 1600}, device_scale_factor=2)


def _make_files(folder: Path) -> None:
    for name, size in {"trips-2026.parquet": 120 * MIB, "flights.csv": 60 * MIB, "weather.csv": 40 * MIB}.items():
        (folder / name).write_bytes(os.urandom(size))


def _make_images(folder: Path) -> None:
    for number in range(IMAGES):
        path = folder / f"2026-{1 + number * 6 // IMAGES:02}" / f"IMG_{number:05}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(30_000 + number))
    (folder / "models").mkdir()
    (folder / "models" / "resnet-152.safetensors").write_bytes(os.urandom(100 * MIB))


def _lab(notebook: Notebook, sandbox: Sandbox, place: Path, language: str) -> None:
    begin_uploads(notebook.page, sandbox, language)
    for word in _themes(notebook):
        _take(notebook, place / f"lab-{word}.png")
        open_menu(notebook.page, "trips.parquet")
        _take(notebook, place / f"lab-menu-{word}.png", {"x": 0, "y": 28, "width": 640, "height": 330})
        notebook.page.keyboard.press("Escape")
    notebook.close()


def _desk(lab: Lab, notebook: Notebook, sandbox: Sandbox, place: Path) -> None:
    """Take the card of an upload that was interrupted, then the desk with two others, one of them paused."""
    _interrupt_at(33, lab, notebook, sandbox)
    _run_to(58, notebook, sandbox, 3 * MIB)
    _take_in_themes(notebook, notebook.cell(1).locator(".ossj-card"), place, "card")
    sandbox.rate_bytes_per_second = MIB
    for number in range(2, len(CELLS)):
        notebook.run(number)
        notebook.page.wait_for_timeout(2000)
    _take_in_themes(notebook, notebook.cell(len(CELLS) - 1).locator(".ossj-desk"), place, "desk")
    notebook.close()


def _dataset(lab: Lab, notebook: Notebook, sandbox: Sandbox, place: Path) -> None:
    """Take the card of a folder that was interrupted, of which two files are refused."""
    for name, code in {"2026-01/IMG_00412.jpg": "AccessDenied", "2026-02/IMG_00803.jpg": "FileImmutable"}.items():
        sandbox.faults.add(Fault("PutObject", key=f"images/{name}", code=code, status=403, times=None))
    _interrupt_at(20, lab, notebook, sandbox)
    _run_to(20, notebook, sandbox, 4 * MIB)
    notebook.page.locator(".ossj-line", has_text=f" {IMAGES + 1:,} ").first.wait_for()  # all are found
    notebook.page.wait_for_function(_FURTHER_THAN, arg=50)
    _take_in_themes(notebook, notebook.cell(1).locator(".ossj-card"), place, "dataset")
    notebook.close()


def _interrupt_at(percent: int, lab: Lab, notebook: Notebook, sandbox: Sandbox) -> None:
    _run_to(percent, notebook, sandbox, 24 * MIB)
    lab.ask("POST", f"kernels/{lab.ask('GET', 'kernels')[0]['id']}/restart")
    notebook.wait_until_ready()


def _run_to(percent: int, notebook: Notebook, sandbox: Sandbox, rate_bytes_per_second: float) -> None:
    sandbox.rate_bytes_per_second = rate_bytes_per_second
    notebook.run(0)
    notebook.run(1)
    notebook.page.wait_for_function(_FURTHER_THAN, arg=percent)


def _take_in_themes(notebook: Notebook, shown: Locator, place: Path, name: str) -> None:
    for word in _themes(notebook):
        notebook.page.wait_for_timeout(500)
        shown.screenshot(path=place / f"{name}-{word}.png")


def _themes(notebook: Notebook) -> Iterator[str]:
    for theme, word in {"JupyterLab Light": "light", "JupyterLab Dark": "dark"}.items():
        notebook.set_theme(theme)
        yield word


def _take(notebook: Notebook, path: Path, clip: FloatRect | None = None) -> None:
    if not clip:
        notebook.page.mouse.move(500, 600)
    notebook.page.wait_for_timeout(500)  # what fades has faded
    notebook.page.screenshot(path=path, clip=clip)


def _make_small(folder: Path) -> None:
    """Keep 256 colors of each picture, which nobody can tell from all of them."""
    for path in folder.glob("*.png"):
        Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
