"""Pause during a busy cell, with kernels that treat widget messages in different ways. `make test-kernels` runs it.

ipykernel 6 handles widget messages after the cell, 7.0 to 7.3 in a subshell beside it, 7.4 after the cell again. The
control channel, which the card uses, works with all of them. Each version lives in an environment of its own.
"""

from __future__ import annotations

import json
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from oss_jupyter.sandbox import Sandbox
from tests.installing import install

from .driver import Lab
from .test_card import BUSY_CELL, Cell, card_of, press, wait_for_status

ENVIRONMENTS = Path(__file__).parents[2] / ".cache" / "kernels"

pytestmark = [pytest.mark.kernels, pytest.mark.timeout(300)]


def make_environment(version: str) -> Path:
    """Return the interpreter of an environment with this ipykernel, and everything else as it is here."""
    home = ENVIRONMENTS / f"ipykernel-{version}-python-{sysconfig.get_python_version()}"
    python = home / "bin" / "python"
    ready = home / "ready"
    if ready.exists():
        return python
    venv.create(home, clear=True, symlinks=True)
    install(home, "ipykernel" if version == "newest" else f"ipykernel=={version}")
    packages = home / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    # Behind the environment's own packages, so that its ipykernel wins.
    here = sysconfig.get_path("purelib")
    (packages / "behind.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
    ready.touch()
    return python


@pytest.fixture(params=["6.31.0", "7.0.1", "7.3.0", "newest"])
def lab_with_kernel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Lab, str]]:
    """A JupyterLab whose python3 kernel has another version of ipykernel."""
    python = make_environment(request.param)
    kernel = tmp_path / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    arguments = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    description = {"argv": arguments, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(description), encoding="utf-8")
    with Lab(tmp_path / "lab", environment={"JUPYTER_PATH": str(tmp_path / "jupyter")}) as lab:
        yield lab, request.param


def test_pause_during_a_busy_cell(
    lab_with_kernel: tuple[Lab, str], browser: Browser, upload_cell: Cell, sandbox: Sandbox
) -> None:
    """The button is obeyed while the cell runs, whatever the kernel's version, and the kernel stays busy."""
    lab, version = lab_with_kernel
    sandbox.rate_bytes_per_second = 512 * 1024
    notebook = lab.open(browser, ["import ipykernel\nipykernel.__version__", upload_cell(), BUSY_CELL])
    try:
        notebook.run(0)
        assert (notebook.value_of(0) == repr(version)) is (version != "newest")
        notebook.run(1)
        card = card_of(notebook, 1)
        wait_for_status(card, "Running")
        notebook.start(2)
        notebook.page.wait_for_timeout(1000)
        press(card, "Pause")
        wait_for_status(card, "Paused")
        assert "the cell has ended" not in notebook.text_of(2)
        press(card, "Resume")
        wait_for_status(card, "Running")
        card.locator("canvas").hover()
        assert [kernel["execution_state"] for kernel in lab.ask("GET", "kernels")] == ["busy"]
        assert "the cell has ended" not in notebook.text_of(2)
    finally:
        sandbox.rate_bytes_per_second = None
        (lab.work / "enough").touch()
        notebook.close()
