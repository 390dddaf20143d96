"""A terminal that is closed in the middle of an upload: how that ends is said by the signal, and not by the bar."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox

from .conftest import MIB, PATIENCE_SECONDS, Typed, is_there, parts_sent, until_parts

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

UPLOAD = ("-m", "oss_jupyter", "upload", "trips.bin", "oss://test-bucket/k", "--part-size", "1MiB", "--parallel", "2")
PARTS = 8
# What a terminal emulator does before it runs a command: the one at stdin becomes that of the session.
IN_IT = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, *command: str) -> None:
        self._master, slave = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", IN_IT, *command], stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
        os.close(slave)

    def until(self, sign: str) -> None:
        """Read what is shown, until a sign is there."""
        seen, until = b"", time.monotonic() + PATIENCE_SECONDS
        while sign.encode() not in seen and time.monotonic() < until:
            seen += os.read(self._master, 65536)
        assert sign.encode() in seen

    def close(self) -> int:
        """Close the window, and return what the command has ended with."""
        os.close(self._master)
        return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Open terminals; what still runs there at the end of the test is killed."""
    opened: list[Terminal] = []

    def open_it(*command: str) -> Terminal:
        opened.append(Terminal(*command))
        return opened[-1]

    yield open_it
    for one in opened:
        one.process.kill()
        one.process.wait()


def test_an_upload_is_paused(
    terminal: Callable[..., Terminal], run: Callable[..., Typed], service: Sandbox, data: Path
) -> None:
    """It ends with the status of a signal, and the same command sends only what was not in OSS."""
    service.rate_bytes_per_second = 2 * MIB
    window = terminal(sys.executable, *UPLOAD)
    window.until("MiB/s")
    until_parts(service, 2)
    assert window.close() == 129
    service.rate_bytes_per_second = None
    service.clear_requests()
    assert run(*UPLOAD[2:]).status == 0
    assert parts_sent(service) <= PARTS - 2
    assert is_there(service, data)


def test_an_upload_goes_on_that_was_told_to(
    terminal: Callable[..., Terminal], run: Callable[..., Typed], service: Sandbox, data: Path
) -> None:
    """Behind nohup it has nowhere to draw any more, and comes to a good end."""
    service.rate_bytes_per_second = 2 * MIB
    window = terminal("sh", "-c", 'trap "" HUP; exec "$0" "$@"', sys.executable, *UPLOAD)
    window.until("MiB/s")
    assert window.close() == 0
    assert is_there(service, data)


def test_it_is_told_twice(begin: Callable[..., Typed], service: Sandbox, data: Path) -> None:
    """A shell tells its commands before it goes, and the system tells them again: that is no second signal."""
    service.rate_bytes_per_second = MIB
    upload = begin(*UPLOAD[2:])
    until_parts(service, 2)
    upload.process.send_signal(signal.SIGHUP)
    time.sleep(0.05)  # two at once would be seen as one
    upload.signal(signal.SIGHUP)
    assert upload.status == 129
    assert "Carry on with: oss-jupyter resume " in upload.err
