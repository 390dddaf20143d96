"""A kernel restart is a non-event, and so is closing the page: banner, desk and cards find their place again."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox

from .driver import Notebook
from .test_card import MIB, WAIT_MS, Open, Picture, press, progress, wait_for_status
from .test_desk import desk_of, files, row_of, settings, stored

__all__ = ["files", "settings"]

pytestmark = pytest.mark.timeout(300)

WAIT_FOR_PARTS = "import time\nwhile any(one.snapshot().parts_done < 3 for one in oj.transfers()): time.sleep(0.1)"


def until(notebook: Notebook, condition: Callable[[], bool]) -> None:
    """Return once the condition holds in the page."""
    deadline = time.monotonic() + WAIT_MS / 1000
    while not condition():
        assert time.monotonic() < deadline
        notebook.page.wait_for_timeout(50)


def two_uploads(files: list[Path]) -> str:
    lines = [f"oj.upload({str(path)!r}, 'oss://test-bucket/raw/', part_size='256KiB');" for path in files[:2]]
    return "\n".join([*lines, WAIT_FOR_PARTS])


def restarted_in_mid_upload(open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path]) -> Notebook:
    """The kernel was restarted from the menu, and the extension is loaded again."""
    sandbox.rate_bytes_per_second = 2 * MIB
    notebook = open_notebook(settings, two_uploads(files), "%oss_panel")
    notebook.run(0)
    notebook.run(1)
    notebook.restart_kernel()
    notebook.run(0)
    return notebook


def test_resume_all_after_a_restart(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path], picture: Picture
) -> None:
    """Nothing is sent before somebody asks; then the rows follow the uploads to their end."""
    notebook = restarted_in_mid_upload(open_notebook, sandbox, settings, files)
    banner = desk_of(notebook, 0)
    line = banner.locator(".ossj-banner-line")
    assert line.inner_text().startswith("2 unfinished uploads: ")
    assert line.inner_text().endswith(" of 8 MiB already in OSS")
    before = len(sandbox.requests)
    notebook.page.wait_for_timeout(1000)
    assert len(sandbox.requests) == before
    picture(notebook, 0, "banner-light")
    notebook.set_theme("JupyterLab Dark")
    notebook.page.wait_for_timeout(500)
    picture(notebook, 0, "banner-dark")
    notebook.set_theme("JupyterLab Light")
    press(banner, "Resume all")
    wait_for_status(row_of(banner, "flights.csv"), "Running")
    picture(notebook, 0, "banner-resumed")
    sandbox.rate_bytes_per_second = None
    for path in files[:2]:
        wait_for_status(row_of(banner, path.name), "Completed")
        assert stored(sandbox, f"raw/{path.name}") == path.read_bytes()
    assert "2 uploads from before are complete" in line.inner_text()
    assert not sandbox.uploads("test-bucket")


def test_discard_names_its_effect_and_asks(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path], tmp_path: Path, picture: Picture
) -> None:
    """Nothing is deleted by one click, and afterwards nothing is billed or remembered."""
    notebook = restarted_in_mid_upload(open_notebook, sandbox, settings, files)
    banner = desk_of(notebook, 0)
    press(banner, "Discard")
    question = banner.locator(".ossj-banner .ossj-question")
    assert "are removed from OSS and the checkpoints are deleted" in question.inner_text()
    picture(notebook, 0, "banner-discard")
    press(question, "Keep them")
    assert len(sandbox.uploads("test-bucket")) == 2
    press(banner, "Discard")
    press(question, "Discard them")
    wait_for_status(row_of(banner, "flights.csv"), "Aborted")
    wait_for_status(row_of(banner, "trips 2024.parquet"), "Aborted")
    assert not sandbox.uploads("test-bucket")
    assert not list((tmp_path / "checkpoints").glob("*.journal"))


def test_review_opens_the_desk(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path], picture: Picture
) -> None:
    """What an earlier kernel left can be looked at and resumed one by one."""
    notebook = restarted_in_mid_upload(open_notebook, sandbox, settings, files)
    banner = desk_of(notebook, 0)
    press(banner, "Review")
    desk = desk_of(notebook, 0)
    desk.get_by_role("button", name="Unfinished 2").wait_for(timeout=WAIT_MS)
    assert desk.get_by_label("Target", exact=True).input_value() == "oss://test-bucket/raw/"
    picture(notebook, 0, "banner-reviewed")
    press(row_of(desk, "flights.csv"), "Resume")
    wait_for_status(row_of(desk, "flights.csv"), "Running")
    wait_for_status(row_of(desk, "trips 2024.parquet"), "Interrupted")


def test_the_page_is_loaded_again(open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path]) -> None:
    """The kernel goes on: desk and card are live again, at their true position, and their buttons work."""
    sandbox.rate_bytes_per_second = MIB // 64  # so that it still runs, however long the page takes
    upload = f"t = %oss_upload {files[1]} oss://test-bucket/raw/ --part-size 256KiB"
    notebook = open_notebook(settings, upload, "%oss_panel")
    for index in range(3):
        notebook.run(index)
    wait_for_status(desk_of(notebook, 2), "Running")
    notebook.save()
    notebook.reload()
    desk, card = desk_of(notebook, 2), notebook.cell(1).locator(".ossj-card")
    wait_for_status(desk, "Running")
    wait_for_status(card, "Running")
    here = progress(desk)
    sandbox.rate_bytes_per_second = MIB // 4
    until(notebook, lambda: progress(desk) > here)
    sandbox.rate_bytes_per_second = MIB // 64
    until(notebook, lambda: abs(progress(card) - progress(desk)) <= 15)
    assert not notebook.cell(2).locator(".ossj-static").is_visible()
    press(row_of(desk, "flights.csv"), "Pause")
    wait_for_status(desk, "Paused")
    wait_for_status(card, "Paused")
    sandbox.rate_bytes_per_second = None
    press(card, "Resume")
    wait_for_status(desk, "Completed")
    assert stored(sandbox, "raw/flights.csv") == files[1].read_bytes()


def test_without_its_kernel_the_words_stay(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path], picture: Picture
) -> None:
    """A saved notebook shows its uploads in words where no widget can be drawn."""
    notebook = restarted_in_mid_upload(open_notebook, sandbox, settings, files)
    notebook.run(2)
    wait_for_status(row_of(desk_of(notebook, 2), "flights.csv"), "Interrupted")
    notebook.save()
    notebook.restart_kernel()
    assert "The kernel has ended" in desk_of(notebook, 2).locator(".ossj-notice").inner_text()
    notebook.save()
    notebook.reload()
    words = notebook.cell(2).locator(".ossj-static")
    words.wait_for(timeout=WAIT_MS)
    assert "flights.csv" in words.inner_text()
    assert "Error displaying widget" not in notebook.cell(2).inner_text()
    notebook.page.get_by_text("Loading widget").first.wait_for(state="hidden", timeout=WAIT_MS)
    picture(notebook, 2, "desk-words")
