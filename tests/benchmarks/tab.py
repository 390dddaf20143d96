"""How long a kernel is busy with one Tab: ``python -m tests.benchmarks tab``.

Real kernels: one that has the extension, and one that has not, where IPython alone answers. They are asked in turns,
and how long each is busy is what it says itself, from "busy" to "idle". No network: targets are asked for in the
background and are left out here, as far as they go beyond the profile and the region.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

from jupyter_client.manager import start_new_kernel

from .harness import Setup, median
from .promises import Promise, at_most

_FILES = 1000
_TABS_A_RUN = 10
_SECONDS = 60.0
_LINES = {
    "an option": "%oss_upload file-0001.bin oss://bucket/key --sto",
    "a value": "%oss_upload file-0001.bin oss://bucket/key --storage-class I",
    "a region": "%oss_upload file-0001.bin oss://bucket/key --region cn-",
    f"a source among {_FILES:,}": "%oss_upload file-0",
    "what an upload is asked": "%oss_uploads pau",
}


def tab(setup: Setup) -> Iterator[Promise]:
    """Yield how long a kernel is busy with each kind of line."""
    busy: dict[str, dict[str, list[float]]] = {word: defaultdict(list) for word in _LINES}
    with tempfile.TemporaryDirectory(dir=setup.folder) as name, _kernels(Path(name)) as kernels:
        for number in range(1 + setup.runs * _TABS_A_RUN):
            for word, line in _LINES.items():
                for kind, client in kernels.items():
                    took_ms = _busy_ms(client, line)
                    if number:  # the first of each loads what it needs
                        busy[word][kind].append(took_ms)
    for word, taken in busy.items():
        ours, alone = taken["ours"], taken["alone"]
        setup.say(f"tab, {word}: {median(ours):.1f} ms, {max(ours):.1f} at most; IPython alone {median(alone):.1f}")
        row = f"Tab for {word}: the kernel is busy for (IPython alone {median(alone):.1f} ms)"
        yield at_most(row, median(ours), 20, " ms")


@contextmanager
def _kernels(folder: Path) -> Iterator[dict[str, Any]]:
    """Start both, in a folder of many files."""
    for number in range(_FILES):
        (folder / f"file-{number:04d}.bin").touch()
    env = {**os.environ, "OSS_JUPYTER_STATE_DIR": str(folder / "state"), "IPYTHONDIR": str(folder / "ipython")}
    managers, clients = [], {}
    try:
        for kind, code in {"ours": "%load_ext oss_jupyter", "alone": "1"}.items():
            manager, client = start_new_kernel(
                kernel_name="python3", env=env, cwd=str(folder), stdout=DEVNULL, stderr=DEVNULL
            )
            managers.append(manager)
            clients[kind] = client
            client.execute(code, reply=True, timeout=_SECONDS)
            _drain(client)
        yield clients
    finally:
        for client in clients.values():
            client.stop_channels()
        for manager in managers:
            manager.shutdown_kernel(now=True)


def _busy_ms(client: Any, line: str) -> float:
    """Press Tab at the end of a line, and return how long the kernel was busy by its own clock."""
    asked = client.complete(line, len(line))
    said: dict[str, Any] = {}
    while "idle" not in said:
        message = client.get_iopub_msg(timeout=_SECONDS)
        if message["parent_header"].get("msg_id") == asked and message["msg_type"] == "status":
            said[message["content"]["execution_state"]] = message["header"]["date"]
    client.get_shell_msg(timeout=_SECONDS)
    return float((said["idle"] - said["busy"]).total_seconds() * 1000)


def _drain(client: Any) -> None:
    while client.iopub_channel.msg_ready():
        client.get_iopub_msg(timeout=_SECONDS)
