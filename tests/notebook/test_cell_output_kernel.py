"""`%%oss_upload` in a real kernel: what a page gets to see, how it is interrupted, and how much memory it takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox

from .kernels import Cell, Kernel

MIB = 1024 * 1024
UPLOAD = "%%oss_upload oss://test-bucket/out.csv"
MEMORY = "import resource\ndef peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss"


@pytest.fixture
def kernel(service: Sandbox, new_kernel: Callable[..., Kernel]) -> Kernel:
    """A kernel with the extension."""
    kernel = new_kernel()
    assert kernel.run("%load_ext oss_jupyter\nimport asyncio, os, subprocess, time").error is None
    return kernel


def sent(service: Sandbox) -> bytes:
    """Return what has arrived."""
    return service.object_path("test-bucket", "out.csv").read_bytes()


def said(cell: Cell) -> str:
    """Return what the page shows of a cell."""
    traceback = "\n".join(cell.error["traceback"]) if cell.error else ""
    return "\n".join((cell.text, traceback, *(bundle["text/plain"] for bundle in cell.bundles)))


def test_a_page_sees_what_is_shown_and_not_what_is_sent(kernel: Kernel, service: Sandbox) -> None:
    """Prints and the output of ! commands are sent; values, displays, errors and what goes past Python are not."""
    cell = kernel.run(
        f"{UPLOAD} --wait\nprint('sent')\n!printf 'of a command\\r\\n'; echo its error >&2\n"
        "os.write(1, b'past Python')\nprint('shown', file=__import__('sys').stderr)\ndisplay('displayed')\n6 * 7"
    )
    assert cell.error is None
    assert sent(service) == b"sent\nof a command\r\n"
    assert "shown" in cell.text
    assert "its error" in cell.text
    assert "of a command" not in cell.text
    assert {"'displayed'", "42"} <= {bundle["text/plain"] for bundle in cell.bundles}
    assert kernel.run("print(_.state)").text == "completed\n"


def test_a_cell_may_await(kernel: Kernel, service: Sandbox) -> None:
    """As every cell of a notebook; tasks of earlier cells that run meanwhile print where they always did."""
    kernel.run(
        "async def tick():\n    for n in range(100):\n        print('tick')\n        await asyncio.sleep(0.01)\n"
        "task = asyncio.create_task(tick())\nkey = 'out.csv'"
    )
    cell = kernel.run(
        "%%oss_upload oss://test-bucket/{key} --wait\nprint('before')\nawait asyncio.sleep(0.1)\n"
        "async def mine(): print('mine')\nawait asyncio.gather(mine(), asyncio.create_task(mine()))\nprint('after')"
    )
    assert cell.error is None, cell.error
    assert sent(service) == b"before\nmine\nmine\nafter\n"
    failed = kernel.run(f"{UPLOAD}\nawait asyncio.sleep(0)\n1 / 0")
    assert failed.error is not None
    assert "Nothing was sent" in failed.error["evalue"]


@pytest.mark.parametrize(
    "body", ["while True: print('x', end='')", "while True: await asyncio.sleep(0.01)", "!sleep 60"]
)
def test_an_interrupt_sends_nothing(kernel: Kernel, service: Sandbox, body: str, place: Path) -> None:
    """The stop button ends the cell, whatever it is at, and one line says that nothing was sent."""
    cell = kernel.begin(f"{UPLOAD}\ndisplay('begun')\n{body}")
    kernel.until(lambda: bool(cell.bundles))
    kernel.interrupt()
    kernel.until(lambda: cell.idle)
    assert cell.error is not None
    assert "othing was sent" in said(cell)
    assert not service.requests
    assert not [path for path in place.parent.joinpath("state").rglob("*") if path.suffix in (".spool", ".draft")]
    assert kernel.run("print('alive')").text == "alive\n"


def test_a_large_output_goes_through_the_disk(kernel: Kernel, service: Sandbox) -> None:
    """The kernel grows by a fraction of what is printed, and the page shows how much is written."""
    kernel.run(MEMORY)
    kernel.run(f"{UPLOAD} --wait\nprint('warm')")
    before = int(kernel.run("print(peak())").text)
    cell = kernel.run(f"{UPLOAD} --wait\nline = 'x' * 1023\nfor n in range(200 * 1024): print(line)")
    assert cell.error is None, cell.error
    grown = int(kernel.run("print(peak())").text) - before
    assert len(sent(service)) == 200 * MIB
    assert grown * 1024 < 60 * MIB
    assert "written to disk first" in "\n".join(kernel.said)


def test_cells_of_two_shells_keep_their_output_apart(kernel: Kernel, service: Sandbox, place: Path) -> None:
    """Of two cells that run at once each sends what is its own, `!` commands as well, and shows it below itself."""
    beside = kernel.new_subshell()
    wait = "while not os.path.exists('go'): time.sleep(0.01)"
    inner = kernel.begin(f"{UPLOAD} --wait\nprint('inner')\n{wait}\n!echo inner command\n", beside)
    kernel.until(lambda: "written to disk" in said(inner) or "writing it to disk" in said(inner))
    outer = kernel.run("print('outer')\n!echo outer command")
    (place / "go").touch()
    kernel.until(lambda: inner.idle)
    assert inner.error is None, inner.error
    assert sent(service) == b"inner\ninner command\n"
    assert outer.text.split("\n")[0].strip() == "outer"
    assert "outer command" in outer.text
    assert "to disk" not in said(outer)
    assert kernel.run("import sys\nprint('main')\n!echo main command").text.startswith("main")
