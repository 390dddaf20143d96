"""One JupyterLab, another with the extension, and one browser for all browser tests; a notebook and a sandbox for each.

They need Chromium (Debian: apt-get install chromium; OSS_JUPYTER_CHROMIUM names one that is elsewhere). Without it they
are left out, and say so; where CI is set that is a failure.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.sandbox import Sandbox

from . import lab_extension
from .driver import Lab, Notebook, chromium, find_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

MIB = 1024 * 1024
# Pictures are kept for people to look at; they are not in the repository.
ARTIFACTS = Path(__file__).parents[2] / "artifacts"


# Not for the session: Playwright keeps an event loop in the main thread, and other tests want one of their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if find_chromium() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("needs Chromium: apt-get install chromium")
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="package")
def extended_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the extension: to start one takes several seconds of a processor."""
    directory = tmp_path_factory.mktemp("extended")
    lab_extension.install(directory / "share")
    # Before the copy that an editable install made of it once.
    with Lab(directory, environment={"JUPYTER_PATH": str(directory / "share")}) as running:
        yield running


@pytest.fixture
def own_lab(extended_lab: Lab, sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The JupyterLab with the extension as if it were new; its kernels find the sandbox by their environment."""
    failed = request.session.testsfailed
    lab_extension.name_sandbox(extended_lab.directory / "share", sandbox)
    yield extended_lab
    extended_lab.forget_all()
    if request.session.testsfailed > failed:
        extended_lab.restart()


@pytest.fixture(scope="package")
def pages(browser: Browser) -> dict[str, Page]:
    """Pages that nobody uses, by how they were made: to load JupyterLab takes several seconds of a processor."""
    return {}


@pytest.fixture
def open_notebook(
    browser: Browser, lab: Lab, pages: dict[str, Page], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook with the given cells; in the end its kernel is shut down, and its page kept if nothing failed."""
    opened: list[tuple[str, Notebook]] = []
    failed = request.session.testsfailed

    def open_one(*cells: str, **context: object) -> Notebook:
        name, kind = f"{request.node.name}-{len(opened)}", json.dumps(context)
        page = pages.pop(kind, None)
        notebook = lab.open_in(page, cells, name) if page else lab.open(browser, cells, name, **context)
        opened.append((kind, notebook))
        return notebook

    yield open_one
    for kind, notebook in opened:
        if kind in pages or request.session.testsfailed > failed:
            notebook.close()
        else:
            notebook.shut_down_kernel()
            pages[kind] = notebook.page


@pytest.fixture
def upload_cell(sandbox: Sandbox, tmp_path: Path) -> Callable[..., str]:
    """Make a file of random bytes and return the cell that uploads it and shows its card."""

    def make(name: str = "data.bin", size_mib: int = 8, part_size: str = "256KiB", parallel: int = 3) -> str:
        (tmp_path / name).write_bytes(os.urandom(size_mib * MIB))
        return f"""
import oss_jupyter as oj
from oss_jupyter.notebook.panel.show import show_card
transfer = oj.upload(
    {str(tmp_path / name)!r}, "oss://test-bucket/{name}", endpoint={sandbox.endpoint!r}, region={sandbox.region!r},
    part_size={part_size!r}, parallel={parallel}, checkpoint_dir={str(tmp_path / "checkpoints")!r},
    credentials=("test-key-id", "test-key-secret"),
)
show_card(transfer)
""".strip()

    return make


@pytest.fixture
def picture() -> Callable[[Notebook, int, str], None]:
    """Keep a picture of a cell's output."""

    def take(notebook: Notebook, index: int, name: str) -> None:
        ARTIFACTS.mkdir(exist_ok=True)
        notebook.cell(index).locator(".jp-Cell-outputWrapper").screenshot(path=ARTIFACTS / f"{name}.png")

    return take


@pytest.fixture
def screenshot() -> Callable[[Notebook, str], None]:
    """Keep a picture of the whole page."""

    def take(notebook: Notebook, name: str) -> None:
        ARTIFACTS.mkdir(exist_ok=True)
        notebook.page.screenshot(path=ARTIFACTS / f"{name}.png")

    return take
