"""A stream in a real JupyterLab: a card without an end in sight, and after a restart what is left to do."""

from __future__ import annotations

import pytest

from oss_jupyter.sandbox import Sandbox

from .test_card import Open, Picture, card_of, press, wait_for_status
from .test_desk import desk_of, settings

__all__ = ["settings"]

pytestmark = pytest.mark.timeout(180)

STREAM = """
import threading
def rows():
    for number in range(5):
        yield bytes(256 * 1024)
    threading.Event().wait()
gen = rows()
stream = %oss_upload gen oss://test-bucket/rows.bin --part-size 256KiB
import time
while stream.snapshot().parts_done < 5: time.sleep(0.05)
""".strip()


def test_a_stream_and_its_restart(open_notebook: Open, sandbox: Sandbox, settings: str, picture: Picture) -> None:
    """No bar says how much of all there is; with its maker gone, all that is offered is to give it up."""
    notebook = open_notebook(settings, STREAM)
    notebook.run(0)
    notebook.run(1)
    card = card_of(notebook, 1)
    card.locator(".ossj-line", has_text="1.3 MiB so far · Waiting for what is to be sent").wait_for(timeout=30_000)
    assert not card.get_by_role("progressbar").is_visible()
    assert card.get_by_role("button", name="Pause").is_visible()
    picture(notebook, 1, "stream-waiting")
    notebook.restart_kernel()
    notebook.run(0)
    banner = desk_of(notebook, 0)
    assert banner.locator(".ossj-banner-line").inner_text() == "1 unfinished upload: 1.3 MiB already in OSS"
    assert "Run the cell again" in banner.locator(".ossj-row-error").first.inner_text()
    assert not banner.get_by_role("button", name="Resume all").is_visible()
    picture(notebook, 0, "stream-gone")
    press(banner, "Discard")
    press(banner.locator(".ossj-banner .ossj-question"), "Discard them")
    wait_for_status(banner.locator(".ossj-item"), "Aborted")
    assert not sandbox.uploads("test-bucket")
