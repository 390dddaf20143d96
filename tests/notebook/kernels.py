"""A real ipykernel as a front end sees it: cells, their outputs by display id, interrupts, and a sudden end."""

from __future__ import annotations

import queue
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

_PATIENCE_SECONDS = 60.0


@dataclass
class Cell:
    """The outputs of one cell so far."""

    message_id: str
    bundles: list[dict[str, str]] = field(default_factory=list)
    text: str = ""
    error: dict[str, Any] | None = None
    idle: bool = False
    updated: bool = False  # whether it has changed an output, of whichever cell


class Kernel:
    """One kernel process and its only client."""

    def __init__(self, folder: Path, arguments: Sequence[str] = ()) -> None:
        self._manager: Any = KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(folder), extra_arguments=list(arguments))
        self._client: Any = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=_PATIENCE_SECONDS)
        self._cells: dict[str, Cell] = {}
        self._displays: dict[str, dict[str, str]] = {}
        self.said: list[str] = []

    def begin(self, code: str, subshell: str | None = None, *, can_ask: bool = True) -> Cell:
        """Send a cell and do not wait for it; subshell: runs it beside those of the main thread.

        can_ask: whether it may ask whoever sent it, as it may at a page.
        """
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": can_ask}
        message = self._client.session.msg("execute_request", content)
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        cell = Cell(message["header"]["msg_id"])
        self._cells[cell.message_id] = cell
        self._client.shell_channel.send(message)
        return cell

    def new_subshell(self) -> str:
        """Make a subshell and return its id."""
        self._client.control_channel.send(self._client.session.msg("create_subshell_request", {}))
        return str(self._client.get_control_msg(timeout=_PATIENCE_SECONDS)["content"]["subshell_id"])

    def control(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Send something over the control channel and return the content of its reply."""
        message = self._client.session.msg(kind, content)
        self._client.control_channel.send(message)
        while True:
            reply = self._client.get_control_msg(timeout=_PATIENCE_SECONDS)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return dict(reply["content"])

    def run(self, code: str, *, can_ask: bool = True) -> Cell:
        """Run a cell to its end."""
        cell = self.begin(code, can_ask=can_ask)
        self.until(lambda: cell.idle)
        return cell

    def until(self, is_true: Callable[[], bool]) -> None:
        """Take in what the kernel says until something is true."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not is_true():
            assert time.monotonic() < deadline, "the kernel did not get there:\n" + "\n".join(self.said[-20:])
            try:
                self._take(self._client.get_iopub_msg(timeout=0.5))
            except queue.Empty:
                continue

    def shut_down(self, is_true: Callable[[], bool]) -> None:
        """Ask it to end, and take in what it says until something is true."""
        self._client.control_channel.send(self._client.session.msg("shutdown_request", {"restart": False}))
        self.until(is_true)

    def interrupt(self) -> None:
        """What the stop button does."""
        self._manager.interrupt_kernel()

    def kill(self) -> None:
        """End the process at once, as a crash would; harmless when it is gone."""
        if self._manager is not None:
            self._client.stop_channels()
            self._manager.signal_kernel(signal.SIGKILL)  # shutting down interrupts the cell first
            self._manager.shutdown_kernel(now=True)
            self._manager = None

    def _take(self, message: dict[str, Any]) -> None:
        kind, content = message["msg_type"], message["content"]
        if kind != "execute_input":  # which repeats the cell
            self.said.append(repr(content))
        if kind == "update_display_data":
            self._displays[content["transient"]["display_id"]].update(content["data"])
        cell = self._cells.get(message["parent_header"].get("msg_id", ""))
        if cell is None:
            return
        cell.updated = cell.updated or kind == "update_display_data"
        if kind in ("display_data", "execute_result"):
            cell.bundles.append(content["data"])
            self._displays[content.get("transient", {}).get("display_id", "")] = content["data"]
        elif kind == "stream":
            cell.text += content["text"]
        elif kind == "error":
            cell.error = content
        elif kind == "status" and content["execution_state"] == "idle":
            cell.idle = True
