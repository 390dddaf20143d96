"""What the tests of the engine share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox

from .fakes import Service
from .kit import PART, Kernel, Process, make_file


@pytest.fixture
def checkpoints(tmp_path: Path) -> Path:
    """The checkpoint directory of every kernel in the test."""
    return tmp_path / "checkpoints"


@pytest.fixture
def new_kernel(sandbox: Sandbox, checkpoints: Path) -> Iterator[Callable[[], Kernel]]:
    """Starts a kernel; all of them share one machine and one checkpoint directory."""
    kernels: list[Kernel] = []

    def start() -> Kernel:
        kernels.append(Kernel(sandbox.endpoint, checkpoints))
        return kernels[-1]

    yield start
    sandbox.faults.clear()
    sandbox.rate_bytes_per_second = sandbox.connection_rate_bytes_per_second = None
    for kernel in kernels:
        kernel.close()


@pytest.fixture
def kernel(new_kernel: Callable[[], Kernel]) -> Kernel:
    """One kernel."""
    return new_kernel()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of twelve parts, the last one short."""
    return make_file(tmp_path / "big.bin", 11 * PART + 777)


@pytest.fixture
def service() -> Service:
    """A service in memory, for tests that script its answers."""
    return Service()


@pytest.fixture
def new_process(sandbox: Sandbox, tmp_path: Path, source: Path, checkpoints: Path) -> Iterator[Callable[[], Process]]:
    """Starts a process that uploads `source`, and ends it with the test."""
    with ExitStack() as processes:
        yield lambda: processes.enter_context(Process(tmp_path / "upload.py", sandbox, source, checkpoints))
