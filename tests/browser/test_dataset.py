"""Datasets in a real JupyterLab: a folder from magic and desk, a failure tried again, a restart in the middle."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.sandbox import Fault, Sandbox

from .driver import Notebook
from .test_card import MIB, WAIT_MS, Open, Picture, card_of, press, wait_for_status
from .test_desk import desk_of, row_of, settings, stored
from .test_restart import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator

__all__ = ["settings"]

pytestmark = pytest.mark.timeout(420)

COUNT = 2_000
# On a machine that has much else to do.
ENDS_MS = 120_000
SIZE = 2_000
UPLOAD = "%oss_upload data/ oss://test-bucket/raw/"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """2,000 small files of random bytes, in folders, with names that nobody expects among them."""
    made = tmp_path / "data"
    for number in range(COUNT):
        path = made / f"day-{number % 20:02}" / f"{number:04}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(SIZE))
    (made / "day-00" / "a b+c%20#é.bin").write_bytes(b"an odd name")
    (made / "day-00" / "0000.bin").unlink()
    return made


def paths_in(folder: Path) -> dict[str, Path]:
    return {f"raw/{path.relative_to(folder).as_posix()}": path for path in folder.rglob("*") if path.is_file()}


def all_there(sandbox: Sandbox, folder: Path) -> bool:
    files = paths_in(folder)
    return len(files) == COUNT and all(stored(sandbox, key) == path.read_bytes() for key, path in files.items())


def sent_keys(sandbox: Sandbox) -> list[str]:
    return [str(one.key) for one in sandbox.requests if one.operation == "PutObject"]


def line_of(card: Locator) -> str:
    return card.locator(".ossj-line").first.inner_text()


def begun(notebook: Notebook, card: Locator, least: int = 100) -> None:
    """Return when so many files are in OSS, and not all."""
    until(notebook, lambda: least <= done_in(line_of(card)) < COUNT)


def done_in(line: str) -> int:
    """How many files a line says there are; none while they are looked for."""
    found = re.match(r"([\d,]+) of ", line)
    return int(found[1].replace(",", "")) if found else 0


def wait_for_state(card: Locator, state: str) -> None:
    card.locator(f'.ossj-status[data-state="{state}"]').wait_for(timeout=ENDS_MS)


def slow(sandbox: Sandbox) -> None:
    sandbox.rate_bytes_per_second = 500 * SIZE


def test_a_folder_goes_up_from_the_magic(
    open_notebook: Open, sandbox: Sandbox, settings: str, folder: Path, picture: Picture
) -> None:
    """One card counts files and bytes while they go, a file is found by its name, and the file tells the end."""
    slow(sandbox)
    notebook = open_notebook(settings, UPLOAD, device_scale_factor=2)
    notebook.run(0)
    notebook.run(1)
    card = card_of(notebook, 1)
    begun(notebook, card)
    assert " files · " in line_of(card)
    card.get_by_text("files/s").first.wait_for(timeout=WAIT_MS)
    assert "On the wire now" in card.inner_text()
    picture(notebook, 1, "dataset-running")
    sandbox.rate_bytes_per_second = None
    wait_for_state(card, "completed")
    assert line_of(card).startswith("2,000 files · ")
    assert all_there(sandbox, folder)
    card.get_by_role("searchbox", name="Find a file").fill("day-07/1987")
    found = card.get_by_role("list", name="Files found")
    found.get_by_text("raw/day-07/1987.bin").wait_for(timeout=WAIT_MS)
    assert "sent · 2.0 KiB" in found.inner_text()
    notebook.page.wait_for_timeout(500)
    summary = notebook.save()["cells"][1]["outputs"][-1]["data"]
    assert "2,000 files" in "".join(summary["text/plain"])
    assert len("".join(summary["text/html"]).encode()) <= 3000


def test_a_folder_goes_up_from_the_chooser_of_the_desk(
    open_notebook: Open, sandbox: Sandbox, settings: str, folder: Path, picture: Picture
) -> None:
    """Who uses no mouse chooses a folder as well; it is one row, and its card opens below."""
    slow(sandbox)
    notebook = open_notebook(settings, "%oss_panel")
    notebook.run(0)
    notebook.run(1)
    desk, keyboard = desk_of(notebook, 1), notebook.page.keyboard
    press(desk, "Browse…")
    chooser = desk.get_by_role("listbox")
    chooser.locator("option", has_text="data/").wait_for(state="attached", timeout=WAIT_MS)
    chooser.select_option(label="data/")
    chooser.focus()
    for _ in range(2):
        keyboard.press("Tab")
    assert notebook.page.evaluate("document.activeElement.textContent") == "Choose folder data/"
    keyboard.press("Enter")
    assert desk.get_by_label("File", exact=True).input_value() == "data/"
    desk.get_by_label("Target", exact=True).fill("oss://test-bucket/raw/")
    press(desk, "Start upload")
    row = row_of(desk, "oss://test-bucket/raw/")
    wait_for_status(row, "Running")
    assert desk.locator(".ossj-item").count() == 1
    press(row, "Details")
    card = desk.locator(".ossj-detail")
    begun(notebook, card)
    picture(notebook, 1, "dataset-desk")
    sandbox.rate_bytes_per_second = None
    wait_for_state(row, "completed")
    assert line_of(row).startswith("2,000 files · ")
    assert all_there(sandbox, folder)


def test_one_failing_file_is_tried_again_with_the_button(
    open_notebook: Open, sandbox: Sandbox, settings: str, folder: Path, picture: Picture
) -> None:
    """One bad file stops no other; the card names it with its reason, and its button sends that file alone."""
    bad = "raw/day-01/0021.bin"
    sandbox.faults.add(Fault("PutObject", key=bad, code="AccessDenied", status=403, times=None))
    notebook = open_notebook(settings, UPLOAD, device_scale_factor=2)
    notebook.run(0)
    notebook.run(1)
    card = card_of(notebook, 1)
    wait_for_state(card, "completed_with_errors")
    failures = card.locator(".ossj-failures")
    assert failures.locator("summary").inner_text() == "1 file failed"
    assert bad in failures.inner_text()
    assert "AccessDenied" in failures.inner_text()
    picture(notebook, 1, "dataset-failed")
    notebook.page.wait_for_timeout(500)
    summary = "".join(notebook.save()["cells"][1]["outputs"][-1]["data"]["text/plain"])
    assert "completed with errors" in summary
    assert "0021.bin" in summary
    assert "1 failed" in summary
    sandbox.faults.clear()
    sandbox.clear_requests()
    press(card, "Retry failed")
    wait_for_state(card, "completed")
    assert sent_keys(sandbox) == [bad]
    assert not failures.is_visible()
    assert all_there(sandbox, folder)


def test_a_kernel_restart_in_the_middle_sends_nothing_twice(
    open_notebook: Open, sandbox: Sandbox, settings: str, folder: Path
) -> None:
    """The card says that the kernel has ended; the same cell carries on, and what was there is not sent again."""
    slow(sandbox)
    notebook = open_notebook(settings, UPLOAD)
    notebook.run(0)
    notebook.run(1)
    card = card_of(notebook, 1)
    begun(notebook, card, 300)
    notebook.restart_kernel()
    wait_for_status(card, "Stopped")
    assert "The kernel has ended, and this is how it stood." in card.inner_text()
    assert not card.locator(".ossj-find").is_visible()
    sandbox.rate_bytes_per_second = None
    notebook.run(0)
    notebook.run(1)
    card = card_of(notebook, 1)
    wait_for_state(card, "completed")
    assert "kept from before" in card.inner_text() or "already there" in card.inner_text()
    assert all_there(sandbox, folder)
    keys = sent_keys(sandbox)
    assert len(keys) - len(set(keys)) <= 64  # what was on the wire
    notebook.save()
    notebook.restart_kernel()
    notebook.reload()
    static = notebook.cell(1).locator(".ossj-static")
    static.wait_for(timeout=WAIT_MS)
    assert "2,000 files" in static.inner_text()


def test_a_large_file_shows_its_parts(
    open_notebook: Open, sandbox: Sandbox, settings: str, tmp_path: Path, picture: Picture
) -> None:
    """A press on a large file opens its part map, in the list and on the map of files, and Escape leads back."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "large.bin").write_bytes(os.urandom(64 * MIB))
    for number in range(20):
        (tmp_path / "data" / f"{number}.bin").write_bytes(os.urandom(SIZE))
    sandbox.rate_bytes_per_second = 4 * MIB
    notebook = open_notebook(settings, f"{UPLOAD} --part-size 1MiB")
    notebook.run(0)
    notebook.run(1)
    card = card_of(notebook, 1)
    press(card, "raw/large.bin")
    parts = card.locator(".ossj-parts")
    parts.wait_for(timeout=WAIT_MS)
    assert "64 MiB" in parts.inner_text()
    assert parts.get_by_role("slider").get_attribute("aria-valuemax") == "64"
    assert not card.get_by_role("searchbox").is_visible()
    picture(notebook, 1, "dataset-parts")
    notebook.page.keyboard.press("Escape")
    card.get_by_role("searchbox").wait_for(timeout=WAIT_MS)
    assert not parts.is_visible()
    card.get_by_role("slider").focus()
    notebook.page.keyboard.press("End")
    card.get_by_text("raw/large.bin · on the wire · 64 MiB · press to see its parts").wait_for(timeout=WAIT_MS)
    notebook.page.keyboard.press("Enter")
    parts.wait_for(timeout=WAIT_MS)
    sandbox.rate_bytes_per_second = None
    wait_for_state(card, "completed")
    press(card, "← All files")
    parts.wait_for(state="hidden", timeout=WAIT_MS)
    assert "sent 21" in card.locator(".ossj-legend").first.inner_text()
    assert stored(sandbox, "raw/large.bin") == (tmp_path / "data" / "large.bin").read_bytes()
