"""A filesystem over a sandbox, in a place of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from oss_jupyter.remote.filesystem import OssFileSystem
from oss_jupyter.sandbox import Key, Sandbox
from oss_jupyter.session.session import _shared

BUCKET = "test-bucket"


@contextmanager
def place_of(sandbox: Sandbox, folder: Path) -> Iterator[None]:
    """Let the environment lead to a sandbox, and a session begin that knows nothing of other tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("OSS_")]:
            patch.delenv(name)
        patch.setenv("HOME", str(folder / "home"))
        patch.setenv("OSS_JUPYTER_STATE_DIR", str(folder / "state"))
        patch.setenv("OSS_ENDPOINT", sandbox.endpoint)
        patch.setenv("OSS_REGION", sandbox.region)
        patch.setenv("OSS_ACCESS_KEY_ID", "test-key-id")
        patch.setenv("OSS_ACCESS_KEY_SECRET", "test-key-secret")
        _shared.clear()
        OssFileSystem.clear_instance_cache()
        yield
        for session in _shared:
            session.manager.pause_all(10)
            session.wiring.streaming_lane().close()
        _shared.clear()


@pytest.fixture
def service(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that the environment leads to."""
    with place_of(sandbox, tmp_path):
        yield sandbox


@pytest.fixture
def oss_fs(service: Sandbox) -> OssFileSystem:
    """The filesystem."""
    return OssFileSystem()


@pytest.fixture(scope="module")
def shared_fs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OssFileSystem]:
    """A filesystem for all tests of a file."""
    folder = tmp_path_factory.mktemp("oss")
    with Sandbox(folder / "sandbox", keys=[Key("test-key-id", "test-key-secret")]) as sandbox:
        sandbox.create_bucket(BUCKET)
        with place_of(sandbox, folder):
            yield OssFileSystem()
