"""What the extension adds to JupyterLab's start: ``python -m tests.benchmarks lab-start``.

One server, and in Chromium its page again and again: with everything, without this extension, and without the one of
ipywidgets, which most people have and which stands for what such an extension may cost. They take turns, so a slow
minute hits them all, and what counts is the median of the differences within a turn. Beside the time by the clock
stands the processor time of the page's main thread, which other work on the machine changes little. It needs Chromium.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser import lab_extension
from tests.browser.driver import Lab, chromium, find_chromium

from .harness import Setup, median
from .promises import Promise, at_most

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

OURS, PEERS = "oss_jupyter", "@jupyter-widgets/jupyterlab-manager"
_EVERYTHING = ""
_TURNS_A_RUN = 4

# Lab hands its application to the page before it starts it; from then on it is known when all is in its place.
_WATCH = """
let app;
Object.defineProperty(window, 'jupyterapp', {
    get: () => app,
    set: (given) => {
        app = given;
        app.restored.then(() => { window.restoredAt = performance.now(); });
    },
});
"""
_FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@dataclass(frozen=True)
class Start:
    """Milliseconds from the beginning of the navigation, and of the processor until all was there."""

    painted_ms: float
    restored_ms: float
    cpu_ms: float


def lab_start(setup: Setup) -> Iterator[Promise]:
    """Yield how much later JupyterLab is there with the extension than without it."""
    if find_chromium() is None:
        setup.say("lab-start: left out, it needs Chromium (Debian: apt-get install chromium)")
        return
    with tempfile.TemporaryDirectory(dir=setup.folder) as name:
        folder = Path(name)
        lab_extension.install(folder / "share")
        environment = {"JUPYTER_PATH": str(folder / "share")}
        with Lab(folder / "lab", environment=environment) as lab, chromium() as browser:
            yield from _rows("for the first time", _turns(setup, lab, browser, known=False))
            yield from _rows("again", _turns(setup, lab, browser, known=True))


def _rows(visit: str, turns: list[dict[str, Start]]) -> Iterator[Promise]:
    page = f"JupyterLab opened {visit}"
    alone = median(turn[OURS].restored_ms for turn in turns)
    ours, peer = _more(turns, OURS), _more(turns, PEERS)
    yield at_most(f"{page}: first paint later by (for ipywidgets {peer.painted_ms:.0f} ms)", ours.painted_ms, 50, " ms")
    yield at_most(f"{page}: all there later by (for ipywidgets {peer.restored_ms:.0f} ms)", ours.restored_ms, 50, " ms")
    yield at_most(f"{page}: all there, against {alone:,.0f} ms without", 1 + ours.restored_ms / alone, 1.05, "x")
    yield at_most(f"{page}: processor time more by (for ipywidgets {peer.cpu_ms:.0f} ms)", ours.cpu_ms, 50, " ms")


def _more(turns: list[dict[str, Start]], left_out: str) -> Start:
    """Return by how much a start takes longer with an extension than without it."""

    def of(value: Callable[[Start], float]) -> float:
        return median(value(turn[_EVERYTHING]) - value(turn[left_out]) for turn in turns)

    return Start(of(lambda one: one.painted_ms), of(lambda one: one.restored_ms), of(lambda one: one.cpu_ms))


def _turns(setup: Setup, lab: Lab, browser: Browser, *, known: bool) -> list[dict[str, Start]]:
    """Open each kind of page in turn; known: in a browser that has seen it before, and has its files."""
    kinds = [_EVERYTHING, OURS, PEERS]
    kept = {kind: browser.new_context() for kind in kinds} if known else {}
    for kind, context in kept.items():
        _open(lab, context, kind)
    turns: list[dict[str, Start]] = []
    for number in range(setup.runs * _TURNS_A_RUN):
        turn: dict[str, Start] = {}
        for kind in kinds[number % 3 :] + kinds[: number % 3]:
            context = kept.get(kind) or browser.new_context()
            turn[kind] = _open(lab, context, kind)
            if not known:
                context.close()
        turns.append(turn)
        told = ", ".join(
            f"{kind or 'everything'} {start.restored_ms:.0f} ms ({start.cpu_ms:.0f})" for kind, start in turn.items()
        )
        setup.say(f"lab-start, {'again' if known else 'first'}, turn {number + 1}: without {told}")
    for context in kept.values():
        context.close()
    return turns


def _open(lab: Lab, context: BrowserContext, left_out: str) -> Start:
    _leave_out(lab, left_out)
    page = context.new_page()
    page.add_init_script(_WATCH)
    tools = context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(lab.page_url("lab?reset"))
    page.wait_for_function(f"window.restoredAt && {_FIRST_PAINT}")
    metrics = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
    there = page.evaluate(f"jupyterapp.hasPlugin('{OURS}:plugin')")
    if there == (left_out == OURS):
        raise RuntimeError("JupyterLab did not start as it was told to.")
    start = Start(page.evaluate(_FIRST_PAINT), page.evaluate("window.restoredAt"), 1000 * metrics["TaskDuration"])
    page.close()
    return start


def _leave_out(lab: Lab, extension: str) -> None:
    """What `jupyter labextension disable --level=user` writes; Lab reads it for each page."""
    config = lab.directory / "config" / "labconfig"
    config.mkdir(parents=True, exist_ok=True)
    disabled = {extension: True} if extension else {}
    (config / "page_config.json").write_text(json.dumps({"disabledExtensions": disabled}), encoding="utf-8")
