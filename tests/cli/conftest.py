"""Commands as a shell runs them, each a process of its own, beside a sandbox."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox
from tests.notebook.conftest import data, new_kernel, place, service

__all__ = ["data", "new_kernel", "place", "service"]

PATIENCE_SECONDS = 60
MIB = 1024 * 1024


class Typed:
    """A command that runs."""

    def __init__(self, folder: Path, words: tuple[str, ...]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "oss_jupyter", *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.out = self.err = ""
        self.status = 0

    def end(self) -> Typed:
        """Wait for its end, and take what it has written."""
        self.out, self.err = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.status = self.process.returncode
        return self

    def signal(self, number: int) -> Typed:
        """Send it a signal and wait for its end."""
        self.process.send_signal(number)
        return self.end()


@pytest.fixture
def begin(place: Path) -> Iterator[Callable[..., Typed]]:
    """Begin commands in the folder of the test; those that still run at its end are killed."""
    begun: list[Typed] = []

    def type_it(*words: str) -> Typed:
        begun.append(Typed(place, words))
        return begun[-1]

    yield type_it
    for one in begun:
        if one.process.poll() is None:
            one.signal(signal.SIGKILL)


@pytest.fixture
def run(begin: Callable[..., Typed]) -> Callable[..., Typed]:
    """Run commands to their end."""
    return lambda *words: begin(*words).end()


def until_parts(service: Sandbox, number: int, key: str = "k") -> None:
    """Wait until the service has so many parts of an unfinished upload."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        for upload in service.uploads("test-bucket"):
            if upload.key == key and len(service.parts("test-bucket", key, upload.upload_id)) >= number:
                return
        time.sleep(0.02)
    raise AssertionError(f"there were never {number} parts of {key}")


def until_asked(service: Sandbox) -> None:
    """Wait until the service does with a request what a fault says."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if service.faults.hits():
            return
        time.sleep(0.02)
    raise AssertionError("nothing was asked")


def parts_sent(service: Sandbox) -> int:
    """Return how many parts the service has taken since its requests were cleared."""
    return sum(one.operation == "UploadPart" and one.status == 200 for one in service.requests)


def is_there(service: Sandbox, data: Path, key: str = "k") -> bool:
    """Whether the object is the file."""
    return service.object_path("test-bucket", key).read_bytes() == data.read_bytes()
