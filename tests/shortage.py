"""A process without a descriptor to spare, for real, and for as long as a test wants it."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

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
def no_descriptors(left: int = 0) -> Iterator[Callable[[], None]]:
    """Take every descriptor but so many that this process may still open, and give them back at the end.

    What it yields takes those that became free meanwhile, because a thread of before has ended.
    """
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []

    def take_all() -> None:
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))

    gc.collect()
    try:
        # Far fewer than there may be, so that it does not take long; those that are open already stay.
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
        take_all()
        for _ in range(left):
            os.close(taken.pop())
        yield take_all
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
