"""What the live card costs: ``python -m tests.benchmarks display``.

A transfer of 10,000 parts runs at full speed against the sink, under a JupyterLab in Chromium. Counted are the frames
the page draws while it is scrolled with the card in view, the messages the kernel sends to it, and the processor time
of the kernel's painting thread. It needs Chromium.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.driver import Lab, Notebook, chromium, find_chromium

from .harness import Setup, make_sparse_file
from .promises import Promise, at_least, at_most
from .sink.launch import running_sink
from .sink.server import WaitingList

if TYPE_CHECKING:
    from playwright.sync_api import WebSocket

KIB = 1024
PARTS = 10_000
PART_BYTES = 100 * KIB
SECONDS = 8.0
# So many cells around the card that the page can be scrolled.
_FILLERS = 12

_SCROLL = """async (milliseconds) => {
    const outer = document.querySelector('.jp-WindowedPanel-outer') || document.querySelector('.jp-Notebook');
    const from = outer.scrollTop, room = 200;
    let frames = 0, step = 6;
    const until = performance.now() + milliseconds;
    await new Promise((done) => {
        const frame = (now) => {
            frames += 1;
            if (outer.scrollTop + step > from + room || outer.scrollTop + step < from) step = -step;
            outer.scrollTop += step;  // the card stays in view, or it would have nothing to do
            now < until ? requestAnimationFrame(frame) : done();
        };
        requestAnimationFrame(frame);
    });
    return frames / (milliseconds / 1000);
}"""

_PAINTED = """
import threading, time
print(sum(time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
          for thread in threading.enumerate() if thread.name == "oss-painter"))
"""


def display(setup: Setup) -> Iterator[Promise]:
    """Yield what the card must keep, measured."""
    if find_chromium() is None:
        setup.say("display: left out, it needs Chromium (Debian: apt-get install chromium)")
        return
    setup.say("display: 10,000 parts under a JupyterLab")
    with (
        tempfile.TemporaryDirectory(dir=setup.folder) as folder,
        running_sink(Path(folder), WaitingList()) as sink,
        Lab(Path(folder) / "lab") as lab,
        chromium() as browser,
    ):
        source = make_sparse_file(Path(folder) / "many-parts.bin", PARTS * PART_BYTES)
        cells = [_upload_cell(source, sink.endpoint), _PAINTED, *["'filler'"] * _FILLERS]
        notebook = lab.open(browser, cells)
        received: list[int] = []
        notebook.page.on("websocket", lambda socket: _count(socket, received))
        notebook.reload()  # the websocket is counted from its beginning
        yield from _measure(notebook, received)
        notebook.close()


def _measure(notebook: Notebook, received: list[int]) -> Iterator[Promise]:
    for index in range(2, 2 + _FILLERS):
        notebook.run(index)
    notebook.run(0)
    notebook.cell(0).locator(".ossj-card").wait_for()
    notebook.run(1)
    painted_before, began_at = float(notebook.text_of(1)), time.monotonic()
    received.clear()
    frames = notebook.page.evaluate(_SCROLL, SECONDS * 1000)
    messages, received_bytes = len(received), sum(received)
    notebook.run(1)
    share = (float(notebook.text_of(1)) - painted_before) / (time.monotonic() - began_at)
    yield at_least("10,000 parts on the card: frames while scrolling", frames, 50, " /s")
    yield at_most("10,000 parts on the card: messages to the page", messages / SECONDS, 4.2, " /s")
    yield at_most("10,000 parts on the card: data to the page", received_bytes / KIB / SECONDS, 60, " KiB/s")
    yield at_most("10,000 parts on the card: kernel's CPU for display", 100 * share, 2, " %")


def _count(socket: WebSocket, received: list[int]) -> None:
    socket.on("framereceived", lambda payload: received.append(len(payload)))


def _upload_cell(source: Path, endpoint: str) -> str:
    given = {"endpoint": endpoint, "region": "cn-hangzhou", "part_size": PART_BYTES, "parallel": 4}
    return (
        "import oss_jupyter as oj\n"
        "from oss_jupyter.notebook.panel.show import show_card\n"
        f"transfer = oj.upload({str(source)!r}, 'oss://demo-bucket/many-parts', credentials=('id', 'secret'), "
        f"checkpoint_dir={str(source.parent / 'checkpoints')!r}, force=True, **{json.dumps(given)})\n"
        "show_card(transfer)"
    )
