"""What VS Code and Colab need of the kernel, by the protocols that they publish: messages of widgets, and one module.

Neither has JupyterLab's control channel for a widget: there commands come as messages of the widget itself.
"""

from __future__ import annotations

import queue
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from oss_jupyter.sandbox import Sandbox

MIB = 1024 * 1024
_PATIENCE_SECONDS = 60.0

pytestmark = pytest.mark.timeout(180)


class FrontEnd:
    """A client that knows no more than the protocol: it keeps the models that are opened, and what they send."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.models: dict[str, dict[str, Any]] = {}
        self.sent: list[dict[str, Any]] = []
        self.shown: list[dict[str, Any]] = []

    def run(self, code: str) -> None:
        asked = self.client.execute(code)
        while True:
            message = self._take()
            if message["parent_header"].get("msg_id") == asked and message["content"].get("execution_state") == "idle":
                return

    def send(self, model: str, content: dict[str, Any]) -> dict[str, Any]:
        """Send a message of a widget, and return the answer that comes as another one."""
        data = {"method": "custom", "content": content}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", {"comm_id": model, "data": data}))
        while True:
            self._take()
            for answer in self.sent:
                if answer.get("content", {}).get("id") == content["id"]:
                    return dict(answer["content"])

    def complete(self, code: str) -> list[str]:
        asked = self.client.complete(code)
        while True:
            reply = self.client.get_shell_msg(timeout=_PATIENCE_SECONDS)
            if reply["parent_header"]["msg_id"] == asked:
                return list(reply["content"]["matches"])

    def _take(self) -> dict[str, Any]:
        message: dict[str, Any] = self.client.get_iopub_msg(timeout=_PATIENCE_SECONDS)
        kind, content = message["msg_type"], message["content"]
        assert kind != "error", content
        if kind == "comm_open":
            self.models[content["comm_id"]] = content["data"]["state"]
        if kind == "comm_msg":
            self.sent.append(content["data"])
        if kind == "display_data":
            self.shown.append(content["data"])
        return message


@pytest.fixture
def front_end(place: Path, service: Sandbox) -> Iterator[FrontEnd]:
    manager: Any = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(place))
    client: Any = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=_PATIENCE_SECONDS)
        yield FrontEnd(client)
    except queue.Empty:
        pytest.fail("the kernel said nothing more")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def running(front_end: FrontEnd, service: Sandbox, data: Path) -> str:
    """A card of an upload that runs; returns the id of its model."""
    service.rate_bytes_per_second = MIB
    front_end.run("%load_ext oss_jupyter\nimport oss_jupyter as oj")
    front_end.run(f"%oss_upload {data.name} oss://test-bucket/ --part-size 256KiB")
    view = next(shown[_VIEW] for shown in front_end.shown if _VIEW in shown)
    return str(view["model_id"])


# But for the name of a namespace, which nobody fetches.
_NEEDED = re.compile(r"^\s*import\s.*$|\brequire\(|\bdefine\(|https?://(?!www\.w3\.org/2000/svg)\w\S+", re.MULTILINE)
_VIEW = "application/vnd.jupyter.widget-view+json"


def test_a_card_is_a_module_of_anywidget_that_needs_nothing_else(front_end: FrontEnd, running: str) -> None:
    """No loader such as requirejs, no address to fetch code from; and the words for front ends without widgets."""
    model = front_end.models[running]
    assert (model["_model_module"], model["_view_module"]) == ("anywidget", "anywidget")
    code = front_end.models[model["code"].removeprefix("IPY_MODEL_")]
    assert (code["_model_module"], code["_model_name"]) == ("@jupyter-widgets/base", "WidgetModel")
    for script in (model["_esm"], code["script"]):
        assert "export default" in script
        assert _NEEDED.findall(script) == []
    assert any("oss://test-bucket/trips.bin" in "".join(shown.get("text/plain", "")) for shown in front_end.shown)


def test_its_buttons_work_by_messages_of_the_widget(front_end: FrontEnd, running: str) -> None:
    """Pause and resume come as any widget's messages do, and are answered to the one who asked."""
    widget = front_end.models[running]["widget_id"]
    paused = front_end.send(running, {"id": "one", "command": "pause", "arguments": {"widget": widget}})
    assert paused["status"] == "ok"
    front_end.run("assert oj.transfers()[-1].wait(20) and str(oj.transfers()[-1].state) == 'paused'")
    resumed = front_end.send(running, {"id": "two", "command": "resume", "arguments": {"widget": widget}})
    assert resumed["status"] == "ok"


def test_tab_is_answered_as_any_completion(front_end: FrontEnd, service: Sandbox, data: Path) -> None:
    """VS Code and Colab ask the kernel for what Tab offers by the same request as JupyterLab."""
    front_end.run("%load_ext oss_jupyter")
    assert any(offer.endswith("trips.bin") for offer in front_end.complete("%oss_upload tri"))
    # The bucket is asked in the background, and Tab waits for a moment only.
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while "oss://test-bucket/" not in front_end.complete("%oss_upload trips.bin oss://te"):
        assert time.monotonic() < deadline
        time.sleep(0.2)
