"""A kernel that uploads is not culled, with a real server and nobody at it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from oss_jupyter.sandbox import Sandbox
from oss_jupyter.sandbox.replies import ServiceError

from ..browser.driver import Lab

pytestmark = pytest.mark.timeout(240)

# More than twice the idle time at which the kernel is culled.
SECONDS = 12
UPLOAD = """
import oss_jupyter as oj
oj.settings().keep_alive_hours = {hours}
transfer = oj.upload({path!r}, "oss://test-bucket/{key}", part_size="256KiB", parallel=2)
"""


@pytest.fixture
def server(tmp_path: Path, service: Sandbox) -> Iterator[Lab]:
    """A server that culls what has been idle for five seconds, whether a page is open or not."""
    culls = [
        f"--MappingKernelManager.{name}={value}"
        for name, value in {"cull_idle_timeout": 5, "cull_interval": 1, "cull_connected": True}.items()
    ]
    with Lab(tmp_path / "server", application="jupyter_server", options=culls) as running:
        yield running


def kernel_that_uploads(server: Lab, path: Path, key: str, hours: float) -> str:
    """Start a kernel, begin an upload in it, and leave it alone; return its id."""
    return run_in_a_kernel(server, UPLOAD.format(hours=hours, path=str(path), key=key))[0]


def cell_of_a_servers_kernel(server: Lab, code: str) -> str:
    """Return what a cell prints in a new kernel of the server."""
    return run_in_a_kernel(server, code)[1]


def run_in_a_kernel(server: Lab, code: str) -> tuple[str, str]:
    """Run a cell in a new kernel, and leave that alone; return its id and what the cell printed."""
    started: str = server.ask("POST", "kernels", {"name": "python3"})["id"]
    client = BlockingKernelClient(connection_file=str(server.directory / "runtime" / f"kernel-{started}.json"))
    client.load_connection_file()
    client.start_channels(hb=False)  # a busy machine beats late
    printed: list[str] = []

    def take(message: dict[str, Any]) -> None:
        printed.append(message["content"].get("text", "") if message["msg_type"] == "stream" else "")

    try:
        client.wait_for_ready(timeout=60)
        reply = client.execute_interactive(code, timeout=60, output_hook=take)
        assert reply["content"]["status"] == "ok", reply["content"]
    finally:
        client.stop_channels()
    return started, "".join(printed)


def lives(server: Lab, kernel: str) -> bool:
    try:
        server.ask("GET", f"kernels/{kernel}")
    except HTTPError:
        return False
    return True


def wait_until(met: Any, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < until
        time.sleep(0.2)


def stored(sandbox: Sandbox, key: str) -> bool:
    try:
        return sandbox.object_path("test-bucket", key).exists()
    except ServiceError:
        return False


def test_a_kernel_is_culled_when_its_upload_is_over_and_not_before(server: Lab, service: Sandbox, data: Path) -> None:
    """Without a page, an output or a cell that runs, the upload ends first; with 0 hours its kernel does."""
    service.rate_bytes_per_second = 2 * data.stat().st_size / SECONDS
    kept = kernel_that_uploads(server, data, "kept.bin", hours=24)
    culled = kernel_that_uploads(server, data, "culled.bin", hours=0)
    wait_until(lambda: not lives(server, culled))
    assert not stored(service, "culled.bin")
    assert lives(server, kept)
    wait_until(lambda: stored(service, "kept.bin"))
    wait_until(lambda: not lives(server, kept))


def test_who_executes_notebooks_passes_over_the_message(service: Sandbox, data: Path) -> None:
    """It is published while the cell runs, and neither fails the run nor becomes an output."""
    import nbformat  # takes more than a second
    from nbclient import NotebookClient

    service.rate_bytes_per_second = data.stat().st_size / 5
    code = UPLOAD.format(hours=1, path=str(data), key="run.bin") + "assert transfer.result().size"
    notebook: Any = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    notebook.cells.append(nbformat.v4.new_code_cell(code))  # type: ignore[no-untyped-call]
    done = NotebookClient(notebook, timeout=120).execute()
    assert done.cells[0]["outputs"] == []
    assert stored(service, "run.bin")
