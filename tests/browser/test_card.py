"""The card in a real JupyterLab: it shows what happens, and its buttons work, also while a cell runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from oss_jupyter.sandbox import Fault, Sandbox

from .driver import PATIENCE_SECONDS, Notebook

if TYPE_CHECKING:
    from playwright.sync_api import Locator

MIB = 1024 * 1024
WAIT_MS = 1000 * PATIENCE_SECONDS
# It sleeps in small steps: the kernel is as busy, and its processor is free for the page.
BUSY_CELL = """
import time
from pathlib import Path
while not Path("enough").exists():
    time.sleep(0.05)
Path("enough").unlink()
print("the cell has ended")
"""
# Here computing is the point: the interpreter is wanted by all who have to obey. It looks for the file seldom: CPython
# hands the interpreter over after 5 ms in which the cell has not let go of it, and each look lets go for a moment.
COMPUTING_CELL = BUSY_CELL.replace("time.sleep(0.05)", "for _ in range(100):\n        sum(range(100_000))")

Open = Callable[..., Notebook]
Cell = Callable[..., str]
Picture = Callable[[Notebook, int, str], None]

pytestmark = pytest.mark.timeout(300)


def card_of(notebook: Notebook, index: int = 0) -> Locator:
    card = notebook.cell(index).locator(".ossj-card")
    card.wait_for(timeout=WAIT_MS)
    return card


def wait_for_status(card: Locator, word: str) -> None:
    card.locator(".ossj-status", has_text=word).wait_for(timeout=WAIT_MS)


def press(card: Locator, name: str) -> None:
    card.get_by_role("button", name=name, exact=True).click()


def progress(card: Locator) -> int:
    return int(card.get_by_role("progressbar").get_attribute("aria-valuenow") or 0)


def done_parts(card: Locator) -> int:
    row = card.locator(".ossj-legend li", has_text="done now")
    return int(row.locator(".ossj-count").inner_text()) if row.is_visible() else 0


def same_bytes(sandbox: Sandbox, file: Path) -> bool:
    return Path(sandbox.object_path("test-bucket", file.name)).read_bytes() == file.read_bytes()


def test_parts_fill_until_the_object_is_there(
    open_notebook: Open, upload_cell: Cell, sandbox: Sandbox, tmp_path: Path, picture: Picture
) -> None:
    """What the card shows never goes back, and ends with the object that was checked."""
    sandbox.rate_bytes_per_second = 2 * MIB
    notebook = open_notebook(upload_cell(), device_scale_factor=2)
    notebook.run(0)
    card = card_of(notebook)
    seen = []
    for _ in range(8):
        seen.append((done_parts(card), progress(card)))
        notebook.page.wait_for_timeout(300)
    picture(notebook, 0, "card-running")
    assert seen == sorted(seen)
    assert seen[-1][0] > seen[0][0]
    assert "MiB/s" in card.get_by_role("progressbar").get_attribute("aria-valuetext")  # type: ignore[operator]
    sandbox.rate_bytes_per_second = None
    wait_for_status(card, "Completed")
    assert progress(card) == 100
    assert "CRC-64 verified" in card.inner_text()
    assert same_bytes(sandbox, tmp_path / "data.bin")
    notebook.page.wait_for_timeout(500)
    picture(notebook, 0, "card-completed")


def test_pause_and_resume(open_notebook: Open, upload_cell: Cell, sandbox: Sandbox, tmp_path: Path) -> None:
    """A paused card stands still, and its button carries on with the same object."""
    sandbox.rate_bytes_per_second = 2 * MIB
    notebook = open_notebook(upload_cell())
    notebook.run(0)
    card = card_of(notebook)
    notebook.page.wait_for_timeout(1000)
    press(card, "Pause")
    wait_for_status(card, "Paused")
    before = card.locator(".ossj-legend").inner_text()
    notebook.page.wait_for_timeout(1500)
    assert card.locator(".ossj-legend").inner_text() == before
    sandbox.rate_bytes_per_second = None
    press(card, "Resume")
    wait_for_status(card, "Completed")
    assert same_bytes(sandbox, tmp_path / "data.bin")


def test_pause_is_obeyed_while_a_cell_runs(open_notebook: Open, upload_cell: Cell, sandbox: Sandbox) -> None:
    """Pausing for a training cell is of no use if it has to wait for the cell."""
    sandbox.rate_bytes_per_second = 1 * MIB
    notebook = open_notebook(upload_cell(), f"{COMPUTING_CELL}print(transfer.state)")
    notebook.run(0)
    card = card_of(notebook)
    notebook.start(1)
    notebook.page.wait_for_timeout(1500)
    pressed_at = time.monotonic()
    press(card, "Pause")
    wait_for_status(card, "Paused")
    assert time.monotonic() - pressed_at < 5
    assert notebook.text_of(1) == ""  # the cell is still running
    notebook.path.with_name("enough").touch()
    notebook.cell(1).locator(".jp-OutputArea-output", has_text="the cell has ended").wait_for(timeout=WAIT_MS)
    assert "paused" in notebook.text_of(1)


def test_abort_asks_and_removes_the_parts(open_notebook: Open, upload_cell: Cell, sandbox: Sandbox) -> None:
    """One click too many deletes nothing, and a confirmed one leaves nothing that is billed."""
    sandbox.rate_bytes_per_second = 1 * MIB
    notebook = open_notebook(upload_cell())
    notebook.run(0)
    card = card_of(notebook)
    notebook.page.wait_for_timeout(1500)
    press(card, "Abort")
    question = card.get_by_role("group", name="Abort this upload?")
    assert "are removed from OSS" in question.inner_text()
    press(card, "Do not abort")
    assert not question.is_visible()
    assert len(sandbox.uploads("test-bucket")) == 1
    press(card, "Abort")
    press(card, "Delete the parts")
    wait_for_status(card, "Aborted")
    assert sandbox.uploads("test-bucket") == ()
    assert "nothing of it is left in OSS" in card.inner_text()


def test_a_failure_is_told_in_four_lines_and_can_be_retried(
    open_notebook: Open, upload_cell: Cell, sandbox: Sandbox, picture: Picture
) -> None:
    """The card says what is kept and what to do, and its button does it."""
    sandbox.faults.add(Fault("UploadPart", code="AccessDenied", status=403, skip=9, times=None))
    notebook = open_notebook(upload_cell(parallel=1), device_scale_factor=2)
    notebook.run(0)
    card = card_of(notebook)
    wait_for_status(card, "Failed")
    lines = card.locator(".ossj-error-lines > div").all_inner_texts()
    assert len(lines) == 4
    assert "9 of 32 parts are kept" in lines[1]
    assert "%oss_uploads resume" in lines[2]
    assert "AccessDenied" in lines[3]
    assert card.get_by_role("button", name="Copy error").is_visible()
    picture(notebook, 0, "card-failed")
    sandbox.faults.clear()
    press(card, "Retry")
    wait_for_status(card, "Completed")
    assert not card.locator(".ossj-error").is_visible()


def test_the_map_follows_the_theme(open_notebook: Open, upload_cell: Cell, sandbox: Sandbox, picture: Picture) -> None:
    """The parts can be told apart on a dark page, which a canvas does not do by itself."""
    sandbox.rate_bytes_per_second = 1 * MIB
    notebook = open_notebook(upload_cell(), device_scale_factor=2)
    notebook.run(0)
    card = card_of(notebook)
    notebook.page.wait_for_timeout(1500)
    press(card, "Pause")
    wait_for_status(card, "Paused")

    def last_part_colour() -> list[int]:
        script = "(c) => [...c.getContext('2d').getImageData(c.width - 12, c.height - 12, 1, 1).data]"
        return list(card.locator("canvas").evaluate(script))

    light = last_part_colour()
    notebook.set_theme("JupyterLab Dark")
    notebook.page.wait_for_timeout(500)
    dark = last_part_colour()
    picture(notebook, 0, "card-dark")
    notebook.set_theme("JupyterLab Light")
    notebook.page.wait_for_timeout(500)
    assert last_part_colour() == light
    assert min(light[:3]) > 180 > 90 > max(dark[:3])


def test_a_keyboard_is_enough(open_notebook: Open, upload_cell: Cell, sandbox: Sandbox) -> None:
    """Every control is reached without a mouse, and no key in the card cuts a cell of the notebook."""
    sandbox.rate_bytes_per_second = 1 * MIB
    notebook = open_notebook(upload_cell(), "second = 2")
    notebook.run(0)
    card = card_of(notebook)
    keyboard = notebook.page.keyboard
    card.locator("canvas").focus()
    keyboard.press("ArrowRight")
    keyboard.press("End")
    notebook.page.wait_for_timeout(500)
    assert (card.get_by_role("slider").get_attribute("aria-valuetext") or "").startswith("Part 32: waiting")
    keyboard.press("Tab")
    keyboard.press("Enter")
    wait_for_status(card, "Paused")
    focused = "document.activeElement.textContent"
    assert notebook.page.evaluate(focused) == "Resume"  # the focus stayed on the button
    # Letters and arrows are the notebook's shortcuts, but not in the card.
    for key in ("b", "a", "x", "ArrowDown"):
        keyboard.press(key)
        assert notebook.page.locator(".jp-Notebook .jp-Cell").count() == 2, key
        assert notebook.page.evaluate(focused) == "Resume", key
    keyboard.press("Tab")
    keyboard.press("Enter")
    assert notebook.page.evaluate(focused) == "Do not abort"
    keyboard.press("Escape")
    assert notebook.page.evaluate(focused) == "Abort"
    keyboard.press("Tab")
    keyboard.type("5")
    keyboard.press("Enter")
    notebook.page.wait_for_timeout(500)
    assert card.get_by_label("Parts or files on the wire").input_value() == "5"


def test_after_a_restart_the_card_says_so_and_the_same_cell_carries_on(
    open_notebook: Open, upload_cell: Cell, sandbox: Sandbox, tmp_path: Path, picture: Picture
) -> None:
    """A card of a dead kernel does not look alive, and no work is lost."""
    sandbox.rate_bytes_per_second = 2 * MIB
    notebook = open_notebook(upload_cell(), device_scale_factor=2)
    notebook.run(0)
    card = card_of(notebook)
    notebook.page.wait_for_timeout(2000)
    notebook.restart_kernel()
    wait_for_status(card, "Stopped")
    assert "The kernel has ended, and this is how it stood." in card.inner_text()
    assert notebook.cell(0).locator(".ossj-live").count() == 0
    picture(notebook, 0, "card-restarted")
    sandbox.rate_bytes_per_second = None
    notebook.run(0)
    card = card_of(notebook)
    wait_for_status(card, "Completed")
    assert "kept from before" in card.inner_text()
    assert same_bytes(sandbox, tmp_path / "data.bin")


def test_when_the_kernel_is_shut_down_the_card_says_so_and_offers_nothing(
    open_notebook: Open, upload_cell: Cell, sandbox: Sandbox
) -> None:
    """A stopped card shows what is in OSS; it neither moves nor has buttons that nobody would hear."""
    sandbox.rate_bytes_per_second = MIB
    notebook = open_notebook(upload_cell())
    notebook.run(0)
    card = card_of(notebook)
    wait_for_status(card, "Running")
    notebook.shut_down_kernel()
    wait_for_status(card, "Stopped")
    words = card.inner_text()
    assert "The kernel has ended, and this is how it stood." in words
    assert " MiB in OSS" in words
    for wrong in ("MiB/s", " left", "on the wire", "run the cell again", "estimating"):
        assert wrong not in words
    assert not card.get_by_role("button").filter(visible=True).count()


def test_the_saved_notebook_holds_a_small_summary_and_no_more(
    open_notebook: Open, upload_cell: Cell, sandbox: Sandbox
) -> None:
    """Somebody who reads the file without a kernel sees how it ended, in a few kilobytes."""
    sandbox.rate_bytes_per_second = 4 * MIB
    notebook = open_notebook(upload_cell())
    before = notebook.path.stat().st_size
    notebook.run(0)
    card = card_of(notebook)
    static = notebook.cell(0).locator(".ossj-static")
    assert not static.is_visible()  # only the card
    wait_for_status(card, "Completed")
    notebook.page.wait_for_timeout(500)
    summary = notebook.save()["cells"][0]["outputs"][1]["data"]
    assert "completed" in "".join(summary["text/plain"])
    assert "<table>" in "".join(summary["text/html"])
    assert notebook.path.stat().st_size - before < 5_000
    notebook.reload()  # the kernel is alive, and so is the card
    wait_for_status(card_of(notebook), "Completed")
    notebook.restart_kernel()
    notebook.reload()
    static.wait_for(timeout=WAIT_MS)
    assert "completed" in static.inner_text()
    assert not notebook.page.get_by_text("Error displaying widget").is_visible()
