"""Notebooks that nbconvert and papermill execute: what is saved is true, and a failed upload can fail the run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.sandbox import Sandbox

from .kernels import Cell, Kernel

WAIT_SECONDS = 110
LOAD = "%load_ext oss_jupyter"
UPLOAD = "t = %oss_upload trips.bin oss://test-bucket/k --part-size 1MiB --parallel 1"
SLOW = 2 * 1024 * 1024
PLAIN = "%config OssJupyter.widgets = False"
FAIL_RUN = "%config OssJupyter.fail_run = True"
UNTIL_IT_ENDS = "import time\nwhile t.state.active: time.sleep(0.05)"
COMMANDS = {
    "nbconvert": [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--output", "out.ipynb"],
    "papermill": [sys.executable, "-m", "papermill", "--no-progress-bar"],
}


class Run:
    """A notebook that was executed without a page."""

    def __init__(self, client: str, cells: tuple[str, ...]) -> None:
        code: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {
            "cells": [{**code, "id": f"cell-{index}", "source": source} for index, source in enumerate(cells)],
            "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        Path("in.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
        command = [*COMMANDS[client], "in.ipynb", *(["out.ipynb"] if client == "papermill" else [])]
        self.done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_SECONDS)
        out = Path("out.ipynb")
        self.saved: Any = json.loads(out.read_text(encoding="utf-8")) if out.exists() else None

    def words(self, index: int) -> str:
        """Return the text that was saved below the cell that was given as number `index` from the end."""
        outputs = [cell for cell in self.saved["cells"] if cell["cell_type"] == "code"][-index]["outputs"]
        return "\n".join("".join(output["data"]["text/plain"]) for output in outputs if "data" in output)


@pytest.fixture(params=["nbconvert", "papermill"])
def run(request: pytest.FixtureRequest, service: Sandbox, data: Path) -> Callable[..., Run]:
    """Execute a notebook of these cells with one of the clients."""
    return lambda *cells: Run(request.param, cells)


@pytest.mark.parametrize("first", [LOAD, f"{LOAD}\n{PLAIN}"], ids=["card", "plain"])
def test_the_summaries_say_how_far_each_upload_came(run: Callable[..., Run], service: Sandbox, first: str) -> None:
    """Saved below each cell is how its upload ended, failures too, and how far one came that nobody waited for."""
    service.rate_bytes_per_second = SLOW
    ends, fails, goes_on = (
        UPLOAD.replace("oss://test-bucket/k", f"oss://{name}")
        for name in ("test-bucket/ends", "no-such-bucket/fails", "test-bucket/goes-on")
    )
    ran = run(
        first, ends, UNTIL_IT_ENDS, fails, UNTIL_IT_ENDS, goes_on,
        "import time\nwhile t.snapshot().parts_done < 3: time.sleep(0.05)",
    )  # fmt: skip
    assert ran.done.returncode == 0, ran.done.stderr
    assert "completed · 8 MiB" in ran.words(6)
    assert "failed" in ran.words(4)
    words = ran.words(2)
    percent = re.search(r"(\d+) % · \S+ of 8 MiB", words)
    assert percent is not None, words
    assert int(percent[1]) >= 100 * 3 // 8
    assert ("it may have ended since" in words) == (first == LOAD)


def test_a_failed_upload_can_fail_the_run(run: Callable[..., Run], service: Sandbox) -> None:
    """Where the setting says so, of the magic or of Python."""
    missing = UPLOAD.replace("test-bucket", "no-such-bucket")
    failed = run(f"{LOAD}\n{FAIL_RUN}", missing, "raise SystemError('not reached')")
    assert failed.done.returncode != 0
    assert "NoSuchBucket" in failed.done.stderr
    assert "not reached" not in failed.done.stderr
    in_python = f"import oss_jupyter as oj\noj.settings().fail_run = True\n{missing.split()[0]} = oj.upload("
    failed = run(f"{in_python}'trips.bin', 'oss://no-such-bucket/k')")
    assert failed.done.returncode != 0
    assert "NoSuchBucket" in failed.done.stderr


def test_with_the_setting_a_run_waits_and_leaves_alone_what_is_handled(
    run: Callable[..., Run], service: Sandbox, data: Path
) -> None:
    """Who has asked for a result decides what its failure means; and the last cell, too, waits for what it began."""
    service.rate_bytes_per_second = 2 * SLOW
    handled = f"{UPLOAD.replace('test-bucket', 'no-such-bucket')}\ntry: t.result()\nexcept Exception: pass"
    ran = run(LOAD, f"{FAIL_RUN}\n{handled}", UPLOAD)
    assert ran.done.returncode == 0, ran.done.stderr
    assert "completed · 8 MiB" in ran.words(1)
    assert service.object_path("test-bucket", "k").read_bytes() == data.read_bytes()


def _plain(cell: Cell) -> str:
    return "\n".join(bundle["text/plain"] for bundle in cell.bundles)


@pytest.fixture(params=[True, False], ids=["card", "plain"])
def kernel(request: pytest.FixtureRequest, service: Sandbox, place: Path) -> Iterator[Kernel]:
    """A kernel that shows cards, or plain outputs."""
    running = Kernel(place, [f"--OssJupyter.widgets={request.param}"])
    yield running
    running.kill()


def test_a_page_does_not_wait(kernel: Kernel, service: Sandbox, data: Path) -> None:
    """The setting is for runs that nobody watches: at a page the cell returns at once."""
    service.rate_bytes_per_second = SLOW
    kernel.run(f"{LOAD}\n{FAIL_RUN}")
    cell = kernel.run(UPLOAD)
    assert "completed" not in _plain(cell)
    kernel.until(lambda: "completed · 8 MiB" in _plain(cell))


def test_what_was_said_between_cells_is_said_again_at_the_end_of_the_next(
    kernel: Kernel, service: Sandbox, data: Path
) -> None:
    """An upload that ends while no cell runs is told by the next cell, once."""
    kernel.run(LOAD)
    begun = kernel.run(UPLOAD)
    kernel.until(lambda: "completed · 8 MiB" in _plain(begun))
    assert kernel.run("1").updated
    assert not kernel.run("1").updated


def test_the_last_word_comes_before_the_kernel_is_gone(kernel: Kernel, service: Sandbox, data: Path) -> None:
    """A kernel that is shut down brings the upload to rest and says so below its cell."""
    service.rate_bytes_per_second = SLOW
    kernel.run(LOAD)
    cell = kernel.run(f"{UPLOAD}\nimport time\nwhile t.snapshot().parts_done < 1: time.sleep(0.05)")
    kernel.shut_down(lambda: "paused · " in _plain(cell))
    assert "Carry on with: %oss_uploads resume " in _plain(cell)
