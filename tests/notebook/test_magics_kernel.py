"""The magics in a real kernel: outputs that follow the upload, interrupts, restarts, and what a failure shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from oss_jupyter.sandbox import Fault, Sandbox

from .kernels import Cell, Kernel

UPLOAD = "%oss_upload trips.bin oss://test-bucket/data/ --part-size 1MiB --parallel 2"


def _plain(cell: Cell) -> str:
    return "\n".join(bundle["text/plain"] for bundle in cell.bundles)


def test_an_upload_survives_its_kernel(new_kernel: Callable[..., Kernel], service: Sandbox, data: Path) -> None:
    """Interrupting the wait leaves the upload running; a killed kernel is followed by a banner, and the same cell
    resumes, attaches, and at last finds the object there."""
    service.rate_bytes_per_second = 2 * 1024 * 1024
    first = new_kernel()
    assert not first.run("%load_ext oss_jupyter").bundles  # silence when nothing is unfinished
    waiting = first.begin(UPLOAD + " --wait")
    first.until(lambda: "estimating" in _plain(waiting) or "left" in _plain(waiting))
    first.interrupt()
    first.until(lambda: waiting.idle)
    assert waiting.error is not None
    assert len(waiting.error["traceback"]) == 1
    assert waiting.error["traceback"][0].startswith("The upload goes on. %oss_uploads pause ")
    before = _plain(waiting)
    first.until(lambda: _plain(waiting) != before)  # the view follows although nobody waits
    first.until(lambda: [request.operation for request in service.requests].count("UploadPart") >= 2)
    first.kill()

    second = new_kernel()
    banner = second.run("%load_ext oss_jupyter")
    assert _plain(banner).startswith("1 unfinished upload: trips.bin -> oss://test-bucket/data/trips.bin, ")
    assert " of 8 MiB already in OSS. Carry on with: %oss_uploads resume " in _plain(banner)
    again = second.run(UPLOAD)
    attached = second.run(f"t = {UPLOAD} --wait")
    assert "completed · 8 MiB" in _plain(attached)
    assert " · kept " in _plain(attached)
    second.until(lambda: "completed · 8 MiB" in _plain(again))
    assert len(again.bundles) == len(attached.bundles) == 1
    there = second.run(UPLOAD + " --wait")
    assert "completed · already there, nothing was sent" in _plain(there)
    assert service.object_path("test-bucket", "data/trips.bin").read_bytes() == data.read_bytes()
    assert not service.uploads("test-bucket")


INTERRUPT_AT_THE_FIRST_OUTPUT = """
import signal
publisher = get_ipython().display_pub
def interrupt(message):
    publisher.unregister_hook(interrupt)
    publisher.session.send(publisher.pub_socket, message, ident=publisher.topic)
    signal.raise_signal(signal.SIGINT)
publisher.register_hook(interrupt)
"""


def test_an_interrupt_in_the_moment_of_display_leaves_a_view_that_follows(
    new_kernel: Callable[..., Kernel], service: Sandbox, data: Path
) -> None:
    """Whoever interrupts as soon as the output is there still sees the upload to its end."""
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    waited = kernel.run(INTERRUPT_AT_THE_FIRST_OUTPUT + UPLOAD + " --wait")
    assert waited.error is not None
    assert waited.error["ename"] == "WaitInterrupted"
    kernel.until(lambda: "completed · 8 MiB" in _plain(waited))


def test_a_transfer_is_shown_once(new_kernel: Callable[..., Kernel], service: Sandbox, data: Path) -> None:
    """Every magic of a cell shows its view, the last expression adds no second one, and Out keeps the transfer."""
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    two = kernel.run("%oss_upload trips.bin oss://test-bucket/1\n%oss_upload trips.bin oss://test-bucket/2")
    assert [bundle["text/plain"].split(" (")[0] for bundle in two.bundles] == [
        "trips.bin -> oss://test-bucket/1",
        "trips.bin -> oss://test-bucket/2",
    ]
    shown = kernel.run("_")
    assert len(shown.bundles) == 1
    kernel.until(lambda: "completed" in _plain(shown))
    python = kernel.run("import oss_jupyter as oj\noj.upload('trips.bin', 'oss://test-bucket/3')")
    assert len(python.bundles) == 1
    kernel.until(lambda: "completed" in _plain(python))
    receipt = kernel.run("_.result()")
    assert receipt.bundles[0]["text/plain"].startswith("object      oss://test-bucket/3\n")
    assert "<table>" in receipt.bundles[0]["text/html"]


def test_a_view_follows_over_a_pause(new_kernel: Callable[..., Kernel], service: Sandbox, data: Path) -> None:
    """A paused upload says so where it was started, and its view goes on when another cell resumes it."""
    service.faults.add(Fault("UploadPart", part_number=6, kind="stall", times=None))
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    started = kernel.run(UPLOAD)
    kernel.until(lambda: " of 8 MiB" in _plain(started) and "checking" not in _plain(started))
    kernel.run("%oss_uploads pause all")
    kernel.until(lambda: "paused · " in _plain(started))
    assert "Carry on with: %oss_uploads resume " in _plain(started)
    service.faults.clear()
    kernel.run("%oss_uploads resume all")
    kernel.until(lambda: "completed · 8 MiB" in _plain(started))


def test_a_failure_has_four_lines(new_kernel: Callable[..., Kernel], service: Sandbox, data: Path) -> None:
    """An expected failure ends the cell with what, safe, advice and code, and without a traceback."""
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    for cell in ("%oss_upload gone.bin oss://test-bucket/k", "oj.upload('gone.bin', 'oss://test-bucket/k')"):
        error = kernel.run("import oss_jupyter as oj\n" + cell).error
        assert error is not None
        assert len(error["traceback"]) == 4
        assert error["traceback"][0] == f"There is no file {data.parent / 'gone.bin'}."
        assert error["traceback"][3] == "SourceMissing"
    service.faults.add(Fault("UploadPart", code="AccessDenied", status=403, times=None))
    waited = kernel.run(UPLOAD + " --wait")
    assert waited.error is not None
    assert len(waited.error["traceback"]) == 4
    assert waited.error["traceback"][3].startswith("AccessDenied · ")
    assert "failed" in _plain(waited)
    assert "Traceback" not in "".join(kernel.said)
    service.faults.clear()
    behind = kernel.run("%oss_upload trips.bin oss://test-bucket/other --credentials nobody")
    assert behind.text.startswith("UsageError: --credentials takes the name of a Python variable")


SECRETS = ("test-key-secret", "WRONG-SECRET", "SOME-TOKEN", "x-oss-signature=")


def test_nothing_secret_is_shown_or_kept(
    new_kernel: Callable[..., Kernel], service: Sandbox, data: Path, tmp_path: Path
) -> None:
    """A key, a token and a signature are in no output, repr, error, traceback or file, whatever goes wrong."""
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    service.faults.add(Fault("UploadPart", part_number=3, code="InternalError", status=500, times=None))
    kernel.run(UPLOAD + " --retries 0 --wait")
    kernel.run("wrong = ('test-key-id', 'WRONG-SECRET', 'SOME-TOKEN')")
    kernel.run("%oss_upload trips.bin oss://test-bucket/wrong --credentials wrong --wait")
    kernel.run("%tb")
    kernel.run("%oss_upload trips.bin oss://test-bucket/wrong --credentials {wrong} --wait")
    kernel.run("%oss_upload trips.bin oss://test-bucket/wrong --credentials SOME-TOKEN")
    kernel.run("import oss_jupyter as oj\nprint(oj.transfers(), [t.order for t in oj.transfers()])")
    kernel.run("print([(t.order.control, t.snapshot(), t.error) for t in oj.transfers()])\n%oss_uploads")
    kernel.run("t = oj.transfers()[0]\n%oss_uploads show {t.id}")
    kept = [path.read_text() for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert any("upload_id" in text for text in kept)  # the journal of the failed upload
    everything = "\n".join([*kernel.said, *kept])
    assert "InternalError" in everything
    assert "AccessKeyIdAndSecurityTokenNotMatch" in everything
    for secret in SECRETS:
        assert secret.lower() not in everything.lower(), secret


def test_a_debug_log_holds_nothing_secret(
    new_kernel: Callable[..., Kernel], service: Sandbox, data: Path, tmp_path: Path
) -> None:
    """Even with every logger at DEBUG, no signature and no key is written down."""
    kernel = new_kernel()
    log = tmp_path / "kernel.log"
    kernel.run(f"import logging; logging.basicConfig(level=logging.DEBUG, filename={str(log)!r})")
    kernel.run("%load_ext oss_jupyter")
    kernel.run(UPLOAD + " --wait")
    text = log.read_text().lower()
    assert text
    for secret in SECRETS:
        assert secret.lower() not in text, secret


def test_a_banner_waits_for_the_first_cell(new_kernel: Callable[..., Kernel], service: Sandbox, data: Path) -> None:
    """A kernel that loads the extension while it starts says in its first cell what is unfinished."""
    service.faults.add(Fault("UploadPart", part_number=3, code="InternalError", status=500, times=None))
    first = new_kernel()
    first.run("%load_ext oss_jupyter")
    first.run(UPLOAD + " --retries 0 --wait")
    first.kill()
    second = new_kernel('--IPKernelApp.extensions=["oss_jupyter"]')
    assert _plain(second.run("None")).startswith("1 unfinished upload: trips.bin")
    assert not second.run("None").bundles


_TELLS = """
def tell(now):
    print("{name}", end="", flush=True)
_ = oj.upload("trips.bin", "oss://test-bucket/{name}", part_size="100KiB", limit="1MiB/s", on_progress=tell)
"""
_WAITS = """
for transfer in oj.transfers():
    transfer.set_limit(None)
    transfer.result()
"""


def test_progress_is_told_under_its_own_cell(new_kernel: Callable[..., Kernel], service: Sandbox, data: Path) -> None:
    """Two uploads that run at the same time print under the two cells that began them."""
    kernel = new_kernel()
    kernel.run("import oss_jupyter as oj")
    cells = {name: kernel.run(_TELLS.format(name=name)) for name in "AB"}
    kernel.until(lambda: all(len(cell.text) > 2 for cell in cells.values()))
    kernel.run(_WAITS)
    assert {name: set(cell.text) for name, cell in cells.items()} == {"A": {"A"}, "B": {"B"}}


def test_the_example_ends_with_the_end(new_kernel: Callable[..., Kernel], service: Sandbox, data: Path) -> None:
    """What `on_progress` prints last, before `result` returns, is that the upload is completed."""
    kernel = new_kernel()
    kernel.run("import oss_jupyter as oj")
    cell = kernel.run(
        'def tell(now):\n    print(f"{now.fraction:4.0%}  {now.state}")\n'
        'receipt = oj.upload("trips.bin", "oss://test-bucket/copies/", on_progress=tell).result()'
    )
    kernel.until(lambda: cell.text.endswith("100%  completed\n"))
