"""How commands reach the kernel without touching its status.

ipykernel says "busy" and "idle" around every message. Beside a running cell that idle is wrong, and it counts: a server
may end kernels that are idle. So our requests are taken off the control channel before the kernel sees them. A message
of a widget, which comes where there is no such channel, cannot be taken off; after it, the kernel is called busy again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

from oss_jupyter.notebook.display.cells import Cells
from oss_jupyter.notebook.panel.common.commands import Commands

MESSAGE_TYPE = "oss_jupyter_request"
REPLY_TYPE = "oss_jupyter_reply"

_log = logging.getLogger("oss_jupyter")


def serve(kernel: Any, commands: Commands) -> bool:
    """Answer on the kernel's control channel; return whether it has one. Doing it again replaces the earlier one."""
    handlers = getattr(kernel, "control_handlers", None)
    if handlers is None:
        return False

    def on_control(stream: Any, identity: Any, message: dict[str, Any]) -> None:
        reply = commands.answer(message.get("content"))
        kernel.session.send(stream, REPLY_TYPE, reply, message, identity)

    def on_message(parts: Any) -> Any:
        identity, frames = kernel.session.feed_identities(parts, copy=False)
        if _type_of(kernel.session, frames) != MESSAGE_TYPE:
            return kernel.dispatch_control(parts)
        try:
            on_control(kernel.control_stream, identity, kernel.session.deserialize(frames, copy=False))
        except Exception:
            _log.exception("a request could not be answered")  # raised, it would end the channel
        return None

    handlers[MESSAGE_TYPE] = on_control  # where the channel cannot be listened to
    stream: Any = getattr(kernel, "control_stream", None)
    if hasattr(stream, "on_recv") and hasattr(kernel, "dispatch_control"):
        # The stream belongs to the thread of its loop.
        stream.io_loop.add_callback(stream.on_recv, on_message, copy=False)
    return True


def keep_busy(kernel: Any, cells: Cells) -> None:
    """After the message that this thread is handling: say "busy" again where a cell runs meanwhile."""
    if threading.current_thread() is threading.main_thread():
        return  # the cell is over, or waits for this message itself
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return
    loop.call_soon(_tell_status, kernel, cells)  # the kernel says "idle" before the loop comes to it


def _tell_status(kernel: Any, cells: Cells) -> None:
    said_busy, last = False, cells.running
    # The cell may end at any moment, and the last word has to be true.
    while (cells.running is not None) != said_busy:
        said_busy = not said_busy
        last = cells.running or last
        state = {"execution_state": "busy" if said_busy else "idle"}
        kernel.session.send(kernel.iopub_socket, "status", state, parent=last)


def _type_of(session: Any, frames: Any) -> str:
    """Return the type of a message, or nothing of one that cannot be read: the kernel has words for that."""
    try:
        header = session.deserialize(frames, content=False, copy=False)["header"]
    except Exception:
        return ""
    return str(header.get("msg_type", ""))
