"""The kernel of JupyterLab's panel ends by itself, with a real server and no page."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from oss_jupyter.notebook.panel.common.channel import MESSAGE_TYPE
from oss_jupyter.sandbox import Sandbox

from ..browser.driver import Lab

WAIT_SECONDS = 60
IDLE_SECONDS = 3
SERVE = f"""
%load_ext oss_jupyter
%config OssJupyter.panel_idle_minutes = {IDLE_SECONDS / 60}
from oss_jupyter.notebook.panel.show import serve_lab
serve_lab()
"""


class PanelKernel:
    """The session that a page would start, and a client beside the server."""

    def __init__(self, server: Lab) -> None:
        self._server = server
        model = {"name": "OSS uploads", "path": "OSS uploads", "type": "oss_jupyter", "kernel": {"name": "python3"}}
        self.id = server.ask("POST", "sessions", model)["kernel"]["id"]
        self._client: Any = BlockingKernelClient()
        self._client.load_connection_file(str(server.directory / "runtime" / f"kernel-{self.id}.json"))
        self._client.start_channels(hb=False)  # a busy machine beats late
        self._client.wait_for_ready(timeout=WAIT_SECONDS)
        reply = self._client.execute_interactive(SERVE, timeout=WAIT_SECONDS, output_hook=lambda message: None)
        assert reply["content"]["status"] == "ok", reply["content"]

    def ask(self, command: str, **arguments: Any) -> None:
        """Ask as the panel does."""
        content = {"id": uuid.uuid4().hex, "command": command, "arguments": {"widget": "lab", **arguments}}
        self._client.control_channel.send(self._client.session.msg(MESSAGE_TYPE, content))

    def lives(self) -> bool:
        return any(one["id"] == self.id for one in self._server.ask("GET", "kernels"))

    def close(self) -> None:
        self._client.stop_channels()
        self._client.context.destroy()


@pytest.fixture
def server(service: Sandbox, tmp_path: Path) -> Iterator[Lab]:
    with Lab(tmp_path / "server", application="jupyter_server") as running:
        yield running


@pytest.fixture
def kernel(server: Lab) -> Iterator[PanelKernel]:
    one = PanelKernel(server)
    yield one
    one.close()


def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_it_ends_when_its_last_upload_has_and_not_before(
    server: Lab, kernel: PanelKernel, service: Sandbox, data: Path
) -> None:
    """Nobody looks, no page is open: the upload ends whole, then the kernel is gone, and no other one in its place."""
    service.rate_bytes_per_second = data.stat().st_size / (3 * IDLE_SECONDS)
    kernel.ask("start", path=str(data), target="oss://test-bucket/k")
    until(lambda: not kernel.lives())
    assert service.object_path("test-bucket", "k").read_bytes() == data.read_bytes()
    assert server.ask("GET", "sessions") == []
    time.sleep(4)  # the server looks every three seconds whether a kernel has to be started again
    assert server.ask("GET", "kernels") == []


def test_it_stays_while_somebody_looks(server: Lab, kernel: PanelKernel) -> None:
    """A page that has the panel on the screen says so each time it asks how the desk is; one that hides it does not."""
    until_then = time.monotonic() + 4 * IDLE_SECONDS
    while time.monotonic() < until_then:
        kernel.ask("pull", shown=True)
        assert kernel.lives()
        time.sleep(0.5)

    def has_gone() -> bool:
        kernel.ask("pull", shown=False)
        return not kernel.lives()

    until(has_gone)


def test_without_the_servers_record_it_stays_and_says_so(server: Lab, kernel: PanelKernel) -> None:
    """Where a server tells nothing, or wants another token, the page is told to end the session."""
    for record in (server.directory / "runtime").glob("jpserver-*.json"):
        told = json.loads(record.read_text())
        record.write_text(json.dumps({**told, "token": "another"}))
    client = kernel._client
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        kernel.ask("pull", shown=False)
        if client.get_control_msg(timeout=WAIT_SECONDS)["content"]["over"]:
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert kernel.lives()
