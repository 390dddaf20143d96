"""The loop that sends whole small files: when it ends, how many go at once and how fast, and what it may hold."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from oss_jupyter.model.small_files import FileSent, FileToSend
from oss_jupyter.oss.send_files import send_files
from oss_jupyter.sandbox import Fault, Sandbox

from .files_kit import (
    HandDials,
    ListFeed,
    Sending,
    make_files,
    put_requests,
    route_of,
    send_all,
    until,
)

MIB = 1024 * 1024


@pytest.fixture
def many(tmp_path: Path) -> list[FileToSend]:
    """More files than go at once."""
    folder = tmp_path / "many"
    folder.mkdir()
    return make_files(folder, 200)


def test_files_that_come_later(sandbox: Sandbox, many: list[FileToSend]) -> None:
    """The sender waits for them without asking all the time, and begins when it is woken."""
    feed = ListFeed(many[:1], ended=False)
    with Sending(feed, route_of(sandbox.endpoint), HandDials()) as sending:
        assert until(lambda: len(feed.done) == 1)
        asked = feed.asked
        cpu = time.process_time()
        assert not sending.ends(1.0)
        assert feed.asked - asked < 20
        assert time.process_time() - cpu < 0.5
        feed.add(*many[1:], ended=True)
        assert sending.ends()
    assert len(feed.done) == len(many)


def test_a_feed_that_ends_while_the_sender_waits(sandbox: Sandbox) -> None:
    """It ends, too, with and without connections."""
    feed = ListFeed(ended=False)
    with Sending(feed, route_of(sandbox.endpoint), HandDials(width=0)) as sending:
        assert not sending.ends(0.3)
        feed.add(ended=True)
        assert sending.ends()


def test_a_stop_is_obeyed_within_a_second(sandbox: Sandbox, many: list[FileToSend]) -> None:
    """What is on the wire is dropped: it is told of neither as sent nor as a snag."""
    sandbox.faults.add(Fault("PutObject", "delay", seconds=30, times=None))
    feed, dials = ListFeed(many), HandDials(width=8)
    with Sending(feed, route_of(sandbox.endpoint), dials) as sending:
        assert until(lambda: sandbox.active_requests == 8)
        dials.stopped = True
        began_at = time.monotonic()
        assert sending.ends()
        assert time.monotonic() - began_at < 8
    assert (feed.done, feed.snags) == ([], [])


def test_a_stop_beside_a_handshake_that_hangs(many: list[FileToSend]) -> None:
    """Nobody waits for a connection that does not come."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        route = route_of(f"https://127.0.0.1:{silent.getsockname()[1]}")
        dials = HandDials()
        with Sending(ListFeed(many), route, dials) as sending:
            assert not sending.ends(0.3)
            dials.stopped = True
            assert sending.ends(5.0)


def test_the_width_can_be_changed(sandbox: Sandbox, many: list[FileToSend]) -> None:
    """More connections come at once, fewer when files are done; at none the sender waits."""
    feed, dials = ListFeed(many), HandDials(width=1)
    seen: list[int] = []
    sandbox.faults.add(Fault("PutObject", "delay", seconds=0.05, times=None))
    feed.on_sent = lambda _done: seen.append(sandbox.active_requests)
    with Sending(feed, route_of(sandbox.endpoint), dials) as sending:
        assert until(lambda: len(feed.done) >= 3)
        assert max(seen) <= 1
        dials.width = 8
        assert until(lambda: sandbox.active_requests >= 7)
        dials.width = 2
        assert until(lambda: sandbox.active_requests <= 2)
        before = len(feed.done)
        assert until(lambda: len(feed.done) >= before + 6)
        assert max(seen[before + 3 :]) <= 3
        dials.width = 0
        assert until(lambda: sandbox.active_requests == 0)
        assert not sending.ends(0.2)  # the last answers have been read
        rested = len(feed.done)
        assert not sending.ends(0.4)
        assert len(feed.done) == rested
        dials.width = 16
        assert sending.ends()
    assert len(feed.done) == len(many)
    assert feed.snags == []


def test_a_speed_limit_is_kept(sandbox: Sandbox, tmp_path: Path) -> None:
    """Bodies go no faster than what is granted, also with many connections, and nothing is taken for a silence."""
    files = make_files(tmp_path, 40, size=20_000)
    dials = HandDials(width=8)
    dials.rate_bytes = 400_000
    began_at = time.monotonic()
    feed = send_all(files, route_of(sandbox.endpoint, stall_seconds=1.0), dials)
    assert feed.snags == []
    assert time.monotonic() - began_at >= 40 * 20_000 / 400_000 - 0.1
    assert dials.moved_bytes == 40 * 20_000


def test_memory_is_bounded(sandbox: Sandbox, tmp_path: Path) -> None:
    """However many connections there are, the files that are read have 64 MiB together."""
    sandbox.connection_rate_bytes_per_second = 4 * MIB
    files = [replace(file, key=f"{file.number}") for file in make_files(tmp_path, 12, size=12 * MIB)]
    feed, dials = ListFeed(files), HandDials(width=12)
    with Sending(feed, route_of(sandbox.endpoint), dials):
        assert until(lambda: sandbox.active_requests == 5)
        time.sleep(0.5)
        assert sandbox.active_requests == 5


def test_what_the_feed_raises_ends_it(sandbox: Sandbox, tmp_path: Path) -> None:
    """A receipt that cannot be written must not be followed by more: the sender ends, and says why."""
    feed = ListFeed(make_files(tmp_path, 50))

    def fails(_done: FileSent) -> None:
        raise OSError("no space left")

    feed.on_sent = fails
    with pytest.raises(OSError, match="no space left"):
        send_files(feed, route_of(sandbox.endpoint), HandDials(width=1))
    assert len(feed.done) == 1
    assert len(put_requests(sandbox)) == 1


_FEW_DESCRIPTORS = """
import resource, sys
from pathlib import Path
from tests.oss.files_kit import HandDials, make_files, route_of, send_all

route = route_of(sys.argv[1])
files = make_files(Path(sys.argv[2]), 300)
send_all(files[:1], route)  # what is loaded late, is loaded
resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
feed = send_all(files, route, HandDials(width=64))
print(len(feed.done), sorted({str(why) for why in feed.whys}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_more_connections_than_descriptors(sandbox: Sandbox, tmp_path: Path) -> None:
    """Those that can be had carry all files: that one more cannot be opened is no file's fault."""
    command = [sys.executable, "-c", _FEW_DESCRIPTORS, sandbox.endpoint, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split(maxsplit=1) == ["300", "[]\n"]
