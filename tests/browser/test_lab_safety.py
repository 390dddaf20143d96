"""What JupyterLab's panel costs while nothing happens, and that nobody gets anything by it without the token."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest

from .driver import Lab
from .test_lab_panel import sessions, show_panel

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, WebSocket

pytestmark = pytest.mark.timeout(300)

# What Lab's own page does, tried from one of another origin in the browser of somebody who is logged in.
_READ = "(url) => fetch(url, {credentials: 'include'}).then(() => 'read', () => 'refused')"
_LISTEN = """(url) => new Promise((resolve) => {
    const line = new WebSocket(url);
    line.onopen = () => resolve('open');
    line.onerror = () => resolve('refused');
})"""
_START = """(url) => fetch(url, {
    method: 'POST', mode: 'no-cors', credentials: 'include',
    body: JSON.stringify({name: 'x', path: 'x', type: 'oss_jupyter', kernel: {name: 'python3'}}),
}).then(() => 'sent', () => 'refused')"""


class _Page(BaseHTTPRequestHandler):
    """An empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def another_origin() -> Iterator[str]:
    """A page on another port of the same host: cookies go along there, so it is the hardest case."""
    server = HTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_other_origins_get_nothing(own_lab: Lab, browser: Browser, another_origin: str) -> None:
    """They neither read how uploads stand, nor reach the panel's kernel, nor start one."""
    notebook = own_lab.open(browser, ["1 + 1"])
    show_panel(notebook.page)
    (panel,) = sessions(own_lab, "oss_jupyter")
    host = notebook.page.url.split("/lab")[0]
    with notebook.page.expect_popup() as opened:
        notebook.page.evaluate("(url) => void window.open(url)", another_origin)
    other = opened.value
    other.wait_for_load_state()
    channels = f"{host.replace('http', 'ws')}/api/kernels/{panel['kernel']['id']}/channels"
    assert other.evaluate(_READ, f"{host}/api/kernels") == "refused"
    assert other.evaluate(_READ, f"{host}/lab/extensions/oss_jupyter/static/lab/uploads.js") == "refused"
    assert other.evaluate(_LISTEN, channels) == "refused"
    other.evaluate(_START, f"{host}/api/sessions")
    assert len(sessions(own_lab, "oss_jupyter")) == 1
    assert notebook.page.evaluate(_LISTEN, channels) == "open"  # so it was the origin
    notebook.page.close()


def test_the_extension_adds_nothing_to_the_server(own_lab: Lab) -> None:
    """Whatever it asks goes to addresses of Jupyter's own, which want the token."""
    assert "oss_jupyter" not in own_lab.run("server", "extension", "list")
    for path in ("oss_jupyter", "oss-jupyter", "oss_jupyter/uploads"):
        with pytest.raises(HTTPError, match="404"):
            own_lab.ask("GET", f"../{path}")


def test_what_is_idle_asks_seldom(own_lab: Lab, browser: Browser) -> None:
    """Nothing before an upload; the panel on the screen asks its kernel every ten seconds, and hidden every minute."""
    page = own_lab.open(browser, ["1 + 1"]).page
    asked: list[str] = []

    def listen(line: WebSocket) -> None:
        line.on("framesent", lambda frame: asked.append("kernel") if _is_ours(frame) else None)

    page.on("websocket", listen)
    page.on("request", lambda request: asked.append(request.url) if "oss_jupyter" in request.url else None)
    page.clock.install()
    _pass(page, 60)
    assert asked == []
    panel = show_panel(page)
    panel.locator(".ossj-nothing").wait_for()
    _pass(page, 10)  # what was just asked for is looked at for a while
    asked.clear()
    _pass(page, 30)
    assert set(asked) == {"kernel"}
    assert 2 <= len(asked) <= 4
    page.evaluate("jupyterapp.shell.collapseRight()")
    _pass(page, 10)
    asked.clear()
    _pass(page, 120)
    assert 1 <= len(asked) <= 3
    page.close()


def _is_ours(frame: str | bytes) -> bool:
    return b"oss_jupyter_request" in (frame if isinstance(frame, bytes) else frame.encode())


def _pass(page: Page, seconds: int) -> None:
    """Let time go by in the page, ten times as fast, so that what is asked is also answered."""
    for _ in range(seconds):
        page.clock.run_for(1000)
        page.wait_for_timeout(100)
