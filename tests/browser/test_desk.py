"""The desk in a real JupyterLab: starting, finding, pausing, choosing again, by mouse and by keyboard."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.sandbox import Sandbox

from .driver import Notebook
from .test_card import BUSY_CELL, MIB, WAIT_MS, Open, Picture, press, wait_for_status

if TYPE_CHECKING:
    from playwright.sync_api import Locator

Prepare = Callable[[Sandbox], str]

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def settings(sandbox: Sandbox, tmp_path: Path) -> str:
    """A cell that goes into a folder of its own and points the kernel at the sandbox."""
    return f"""
import os
os.chdir({str(tmp_path)!r})
os.environ.update(OSS_ACCESS_KEY_ID="test-key-id", OSS_ACCESS_KEY_SECRET="test-key-secret")
import oss_jupyter as oj
oj.settings().endpoint, oj.settings().region = {sandbox.endpoint!r}, {sandbox.region!r}
oj.settings().checkpoint_dir = {str(tmp_path / "checkpoints")!r}
%load_ext oss_jupyter
""".strip()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three files, one of them in a folder."""
    (tmp_path / "data").mkdir()
    made = [tmp_path / "data" / "trips 2024.parquet", tmp_path / "flights.csv", tmp_path / "weather.csv"]
    for path in made:
        path.write_bytes(os.urandom(4 * MIB))
    return made


def desk_of(notebook: Notebook, index: int) -> Locator:
    desk = notebook.cell(index).locator(".ossj-desk")
    desk.wait_for(timeout=WAIT_MS)
    return desk


def row_of(desk: Locator, text: str) -> Locator:
    return desk.locator(".ossj-item", has_text=text)


def fill(desk: Locator, file: str, target: str) -> None:
    desk.get_by_label("File", exact=True).fill(file)
    desk.get_by_label("Target", exact=True).fill(target)


def stored(sandbox: Sandbox, key: str) -> bytes:
    return sandbox.object_path("test-bucket", key).read_bytes()


def test_starting_from_the_desk(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path], picture: Picture
) -> None:
    """Browse to a file, name the target, start; a mistake is explained in the form, in four lines."""
    sandbox.rate_bytes_per_second = 2 * MIB
    notebook = open_notebook(settings, "%oss_panel")
    notebook.run(0)
    notebook.run(1)
    desk = desk_of(notebook, 1)
    press(desk, "Browse…")
    chooser = desk.get_by_role("listbox")
    chooser.select_option(label="data/")
    press(desk, "Open folder")
    chooser.locator("option", has_text="trips 2024.parquet · 4 MiB").wait_for(state="attached", timeout=WAIT_MS)
    chooser.select_option(label="trips 2024.parquet · 4 MiB")
    picture(notebook, 1, "desk-chooser")
    press(desk, "Choose")
    assert desk.get_by_label("File", exact=True).input_value() == "data/trips 2024.parquet"
    desk.get_by_label("Target", exact=True).fill("oss:/wrong")
    press(desk, "Start upload")
    error = desk.locator(".ossj-form .ossj-error-lines")
    error.wait_for(timeout=WAIT_MS)
    assert error.inner_text().splitlines()[0] == "'oss:/wrong' is not an OSS address."
    assert len(error.inner_text().splitlines()) == 4
    picture(notebook, 1, "desk-error")
    desk.get_by_label("Target", exact=True).fill("oss://test-bucket/raw/")
    desk.get_by_text("Options").click()
    desk.get_by_label("Part size").fill("256KiB")
    desk.get_by_label("Storage class").select_option("IA")
    press(desk, "Start upload")
    row = row_of(desk, "trips 2024.parquet")
    wait_for_status(row, "Running")
    assert not error.is_visible()
    press(row, "Details")
    desk.locator(".ossj-item:has-text('trips 2024.parquet') + .ossj-detail .ossj-canvas").wait_for(timeout=WAIT_MS)
    wait_for_status(row, "Completed")
    wait_for_status(desk.locator(".ossj-detail"), "Completed")
    assert stored(sandbox, "raw/trips 2024.parquet") == files[0].read_bytes()
    begun = next(request for request in sandbox.requests if request.operation == "InitiateMultipartUpload")
    assert begun.headers["x-oss-storage-class"] == "IA"
    assert notebook.outputs(1)[0]["output_type"] == "display_data"  # and nothing was printed or raised into the cell


def test_filters_search_and_all_at_once(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path], picture: Picture
) -> None:
    """Among many uploads the one that is meant is found, and all that are listed can be stopped at once."""
    sandbox.rate_bytes_per_second = MIB // 2
    uploads = "\n".join(f"oj.upload({str(path)!r}, 'oss://test-bucket/raw/', part_size='256KiB');" for path in files)
    uploads += f"\noj.upload({str(files[1])!r}, 'oss://no-such-bucket/raw/');"
    notebook = open_notebook(settings, "%oss_panel", uploads)
    for index in range(3):
        notebook.run(index)
    desk = desk_of(notebook, 1)
    items = desk.locator(".ossj-item")
    row_of(desk, "weather").locator(".ossj-status", has_text="Running").wait_for(timeout=WAIT_MS)
    wait_for_status(row_of(desk, "no-such-bucket"), "Failed")
    press(row_of(desk, "flights.csv").filter(has_not_text="no-such"), "Pause")
    desk.get_by_role("button", name="Paused 1").click()
    assert items.count() == 1
    assert "flights.csv" in items.inner_text()
    desk.get_by_role("button", name="All 4").click()
    desk.get_by_label("Search").fill("raw parquet")
    assert items.count() == 1
    press(desk, "Pause those listed")
    desk.get_by_role("button", name="Paused 2").wait_for(timeout=WAIT_MS)
    press(desk, "Resume those listed")
    desk.get_by_role("button", name="Paused 1").wait_for(timeout=WAIT_MS)
    desk.get_by_label("Search").fill("nothing like this")
    assert desk.locator(".ossj-nothing").inner_text() == "No upload matches."
    desk.get_by_label("Search").fill("")
    picture(notebook, 1, "desk-light")
    notebook.set_theme("JupyterLab Dark")
    notebook.page.wait_for_timeout(500)
    picture(notebook, 1, "desk-dark")
    notebook.set_theme("JupyterLab Light")
    press(desk, "Pause all")
    desk.get_by_role("button", name="Paused 3").wait_for(timeout=WAIT_MS)
    sandbox.rate_bytes_per_second = None
    press(desk, "Resume all")
    desk.get_by_role("button", name="Completed 3").wait_for(timeout=WAIT_MS)
    press(desk, "Clear finished")
    desk.get_by_role("button", name="All 1").wait_for(timeout=WAIT_MS)
    for path in files:
        assert stored(sandbox, f"raw/{path.name}") == path.read_bytes()


def test_it_browses_and_starts_while_a_cell_runs(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path], tmp_path: Path
) -> None:
    """A desk that waits for the cell would be dead for hours of training."""
    notebook = open_notebook(settings, "%oss_panel", BUSY_CELL)
    notebook.run(0)
    notebook.run(1)
    desk = desk_of(notebook, 1)
    notebook.start(2)
    press(desk, "Browse…")
    desk.get_by_role("listbox").locator("option", has_text="weather.csv").wait_for(state="attached", timeout=WAIT_MS)
    desk.get_by_role("listbox").select_option(label="weather.csv · 4 MiB")
    press(desk, "Choose")
    desk.get_by_label("Target", exact=True).fill("oss://test-bucket/busy/")
    press(desk, "Start upload")
    wait_for_status(row_of(desk, "weather.csv"), "Completed")
    assert notebook.text_of(2) == ""  # the cell is still running
    assert stored(sandbox, "busy/weather.csv") == files[2].read_bytes()
    (tmp_path / "enough").touch()


def test_a_file_that_is_gone_is_chosen_again(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path], picture: Picture
) -> None:
    """A file that was moved costs its user no part that had arrived."""
    sandbox.rate_bytes_per_second = 2 * MIB
    upload = f"t = oj.upload({str(files[1])!r}, 'oss://test-bucket/raw/', part_size='256KiB')\n"
    wait = "import time\nwhile t.snapshot().parts_done < 4: time.sleep(0.1)"
    notebook = open_notebook(settings, upload + wait, "%oss_panel")
    notebook.run(0)
    notebook.run(1)
    notebook.restart_kernel()
    sandbox.rate_bytes_per_second = None
    moved = files[1].rename(files[0].parent / "moved.csv")
    notebook.run(0)
    notebook.run(2)
    desk = desk_of(notebook, 2)
    row = row_of(desk, "flights.csv")
    wait_for_status(row, "File missing")
    press(row, "Choose again")
    listed = row.get_by_role("listbox")
    listed.locator("option", has_text="data/").wait_for(state="attached", timeout=WAIT_MS)
    listed.select_option(label="weather.csv · 4 MiB")
    picture(notebook, 2, "desk-file-missing")
    listed.select_option(label="data/")
    press(row, "Open folder")
    listed.locator("option", has_text="moved.csv").wait_for(state="attached", timeout=WAIT_MS)
    listed.select_option(label="moved.csv · 4 MiB")
    press(row, "Choose")
    wait_for_status(row_of(desk, "moved.csv"), "Completed")
    assert "kept from before" in row_of(desk, "moved.csv").inner_text()
    assert stored(sandbox, "raw/flights.csv") == moved.read_bytes()


def test_the_keyboard_is_enough(open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path]) -> None:
    """From the file to Details without a mouse, and the notebook's own shortcuts stay out of it."""
    sandbox.rate_bytes_per_second = MIB
    notebook = open_notebook(settings, "%oss_panel", "3")
    notebook.run(0)
    notebook.run(1)
    desk = desk_of(notebook, 1)
    keyboard = notebook.page.keyboard
    focused = notebook.page.locator(":focus")
    desk.get_by_label("File", exact=True).focus()
    keyboard.press("Tab")
    keyboard.press("Enter")  # Browse
    desk.get_by_role("listbox").locator("option", has_text="flights.csv").wait_for(state="attached", timeout=WAIT_MS)
    keyboard.type("fli")  # the native list finds it
    keyboard.press("Enter")
    assert desk.get_by_label("File", exact=True).input_value() == "flights.csv"
    keyboard.type("oss://test-bucket/dd/xx/")  # the focus is on the target; d and x would delete and cut cells
    keyboard.press("Enter")
    row = row_of(desk, "flights.csv")
    wait_for_status(row, "Running")
    while focused.inner_text() != "Pause":
        keyboard.press("Tab")
    keyboard.press("Enter")
    wait_for_status(row, "Paused")
    assert focused.inner_text() == "Resume"  # it is the same button, and kept the focus
    keyboard.press("Tab")
    keyboard.press("Tab")
    assert focused.inner_text() == "Details"
    keyboard.press("Space")
    desk.locator(".ossj-detail .ossj-card").wait_for(timeout=WAIT_MS)
    assert focused.get_attribute("aria-expanded") == "true"
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")  # Abort asks first, and Escape takes it back
    assert focused.inner_text() == "Do not abort"
    keyboard.press("Escape")
    assert focused.inner_text() == "Abort"
    assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 3


def test_a_card_below_leaves_the_desk_as_it_was(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path]
) -> None:
    """The styles of card and desk come to the page as one, so neither overrules the other by coming later."""
    notebook = open_notebook(settings, "%oss_panel", f"%oss_upload {files[1]} oss://test-bucket/raw/ --wait")
    notebook.run(0)
    notebook.run(1)
    desk = desk_of(notebook, 1)
    look = """(desk) => [desk, ...desk.querySelectorAll('.ossj-primary, .ossj-chip')].map((element) => {
        const { maxWidth, backgroundColor, borderRadius } = getComputedStyle(element);
        return `${element.className} ${maxWidth} ${backgroundColor} ${borderRadius}`;
    }).slice(0, 3)"""
    before = desk.evaluate(look)
    notebook.run(2)
    wait_for_status(desk, "Completed")
    assert desk.evaluate(look) == before
    assert notebook.page.locator("style.ossj-style").count() == 1
