"""A process without a descriptor to spare, for real, and for as long as a test wants it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def no_new_descriptors() -> Iterator[None]:
    """Refuse every new descriptor, also when others become free: no number is below a limit of 0 (getrlimit(2))."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def few_descriptors(left: int) -> Iterator[None]:
    """Take every descriptor but so many that this process may still open, and give them back at the end.

    There are more of them where another thread closes one meanwhile.
    """
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []
    gc.collect()
    try:
        # Few more than are open already, so that it does not take long.
        highest = max(int(descriptor.name) for descriptor in Path("/dev/fd").iterdir())
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, highest + 64), hard))
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        for _ in range(left):
            os.close(taken.pop())
        yield
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
