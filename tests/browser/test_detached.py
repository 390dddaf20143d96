"""An upload that outlives its kernel, in a real JupyterLab: begun at the desk, restarted by the menu, found again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.detached.link import HostGone, ask

from .driver import Lab
from .test_card import MIB, WAIT_MS, Open, Picture, press, wait_for_status
from .test_desk import desk_of, files, fill, row_of, settings, stored

__all__ = ["files", "settings"]

pytestmark = pytest.mark.timeout(300)

# For longer than a kernel takes to be restarted on a busy machine.
SLOW = MIB // 8
NOTE = "It goes on without this kernel."


@pytest.fixture(autouse=True)
def host(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What runs without a kernel ends with the test."""
    monkeypatch.setenv("OSS_JUPYTER_STATE_DIR", str(lab.directory / "state"))
    yield
    with suppress(HostGone):
        os.kill(ask("hello"), signal.SIGKILL)


def test_it_is_begun_at_the_desk_and_found_by_the_next_kernel(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path], picture: Picture
) -> None:
    """The desk of the ended kernel says that it goes on; that of the next one shows it live, pauses and resumes it."""
    sandbox.rate_bytes_per_second = SLOW
    files[1].write_bytes(os.urandom(12 * MIB))
    notebook = open_notebook(settings, "%oss_panel", "%oss_panel")
    notebook.run(0)
    notebook.run(1)
    desk = desk_of(notebook, 1)
    fill(desk, "flights.csv", "oss://test-bucket/raw/")
    desk.get_by_text("Options").click()
    desk.get_by_label("Part size").fill("256KiB")
    desk.get_by_label("Detach").check()
    picture(notebook, 1, "detach-form")
    press(desk, "Start upload")
    wait_for_status(row_of(desk, "flights.csv"), "Running")
    assert NOTE in row_of(desk, "flights.csv").inner_text()
    press(row_of(desk, "flights.csv"), "Details")
    desk.locator(".ossj-detail .ossj-notes", has_text=NOTE).wait_for(timeout=WAIT_MS)

    notebook.restart_kernel()
    wait_for_status(row_of(desk, "flights.csv"), "Goes on")
    wait_for_status(desk.locator(".ossj-detail"), "Goes on")
    assert "the upload goes on without it" in desk.locator(".ossj-detail .ossj-notice").inner_text()
    picture(notebook, 1, "detach-ended")

    notebook.run(0)
    notebook.run(2)
    desk = desk_of(notebook, 2)
    row = row_of(desk, "flights.csv")
    wait_for_status(row, "Running")
    begun = time.monotonic()
    press(row, "Pause")
    wait_for_status(row, "Paused")
    assert time.monotonic() - begun < 5.0
    assert NOTE not in row.inner_text()
    picture(notebook, 2, "detach-paused")
    sandbox.rate_bytes_per_second = None
    press(row, "Resume")
    wait_for_status(row, "Completed")
    assert stored(sandbox, "raw/flights.csv") == files[1].read_bytes()


def test_it_is_given_up_after_a_reload(
    open_notebook: Open, sandbox: Sandbox, settings: str, files: list[Path], picture: Picture
) -> None:
    """A page that is loaded again shows it live, its parts too, and an abort leaves nothing in OSS."""
    sandbox.rate_bytes_per_second = SLOW
    files[1].write_bytes(os.urandom(12 * MIB))
    upload = f"%oss_upload {files[1]} oss://test-bucket/raw/ --detach --part-size 256KiB"
    notebook = open_notebook(settings, upload)
    notebook.run(0)
    notebook.run(1)
    notebook.save()
    notebook.reload()
    card = notebook.cell(1).locator(".ossj-card")
    wait_for_status(card, "Running")
    card.locator(".ossj-legend", has_text="done now").wait_for(timeout=WAIT_MS)
    card.locator(".ossj-canvas").hover(position={"x": 5, "y": 5})
    card.get_by_text("done now · 256 KiB · at 0 B").wait_for(timeout=WAIT_MS)
    picture(notebook, 1, "detach-part")
    press(card, "Abort")
    press(card, "Delete the parts")
    wait_for_status(card, "Aborted")
    assert NOTE not in card.inner_text()
    assert not sandbox.uploads("test-bucket")
