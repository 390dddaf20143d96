"""Loading and unloading: what is put into IPython, what is said, and what is not imported."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox
from oss_jupyter.session.session import current_session

from .conftest import Shell

# Loading a checkpoint directory that is not empty must not need them either.
HEAVY = ("requests", "urllib3", "alibabacloud_oss_v2", "rich", "ipywidgets", "anywidget", "oss_jupyter.sandbox")


def _leave_unfinished(shell: Shell, service: Sandbox, *keys: str) -> None:
    """Let uploads fail after their first parts, as a lost network would."""
    service.faults.add(Fault("UploadPart", part_number=5, code="InternalError", status=500, times=None))
    for key in keys:
        shell.run(f"%oss_upload trips.bin oss://test-bucket/{key} --part-size 1MiB --parallel 1 --retries 0 --wait")
    service.faults.clear()


def test_loading_is_light(shell: Shell, service: Sandbox, data: Path) -> None:
    """Neither the SDK nor requests nor rich nor widgets come with the extension, even when it has a banner to show."""
    _leave_unfinished(shell, service, "k")
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell as S; shell = S.instance()\n"
        "before = set(sys.modules); shell.run_line_magic('load_ext', 'oss_jupyter')\n"
        f"print([name for name in {HEAVY} if name in sys.modules and name not in before])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "1 unfinished upload" in done.stdout
    assert done.stdout.strip().endswith("[]")


def test_silence_when_nothing_is_unfinished(new_shell: Callable[..., Shell], tmp_path: Path) -> None:
    """A fresh machine hears nothing, and no directory is made."""
    ran = new_shell().ok("%load_ext oss_jupyter")
    assert not ran.text.strip()
    assert not (tmp_path / "state").exists()


def test_the_banner_names_what_resumes(
    shell: Shell, new_shell: Callable[..., Shell], service: Sandbox, data: Path
) -> None:
    """One unfinished upload is one line with the exact command, and that command finishes it."""
    _leave_unfinished(shell, service, "k")
    service.clear_requests()
    ran = new_shell().ok("%load_ext oss_jupyter")
    (transfer,) = current_session().manager.transfers()
    assert ran.text.strip() == (
        "1 unfinished upload: trips.bin -> oss://test-bucket/k, 7 of 8 MiB already in OSS. "
        f"Carry on with: %oss_uploads resume {transfer.id}"
    )
    assert len(ran.html) == 1
    assert not service.requests  # nothing is sent before somebody asks
    assert transfer.state is State.INTERRUPTED


def test_several_unfinished_uploads_have_a_line_each(
    shell: Shell, new_shell: Callable[..., Shell], service: Sandbox, data: Path
) -> None:
    """The banner stays short, and `resume all` finishes them."""
    _leave_unfinished(shell, service, *"abcdefg")
    fresh = new_shell()
    lines = fresh.ok("%load_ext oss_jupyter").text.strip().splitlines()
    assert lines[0] == "7 unfinished uploads:"
    assert all(" already in OSS" in line for line in lines[1:6])
    assert lines[6:] == ["and 2 more: %oss_uploads lists them", "Carry on with: %oss_uploads resume all"]
    fresh.ok("%oss_uploads resume all")
    fresh.ok("%oss_uploads wait all")
    for key in "abcdefg":
        assert service.object_path("test-bucket", key).read_bytes() == data.read_bytes()


def test_auto_resume(shell: Shell, new_shell: Callable[..., Shell], service: Sandbox, data: Path) -> None:
    """With auto_resume set, loading carries on and says so."""
    _leave_unfinished(shell, service, "k")
    fresh = new_shell(auto_resume=True)
    assert fresh.ok("%load_ext oss_jupyter").text.strip().startswith("1 resumed upload: trips.bin -> ")
    (transfer,) = current_session().manager.transfers()
    assert transfer.result(30).kept_bytes == 7 * 1024 * 1024


@pytest.mark.parametrize("kind", ["file", "locked", "missing"])
def test_a_directory_that_cannot_be_read(new_shell: Callable[..., Shell], tmp_path: Path, kind: str) -> None:
    """The extension loads whatever became of the checkpoint directory."""
    path = tmp_path / "checkpoints"
    if kind == "file":
        path.write_text("not a directory")
    elif kind == "locked":
        path.mkdir()
        path.chmod(0)
    shell = new_shell(checkpoint_dir=str(path))
    assert not shell.ok("%load_ext oss_jupyter").text.strip()
    assert "There are no uploads." in shell.ok("%oss_uploads").text
    shell.ok("%oss_uploads clean")
    if kind == "locked":
        path.chmod(0o700)


def test_load_twice_reload_unload(shell: Shell, service: Sandbox, data: Path) -> None:
    """Loading again changes nothing, reloading keeps the uploads, unloading takes everything back."""
    shell.ok("t = %oss_upload trips.bin oss://test-bucket/k")
    for line in ("%load_ext oss_jupyter", "%reload_ext oss_jupyter"):
        shell.ok(line)
        assert [type(entry).__name__ for entry in shell.inner.configurables].count("OssJupyter") == 1
        assert shell.ok("t").text.count("trips.bin -> ") == 1
    shell.inner.user_ns["t"].result(30)
    shell.ok("%unload_ext oss_jupyter")
    assert "not found" in shell.run("%oss_upload").text
    assert "OssJupyter" not in [type(entry).__name__ for entry in shell.inner.configurables]
    assert "<Transfer " in shell.ok("t").text
    shell.ok("%load_ext oss_jupyter")
    assert "completed" in shell.ok("t").text


def test_python_made_the_session_first(new_shell: Callable[..., Shell], service: Sandbox, data: Path) -> None:
    """An upload started in Python before the extension was loaded is seen by the magics."""
    shell = new_shell(retries=7)
    shell.ok("import oss_jupyter as oj\nt = oj.upload('trips.bin', 'oss://test-bucket/k')\nr = t.result()")
    shell.ok("%load_ext oss_jupyter")
    assert "completed" in shell.ok("%oss_uploads").text
    assert shell.ok("%config OssJupyter.retries").result == 7
    assert "object      oss://test-bucket/k\n" in shell.ok("r").text


def test_transfers_in_a_list_are_one_line_each(shell: Shell, service: Sandbox, data: Path) -> None:
    """`oj.transfers()` stays a readable tuple."""
    shell.ok("%oss_upload trips.bin oss://test-bucket/k --wait")
    text = shell.ok("import oss_jupyter as oj\noj.transfers()").text
    assert "(<Transfer " in text
    assert "completed: " in text
