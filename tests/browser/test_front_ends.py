"""The card from the magic, with as many parts as there can be, in Notebook 7 as well, and without any front end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from oss_jupyter.sandbox import Sandbox

from .driver import Lab
from .test_card import BUSY_CELL, MIB, Cell, Open, Picture, card_of, press, wait_for_status
from .test_desk import settings  # noqa: F401 - a fixture

PARTS = 10_000

pytestmark = pytest.mark.timeout(300)


def test_ten_thousand_parts_from_the_magic(
    open_notebook: Open,
    sandbox: Sandbox,
    settings: str,  # noqa: F811
    tmp_path: Path,
    picture: Picture,
) -> None:
    """The magic shows the card; its map has a cell for each of 10,000 parts, and the keyboard reaches the last one."""
    file = tmp_path / "ten-thousand.bin"
    with file.open("wb") as empty:
        empty.truncate(PARTS * 100 * 1024)
    sandbox.rate_bytes_per_second = 40 * MIB
    notebook = open_notebook(
        settings,
        f"%oss_upload {file} oss://test-bucket/raw/ --part-size 100KiB --parallel 4",
        device_scale_factor=2,
    )
    notebook.run(0)
    notebook.run(1)
    card = card_of(notebook, 1)
    wait_for_status(card, "Running")
    done = card.locator(".ossj-legend li", has_text="done now").locator(".ossj-count")
    done.wait_for()
    card.get_by_role("slider").focus()
    notebook.page.keyboard.press("End")
    assert "10,000" in (card.get_by_role("slider").get_attribute("aria-valuetext") or "")
    picture(notebook, 1, "card-ten-thousand")
    press(card, "Pause")
    wait_for_status(card, "Paused")
    counts = card.locator(".ossj-legend .ossj-count").all_inner_texts()
    assert sum(int(count.replace(",", "")) for count in counts if count) == PARTS


def test_ten_uploads_hardly_grow_the_notebook(
    open_notebook: Open,
    sandbox: Sandbox,
    settings: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    """After ten uploads the file is less than 60 KB larger than before."""
    file = tmp_path / "small.bin"
    file.write_bytes(b"x" * MIB)
    cells = [f"%oss_upload {file} oss://test-bucket/raw/{number}.bin --wait" for number in range(10)]
    notebook = open_notebook(settings, *cells)
    before = notebook.path.stat().st_size
    for index in range(11):
        notebook.run(index)
    notebook.page.wait_for_timeout(500)
    notebook.save()
    assert notebook.path.stat().st_size - before < 60_000


def test_an_export_without_a_kernel_says_what_became_of_it(
    open_notebook: Open, upload_cell: Cell, sandbox: Sandbox
) -> None:
    """nbconvert finds the summary and no broken widget."""
    notebook = open_notebook(upload_cell(size_mib=2))
    notebook.run(0)
    wait_for_status(card_of(notebook), "Completed")
    notebook.page.wait_for_timeout(500)
    notebook.save()
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", notebook.path], check=True, capture_output=True)
    page = notebook.path.with_suffix(".html").read_text(encoding="utf-8")
    assert "completed" in page
    assert "oss://test-bucket/data.bin" in page
    assert "Error displaying widget" not in page


def test_notebook_7_shows_it_and_pauses_during_a_busy_cell(
    browser: Browser, tmp_path: Path, upload_cell: Cell, sandbox: Sandbox, picture: Picture
) -> None:
    """The same card, and the same obedience, in the other application."""
    sandbox.rate_bytes_per_second = MIB
    with Lab(tmp_path / "notebook-7", application="notebook") as lab:
        notebook = lab.open(browser, [upload_cell(), BUSY_CELL])
        try:
            notebook.run(0)
            card = card_of(notebook)
            wait_for_status(card, "Running")
            notebook.start(1)
            notebook.page.wait_for_timeout(1000)
            press(card, "Pause")
            wait_for_status(card, "Paused")
            assert "the cell has ended" not in notebook.text_of(1)
            picture(notebook, 0, "card-notebook-7")
        finally:
            sandbox.rate_bytes_per_second = None
            (lab.work / "enough").touch()
            notebook.close()


def test_the_list_fits_a_narrow_page(
    open_notebook: Open,
    sandbox: Sandbox,
    settings: str,  # noqa: F811
    tmp_path: Path,
    picture: Picture,
) -> None:
    """Long names are shortened and broken, short words are not, and a forgotten one takes no more room."""
    folder = tmp_path / "a_folder_with_a_long_name_that_has_no_blank" / "another_one_of_the_same_kind_below_it"
    folder.mkdir(parents=True)
    (folder / f"{'measurements' * 6}.parquet").write_bytes(bytes(4 * MIB))
    sandbox.rate_bytes_per_second = MIB
    begin = f"""
path, key = {str(next(folder.iterdir()))!r}, "oss://test-bucket/" + "deep/prefix_of_the_bucket/" * 8
for name in ("a", "b"):
    oj.upload(path, f"{{key}}{{name}}", part_size="256KiB")
import time
while any(one.snapshot().parts_done < 2 for one in oj.transfers()): time.sleep(0.1)
for one in oj.transfers():
    one.pause()
    one.wait(20)
oj.forget(oj.transfers()[0].id);
""".strip()
    notebook = open_notebook(settings, begin, "%oss_uploads", viewport={"width": 1000, "height": 900})
    for index in range(3):
        notebook.run(index)
    picture(notebook, 2, "list-narrow")
    table = notebook.cell(2).locator("table")
    area = notebook.cell(2).locator(".jp-OutputArea-output").first
    inside, outside = table.bounding_box(), area.bounding_box()
    assert inside is not None
    assert outside is not None
    assert inside["width"] <= outside["width"] + 1
    assert area.evaluate("area => area.scrollWidth <= area.clientWidth + 1")
    heights = [row.bounding_box() for row in table.locator("tr").all()[1:]]
    assert all(box is not None and box["height"] < 120 for box in heights)
    said = table.inner_text()
    assert "Forgotten here." in said
    assert "lifecycle" not in said
