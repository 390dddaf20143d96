"""The panel's kernel and others: real kernels beside each other, of which one shows and drives what another uploads."""

from __future__ import annotations

import base64
import json
import os
import socket
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.notebook.panel.common.channel import MESSAGE_TYPE
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.neighbours.asking import KernelGone, ask
from oss_jupyter.session.neighbours.place import places

from .kernels import Kernel

WAIT_SECONDS = 60
MIB = 1024 * 1024
SERVE = """
%load_ext oss_jupyter
from oss_jupyter.notebook.panel.show import serve_lab
serve_lab()
"""
UPLOAD = """
%load_ext oss_jupyter
import os
os.environ["JPY_SESSION_NAME"] = "work/<b>training.ipynb"
t = %oss_upload trips.bin oss://test-bucket/k --part-size 1MiB --parallel 1
"""
# It sleeps in small steps: the kernel is as busy, and its processor is free for others.
BUSY = "import time\nfrom pathlib import Path\nwhile not Path('enough').exists(): time.sleep(0.05)"


class Panel:
    """What JupyterLab's panel has: the control channel of the kernel that serves it."""

    def __init__(self, kernel: Kernel) -> None:
        kernel.run(SERVE)
        self._kernel = kernel

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Ask as the page does; what takes longer is asked for again."""
        reply = self._kernel.control(MESSAGE_TYPE, _request(command, {"widget": "lab", **arguments}))
        while reply.get("later"):
            reply = self._kernel.control(MESSAGE_TYPE, _request(command, {"widget": "lab", "later": reply["later"]}))
        return reply

    def desk(self) -> dict[str, Any]:
        return dict(self.ask("pull")["desk"])

    def row(self, met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first row that is so, once there is one."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            found = [row for row in json.loads(self.desk()["state"]) if met(row)]
            if found:
                return dict(found[0])
            assert time.monotonic() < deadline, self.desk()["state"]
            time.sleep(0.2)


def _request(command: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"id": os.urandom(8).hex(), "command": command, "arguments": arguments}


@pytest.fixture
def other(service: Sandbox, data: Path, new_kernel: Callable[..., Kernel]) -> Kernel:
    """A kernel that uploads slowly while a cell of it computes."""
    service.rate_bytes_per_second = MIB
    kernel = new_kernel()
    kernel.run(UPLOAD)
    kernel.begin(BUSY)
    return kernel


@pytest.fixture
def panel(other: Kernel, new_kernel: Callable[..., Kernel]) -> Panel:
    return Panel(new_kernel())


def test_another_kernels_upload_is_driven_while_a_cell_runs_there(
    panel: Panel, other: Kernel, service: Sandbox, data: Path
) -> None:
    """It is shown with its notebook, paused, limited, opened and resumed from the panel; its own kernel ends it."""
    row = panel.row(lambda row: row["state"] == "running" and row["confirmed"] > 0)
    assert row["kernel"] == "<b>training.ipynb"
    assert "pause" in row["can"]
    assert panel.ask("set_limit", transfer=row["id"], bytes_per_second=64 * 1024)["status"] == "ok"
    panel.row(lambda row: row["limit"] == 64 * 1024)
    assert panel.ask("pause", transfer=row["id"])["state"] in ("running", "paused")
    paused = panel.row(lambda row: row["state"] == "paused")
    assert paused["confirmed"] < data.stat().st_size
    assert panel.ask("open", transfer=row["id"])["status"] == "ok"
    deadline = time.monotonic() + WAIT_SECONDS
    while not (detail := base64.b64decode(panel.desk()["detail"])):
        assert time.monotonic() < deadline
    assert row["id"].encode() in detail
    assert panel.ask("part", transfer=row["id"], number=1)["part"]["length"] == MIB
    service.rate_bytes_per_second = None
    panel.ask("set_limit", transfer=row["id"], bytes_per_second=None)
    assert panel.ask("resume", transfer=row["id"])["status"] == "ok"
    panel.row(lambda row: row["state"] == "completed" and "kernel" in row)
    assert service.object_path("test-bucket", "k").read_bytes() == data.read_bytes()
    (data.parent / "enough").touch()


def test_a_folder_of_another_kernels_is_looked_into(
    service: Sandbox, place: Path, new_kernel: Callable[..., Kernel]
) -> None:
    """Its card comes from there, and its files are found there, while a cell runs; it is paused like a file."""
    (place / "set").mkdir()
    for number in range(40):
        (place / "set" / f"{number:02}.bin").write_bytes(os.urandom(MIB // 4))
    service.rate_bytes_per_second = MIB
    other = new_kernel()
    other.run("%load_ext oss_jupyter\nt = %oss_upload set/ oss://test-bucket/set/")
    other.begin(BUSY)
    panel = Panel(new_kernel())
    row = panel.row(lambda row: row["state"] == "running" and row["files"]["done"] > 0)
    found = panel.ask("find_file", transfer=row["id"], text="07.bin")
    assert [one["key"] for one in found["files"]] == ["set/07.bin"]
    panel.ask("open", transfer=row["id"])
    deadline = time.monotonic() + WAIT_SECONDS
    while row["id"].encode() not in base64.b64decode(panel.desk()["detail"]):
        assert time.monotonic() < deadline
    assert panel.ask("pause", transfer=row["id"])["status"] == "ok"
    panel.row(lambda row: row["state"] == "paused")
    (place / "enough").touch()


def test_what_a_killed_kernel_had_is_resumed_by_the_panels_own(
    panel: Panel, other: Kernel, service: Sandbox, data: Path
) -> None:
    """Its row becomes one of the disk, its socket goes, and resuming sends the rest from here."""
    panel.row(lambda row: row["state"] == "running" and row["confirmed"] > 0)
    other.kill()
    row = panel.row(lambda row: row["state"] == "interrupted")
    assert "kernel" not in row
    while places():  # the first who finds nobody there removes it
        panel.desk()
    service.rate_bytes_per_second = None
    assert panel.ask("resume", transfer=row["id"])["status"] == "ok"
    assert panel.row(lambda row: row["state"] == "completed")["kept"] > 0
    assert service.object_path("test-bucket", "k").read_bytes() == data.read_bytes()


def test_a_button_that_comes_too_late_is_refused_in_words(panel: Panel, other: Kernel) -> None:
    """What the other kernel refuses, and that it has gone, are four lines like any refusal."""
    row = panel.row(lambda row: row["state"] == "running")
    refused = panel.ask("set_parallel", transfer=row["id"], parallel=0)
    assert refused["status"] == "error"
    assert "whole number" in refused["error"][0]
    other.kill()
    assert panel.ask("pause", transfer=row["id"])["status"] == "error"


def test_pause_all_is_for_all_kernels(panel: Panel, other: Kernel) -> None:
    """The button above the list means what is in the list."""
    panel.row(lambda row: row["state"] == "running")
    assert panel.ask("pause_all")["status"] == "ok"
    panel.row(lambda row: row["state"] == "paused")


def test_nobody_else_is_answered(panel: Panel, other: Kernel, data: Path) -> None:
    """The socket lies where nobody else can look; who does not know its key hears nothing; none may begin anything."""
    panel.row(lambda row: row["state"] == "running")
    (place,) = places()
    for path, mode in {place.file.parent: 0o700, place.file: 0o600}.items():
        assert stat.S_IMODE(path.lstat().st_mode) == mode
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.settimeout(WAIT_SECONDS)
        stranger.connect(place.told()[0])
        challenge = stranger.recv(1000)
        assert b"#CHALLENGE#" in challenge
        stranger.sendall(len(b"wrong").to_bytes(4, "big") + b"wrong")
        assert b"trips" not in stranger.recv(1000)
    for command in ("start", "browse", "pull", "__class__"):
        reply = ask(place, _request(command, {"path": str(data), "target": "oss://test-bucket/x", "widget": "lab"}))
        assert reply["status"] == "error"
    told = json.loads(place.file.read_text())
    place.file.write_text(json.dumps({**told, "key": "00" * 32}))
    with pytest.raises(KernelGone):
        ask(place, _request("pause_all", {}))
