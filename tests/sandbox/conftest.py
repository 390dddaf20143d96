"""What the tests of the sandbox share."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.sandbox import Sandbox

from .clients import Wire, sdk_client


@pytest.fixture
def client(sandbox: Sandbox) -> Any:
    """The official SDK's client, with the sandbox's key."""
    return sdk_client(sandbox)


@pytest.fixture
def wire(sandbox: Sandbox) -> Iterator[Wire]:
    """A plain HTTP connection."""
    connection = Wire(sandbox)
    yield connection
    connection.close()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of a little more than five parts of 200 KiB."""
    path = tmp_path / "source.bin"
    path.write_bytes(random.Random(1).randbytes(5 * 204_800 + 777))
    return path
