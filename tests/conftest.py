"""What tests of every room may use."""

from __future__ import annotations

import compileall
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

import oss_jupyter
from oss_jupyter.sandbox import Key, Sandbox

# Compiled once, here, and by none of the programs that tests start: where files may not grow, Python leaves half of a
# .pyc behind, and every later import of it fails (github.com/python/cpython/issues/126606).
if "PYTEST_XDIST_WORKER" not in os.environ:
    compileall.compile_dir(Path(oss_jupyter.__file__).parent, quiet=2)
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

# The default chain of credentials would ask a server of the cloud; no test asks anybody but this machine.
os.environ["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """All browser tests for one of the processes that share the tests, and with it one JupyterLab; others one by one.

    Not by groups: xdist 3.8 finds none of them with pytest 9.2 (github.com/pytest-dev/pytest-xdist/issues/1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return "browser" if nodeid.startswith("tests/browser/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling | None:
    # Each test of other versions starts a JupyterLab of its own: they need not wait for each other.
    return None if config.option.markexpr == "kernels" else Scheduling(config, log)


@pytest.fixture(autouse=True, scope="session")
def state_directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing that a test remembers goes to the user's own place; many tests set one of their own."""
    os.environ["OSS_JUPYTER_STATE_DIR"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A running sandbox with one key and one empty bucket, "test-bucket"."""
    with Sandbox(tmp_path / "sandbox", keys=[Key("test-key-id", "test-key-secret")]) as running:
        running.create_bucket("test-bucket")
        yield running
