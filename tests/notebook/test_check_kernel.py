"""`%oss_check` in a real kernel below a real server: what is shown, and what only a server's kernel can know."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox

from ..browser.driver import Lab
from .conftest import Shell
from .kernels import Kernel
from .test_keep_alive import cell_of_a_servers_kernel

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def server(tmp_path: Path, service: Sandbox) -> Iterator[Lab]:
    """A server that culls what has been idle for a minute."""
    options = ["--MappingKernelManager.cull_idle_timeout=60"]
    with Lab(tmp_path / "server", application="jupyter_server", options=options) as running:
        yield running


def test_a_server_that_culls_after_a_minute(server: Lab) -> None:
    """Its command line says so."""
    code = "import oss_jupyter as oj\nprint(oj.check('oss://test-bucket/', fast=True)['culler'])"
    said = cell_of_a_servers_kernel(server, code)
    assert "The server ends kernels that are idle for 1 min 00 s (its command line)" in said


def test_the_magic_shows_a_table(shell: Shell, service: Sandbox, data: Path) -> None:
    """A line for each thing; what is from outside is no HTML; --json is for programs."""
    ran = shell.ok("%oss_check oss://test-bucket/raw/ trips.bin")
    assert "PutObject" in ran.text
    assert "8 MiB take about" in ran.text
    odd = shell.ok("%oss_check oss://test-bucket/<b>raw</b>/ --fast").result
    html = shell.inner.display_formatter.format(odd)[0]["text/html"]
    assert "&lt;b&gt;raw" in html
    assert "<b>raw" not in html
    found = json.loads(shell.ok("%oss_check oss://test-bucket/ --fast --json").text)
    assert found["ok"] is True
    assert {one["name"] for one in found["findings"]} >= {"clock", "bucket", "room"}


def test_what_is_asked_wrongly(shell: Shell, service: Sandbox) -> None:
    """The target comes first; a source that is not there is a line, in JSON too, as is what does not answer."""
    assert "The target comes first" in str(shell.run("%oss_check trips.bin").error)
    found = json.loads(shell.ok("%oss_check oss://test-bucket/ nothing.bin --profile nobody --fast --json").text)
    assert found["ok"] is False
    assert [one["name"] for one in found["findings"] if one["standing"] == "wrong"] == ["source", "credentials"]
    assert "127.0.0.1:9 refused the connection" in shell.ok("%oss_check --endpoint https://127.0.0.1:9").text


def test_a_variable_is_a_source(shell: Shell, service: Sandbox) -> None:
    """What is written to disk first needs room there."""
    shell.ok("table = bytes(3_000_000)")
    assert "2.9 MiB take about" in shell.ok("%oss_check oss://test-bucket/t.bin table").text


def test_the_stop_button_ends_a_check(service: Sandbox, new_kernel: Callable[..., Kernel]) -> None:
    """It is one sentence, and the parts that measure the speed go all the same."""
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    service.rate_bytes_per_second = 50_000
    cell = kernel.begin("%oss_check oss://test-bucket/raw/")
    kernel.until(lambda: bool(service.uploads("test-bucket")) or cell.idle)
    kernel.interrupt()
    kernel.until(lambda: cell.idle)
    assert cell.error is not None
    (line,) = cell.error["traceback"]
    assert line.startswith("The check was interrupted. What was sent to measure the speed is removed")
    deadline = time.monotonic() + 60
    while service.uploads("test-bucket") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert service.uploads("test-bucket") == ()
