"""`%oss_panel`, `oj.panel()` and the banner in kernels with and without widgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox

from .conftest import Shell
from .kernels import Cell, Kernel

WIDGET = "application/vnd.jupyter.widget-view+json"
UPLOAD = "t = %oss_upload trips.bin oss://test-bucket/data/ --part-size 1MiB --parallel 1"


@pytest.fixture
def new_widget_kernel(place: Path) -> Iterator[Callable[[], Kernel]]:
    """Start kernels as notebooks do."""
    started: list[Kernel] = []

    def start() -> Kernel:
        started.append(Kernel(place))
        return started[-1]

    yield start
    for kernel in started:
        kernel.kill()


def words_beside(cell: Cell) -> str:
    """The output has a widget and a summary beside it."""
    widget, words = cell.bundles
    assert WIDGET in widget
    assert "ossj-static" in words["text/html"]
    return words["text/plain"]


def test_where_there_are_no_widgets_the_uploads_are_listed(shell: Shell) -> None:
    """`%oss_panel` is of use in a terminal too, and a slip shows its usage."""
    assert "There are no uploads." in shell.ok("%oss_panel").text
    assert "There are no uploads." in shell.ok("import oss_jupyter as oj; oj.panel()").text
    assert "Usage: %oss_panel" in str(shell.run("%oss_panel nonsense").error)


def test_card_desk_and_banner_over_a_restart(
    new_widget_kernel: Callable[[], Kernel], service: Sandbox, data: Path
) -> None:
    """Each is a widget with its words beside it, and `auto_resume` carries on by itself."""
    service.rate_bytes_per_second = 2 * 1024 * 1024
    first = new_widget_kernel()
    assert not first.run("%load_ext oss_jupyter").bundles
    assert "trips.bin -> oss://test-bucket/data/trips.bin" in words_beside(first.run(UPLOAD))
    desk = first.run("%oss_panel")
    first.until(lambda: "running" in words_beside(desk))
    first.until(lambda: [request.operation for request in service.requests].count("UploadPart") >= 2)
    first.kill()

    second = new_widget_kernel()
    banner = words_beside(second.run("%load_ext oss_jupyter"))
    assert "trips.bin" in banner
    assert " of 8 MiB" in banner
    second.kill()

    service.rate_bytes_per_second = None
    third = new_widget_kernel()
    resumed = third.run("import oss_jupyter as oj\noj.settings().auto_resume = True\n%load_ext oss_jupyter")
    third.until(lambda: "completed" in words_beside(resumed))
    assert service.object_path("test-bucket", "data/trips.bin").read_bytes() == data.read_bytes()
