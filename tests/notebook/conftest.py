"""A place of its own for each test, an IPython shell in this process, and real kernels beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.session import _shared

from .chinese import Stage
from .kernels import Kernel

MIB = 1024 * 1024


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the notebook: empty, with a home and a state directory of its own and no settings around it."""
    for name in [name for name in os.environ if name.startswith("OSS_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("OSS_JUPYTER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def service(sandbox: Sandbox, place: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox that the environment leads to, so that a cell needs no options."""
    monkeypatch.setenv("OSS_ENDPOINT", sandbox.endpoint)
    monkeypatch.setenv("OSS_REGION", sandbox.region)
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", "test-key-id")
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "test-key-secret")
    return sandbox


@pytest.fixture
def data(place: Path) -> Path:
    """A file of eight parts of 1 MiB."""
    path = place / "trips.bin"
    path.write_bytes(os.urandom(8 * MIB))
    return path


@dataclass
class Ran:
    """What a cell did: its text (printed, and text/plain of what it displayed), its HTML, and its error."""

    text: str
    html: list[str] = field(default_factory=list)
    error: BaseException | None = None
    result: Any = None


class Shell:
    """An IPython shell in this process; like a terminal's, it does not update outputs."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def run(self, cell: str) -> Ran:
        """Run a cell and expect nothing of it."""
        with capture_output() as captured:
            done = self.inner.run_cell(cell)
        bundles = [output.data for output in captured.outputs]
        text = "\n".join([captured.stdout, *(bundle["text/plain"] for bundle in bundles), captured.stderr])
        html = [bundle["text/html"] for bundle in bundles if "text/html" in bundle]
        return Ran(text, html, done.error_in_exec or done.error_before_exec, done.result)

    def ok(self, cell: str) -> Ran:
        """Run a cell that should succeed."""
        ran = self.run(cell)
        assert ran.error is None, ran.text
        return ran


@pytest.fixture
def new_shell(place: Path) -> Iterator[Callable[..., Shell]]:
    """Make shells as new kernels would: with no memory of earlier ones, and these settings in their configuration."""

    def forget() -> None:
        for session in _shared:
            session.manager.pause_all(10)
            session.wiring.streaming_lane().close()  # or a helper would stay for each
        _shared.clear()
        InteractiveShell.clear_instance()

    def make(**settings: Any) -> Shell:
        forget()
        config = Config({"OssJupyter": settings, "HistoryManager": {"enabled": False}})
        return Shell(InteractiveShell.instance(config=config))

    yield make
    forget()


@pytest.fixture
def shell(new_shell: Callable[..., Shell]) -> Shell:
    """A shell that has loaded the extension."""
    shell = new_shell()
    shell.ok("%load_ext oss_jupyter")
    return shell


@pytest.fixture
def new_kernel(place: Path) -> Iterator[Callable[..., Kernel]]:
    """Start real kernels in the folder of the notebook; they inherit the environment of the test."""
    started: list[Kernel] = []

    def start(*arguments: str) -> Kernel:
        # Plain outputs: what they say can be read here. The cards have tests of their own, in a browser.
        started.append(Kernel(place, (*arguments, "--OssJupyter.widgets=False")))
        return started[-1]

    yield start
    for kernel in started:
        kernel.kill()


@pytest.fixture
def chinese(service: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """An environment as of a system in Chinese, which leads to the sandbox."""
    for name in ("OSS_JUPYTER_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    return service


@pytest.fixture
def stage(chinese: Sandbox, new_kernel: Callable[..., Kernel]) -> Stage:
    """A kernel in which situations are staged."""
    return Stage(new_kernel(), chinese)
