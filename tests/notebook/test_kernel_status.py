"""What a server believes of a kernel while the page asks things beside a cell: servers end kernels that seem idle."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from oss_jupyter.notebook.panel.common.channel import MESSAGE_TYPE, REPLY_TYPE
from oss_jupyter.sandbox import Sandbox

from ..browser.driver import Lab

WAIT_SECONDS = 60
IDLE_SECONDS = 4
UPLOAD = "%load_ext oss_jupyter\nt = %oss_upload trips.bin oss://test-bucket/k"
# It sleeps in small steps: the kernel is as busy, and its processor is free for others.
BUSY = "import time\nfrom pathlib import Path\nwhile not Path('enough').exists(): time.sleep(0.05)"
# ipykernel 7.4 sends messages where the comm's last one came from: to the shell that waits for the cell.
CARD = """
from oss_jupyter.notebook.panel.server import panel_server
(shown,) = panel_server()._shown.values()
shown.card.comm._reply_subshell_for = lambda data, default: default
print(shown.card.model_id, end="")
"""


class ServedKernel:
    """A kernel that a server started, and a client beside that server."""

    def __init__(self, server: Lab, folder: Path) -> None:
        self._server = server
        self.id = server.ask("POST", "kernels", {"name": "python3", "path": ""})["id"]
        self.client: Any = BlockingKernelClient()
        self.client.load_connection_file(str(server.directory / "runtime" / f"kernel-{self.id}.json"))
        self.client.start_channels(hb=False)  # a busy machine beats late
        self.client.wait_for_ready(timeout=WAIT_SECONDS)
        self.run(f"import os; os.chdir({str(folder)!r})")

    def run(self, code: str) -> None:
        """Run a cell that has to succeed."""
        reply = self.client.execute_interactive(code, timeout=WAIT_SECONDS, output_hook=lambda message: None)
        assert reply["content"]["status"] == "ok", reply["content"]

    def printed(self, code: str) -> str:
        """Run a cell and return what it printed."""
        said: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            said.append(message["content"].get("text", "") if message["msg_type"] == "stream" else "")

        self.client.execute_interactive(code, timeout=WAIT_SECONDS, output_hook=hear)
        return "".join(said)

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Ask as a card does, over the control channel."""
        content = {"id": uuid.uuid4().hex, "command": command, "arguments": arguments}
        return self.control(MESSAGE_TYPE, REPLY_TYPE, content)

    def control(self, kind: str, answer: str, content: dict[str, Any]) -> dict[str, Any]:
        """Send something over the control channel and return the content of its reply."""
        message = self.client.session.msg(kind, content)
        self.client.control_channel.send(message)
        while True:
            reply = self.client.get_control_msg(timeout=WAIT_SECONDS)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                assert reply["msg_type"] == answer
                return dict(reply["content"])

    def ask_by_comm(self, comm: str, subshell: str, command: str) -> None:
        """Ask as a card does where there is no control channel, beside the cell, and wait for the reply."""
        content = {"id": uuid.uuid4().hex, "command": command, "arguments": {}}
        message = self.client.session.msg(
            "comm_msg", {"comm_id": comm, "data": {"method": "custom", "content": content}}
        )
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        while True:
            news = self.client.get_iopub_msg(timeout=WAIT_SECONDS)
            if news["msg_type"] == "comm_msg" and news["content"]["data"].get("content", {}).get("id") == content["id"]:
                return

    def close(self) -> None:
        """Leave it to its server, which ends it when it ends."""
        self.client.stop_channels()
        self.client.context.destroy()

    @property
    def state(self) -> str:
        """What the server says of it; "gone" when the server has ended it."""
        try:
            return str(self._server.ask("GET", f"kernels/{self.id}")["execution_state"])
        except HTTPError:
            return "gone"

    def states(self) -> list[str]:
        """What the server says in the time that messages may need to reach it."""
        return [self.state for _ in range(30)]

    def until(self, state: str) -> None:
        """Wait until the server says so."""
        deadline = time.monotonic() + WAIT_SECONDS
        while self.state != state:
            assert time.monotonic() < deadline


@pytest.fixture
def new_served_kernel(
    service: Sandbox, data: Path, place: Path, tmp_path: Path
) -> Iterator[Callable[..., ServedKernel]]:
    """Start a server with these options, and a kernel of it."""
    with ExitStack() as stack:

        def start(*options: str) -> ServedKernel:
            server = Lab(tmp_path / "server", application="jupyter_server", options=options)
            kernel = ServedKernel(stack.enter_context(server), place)
            stack.callback(kernel.close)
            return kernel

        yield start


New = Callable[..., ServedKernel]


def test_looking_at_a_card_leaves_a_busy_kernel_busy(new_served_kernel: New, place: Path) -> None:
    """A kernel that computes is busy for its server, whatever a page asks meanwhile, and so it is not culled."""
    kernel = new_served_kernel(
        f"--MappingKernelManager.cull_idle_timeout={IDLE_SECONDS}",
        "--MappingKernelManager.cull_interval=1",
        "--MappingKernelManager.cull_connected=True",
    )
    kernel.run(UPLOAD)
    kernel.client.execute(BUSY)
    kernel.until("busy")
    begun = time.monotonic()
    while time.monotonic() < begun + 2 * IDLE_SECONDS:
        assert kernel.ask("visible", widget="w", view="v", visible=True)["status"] == "ok"
        assert kernel.ask("part", number=1, transfer="none")["status"] == "error"
        assert set(kernel.states()) == {"busy"}
    (place / "enough").touch()
    kernel.until("idle")
    assert kernel.ask("visible", widget="w", view="v", visible=True)["status"] == "ok"
    assert set(kernel.states()) == {"idle"}


def test_what_is_none_of_ours_reaches_the_kernel_as_before(new_served_kernel: New) -> None:
    """Other requests of the control channel are answered by the kernel itself, those that nobody can read too."""
    kernel = new_served_kernel()
    kernel.run(UPLOAD)
    kernel.client.control_channel.socket.send_multipart([b"<IDS|MSG>", b"no signature", b"{", b"{}", b"{}", b"{}"])
    assert "process_id" not in kernel.ask("visible", widget="w", view="v", visible=False)
    assert "kernel_id" not in kernel.control("usage_request", "usage_reply", {})
    assert kernel.control("interrupt_request", "interrupt_reply", {})["status"] == "ok"
    assert kernel.control("shutdown_request", "shutdown_reply", {"restart": False})["status"] == "ok"


def test_a_message_of_the_widget_leaves_a_busy_kernel_busy(new_served_kernel: New, place: Path) -> None:
    """Where the control channel is silent the widget is asked beside the cell; then the kernel is busy again."""
    kernel = new_served_kernel()
    kernel.run(UPLOAD)
    made = kernel.control("create_subshell_request", "create_subshell_reply", {})
    comm = kernel.printed(CARD)
    kernel.client.execute(BUSY)
    kernel.until("busy")
    for _ in range(5):
        kernel.ask_by_comm(comm, made["subshell_id"], "clear")
        assert kernel.states()[-1] == "busy"
    (place / "enough").touch()
    kernel.until("idle")
    kernel.ask_by_comm(comm, made["subshell_id"], "clear")
    assert kernel.states()[-1] == "idle"
