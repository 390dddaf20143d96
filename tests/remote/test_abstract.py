"""What fsspec expects of every filesystem: its own tests, against the sandbox."""

from __future__ import annotations

from collections.abc import Callable

import fsspec.tests.abstract as abstract
import pytest

from oss_jupyter.remote.filesystem import OssFileSystem

from .conftest import BUCKET


class OssFixtures(abstract.AbstractFixtures):  # type: ignore[misc]
    """What fsspec's tests have to know of OSS."""

    @pytest.fixture
    def fs(self, shared_fs: OssFileSystem) -> OssFileSystem:
        """The filesystem that is tried."""
        return shared_fs

    @pytest.fixture
    def fs_path(self) -> str:
        """Where it is tried."""
        return f"{BUCKET}/room"

    @pytest.fixture
    def fs_join(self) -> Callable[..., str]:
        """Names are joined by slashes."""
        return lambda *names: "/".join(names)

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        """A folder is there as long as something lies in it."""
        return False


class TestCopy(abstract.AbstractCopyTests, OssFixtures):  # type: ignore[misc]
    """Copying within OSS."""


class TestGet(abstract.AbstractGetTests, OssFixtures):  # type: ignore[misc]
    """From OSS to this computer."""


class TestPut(abstract.AbstractPutTests, OssFixtures):  # type: ignore[misc]
    """From this computer to OSS."""


class TestOpen(abstract.AbstractOpenTests, OssFixtures):  # type: ignore[misc]
    """Opening."""


class TestPipe(abstract.AbstractPipeTests, OssFixtures):  # type: ignore[misc]
    """Storing bytes."""
