"""Hundreds of uploads in one process with few descriptors: all end well, and little of them stays."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.model.budget import CONNECTIONS_MOST
from oss_jupyter.sandbox import Fault, Sandbox

from .kit import BUCKET, PART, make_file, stored

pytest.importorskip("resource")

_SCRIPT = """\
import json, os, resource, sys, threading, time
import oss_jupyter as oj

endpoint, folder, script = sys.argv[1:]
given = {"endpoint": endpoint, "region": "cn-hangzhou", "credentials": ("test-key-id", "test-key-secret")}
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
peak = {"threads": 0, "descriptors": 0}
over = threading.Event()

def used():
    return len(os.listdir("/proc/self/fd")) - 1 if os.path.isdir("/proc/self/fd") else 0

def threads():
    # But the one that listens to the helper, which stays ready.
    return sum(one.name != "oss-helper" for one in threading.enumerate())

def watch():
    while not over.wait(0.02):
        for name, now in (("threads", threads()), ("descriptors", used())):
            peak[name] = max(peak[name], now)

before = {"threads": threads(), "descriptors": used()}
threading.Thread(target=watch, daemon=True).start()
transfers = []

def upload(name, **more):
    transfers.append(oj.upload(os.path.join(folder, name), "oss://test-bucket/", **given, **more))

names = sorted(os.listdir(folder))
exec(script)
for transfer in transfers:
    transfer.result(100)
over.set()
until = time.monotonic() + 30
while time.monotonic() < until:
    after = {"threads": threads(), "descriptors": used()}
    if after["threads"] <= before["threads"] and after["descriptors"] <= before["descriptors"] + 20:
        break
    time.sleep(0.1)
print(json.dumps({"peak": peak, "before": before, "after": after}))
"""


def run(sandbox: Sandbox, folder: Path, script: str) -> dict[str, Any]:
    """Run the script in a process of its own; compare all objects with their files, and return what it measured."""
    command = [sys.executable, "-c", _SCRIPT, sandbox.endpoint, str(folder), script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder.parent, check=False)
    assert done.returncode == 0, done.stderr
    for file in folder.iterdir():
        assert stored(sandbox, file.name) == file.read_bytes()
    assert not sandbox.uploads(BUCKET)
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for files, and a place for the checkpoints of the process."""
    monkeypatch.setenv("OSS_JUPYTER_STATE_DIR", str(tmp_path / "state"))
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def fill(folder: Path, count: int, size: int = 1000) -> None:
    for number in range(count):
        make_file(folder / f"{number:03}.bin", size + number, seed=number)


def test_six_hundred_in_a_loop(sandbox: Sandbox, folder: Path) -> None:
    """With 256 descriptors, 600 small uploads begun in a loop all end well, on a few threads that are gone later."""
    fill(folder, 600)
    measured = run(sandbox, folder, "for name in names: upload(name)")
    assert measured["peak"]["threads"] < 100
    assert measured["peak"]["descriptors"] < 200
    assert measured["after"]["threads"] == measured["before"]["threads"]
    assert (
        measured["after"]["descriptors"] <= measured["before"]["descriptors"] + 60
    )  # lines that are kept, and the helper's


def test_small_and_large_ones_mixed(sandbox: Sandbox, folder: Path) -> None:
    """Of 300 uploads, every tenth of some parts, those that wait have no thread, and have places in their order."""
    fill(folder, 300)
    for number in range(0, 300, 10):
        make_file(folder / f"{number:03}.bin", 3 * PART + number, seed=number)
    sandbox.faults.add(Fault("UploadPart", "delay", seconds=4, times=8))  # none ends before the first is paused
    measured = run(
        sandbox,
        folder,
        "for name in names[::10]: upload(name, part_size='100KiB')\n"
        "large = list(transfers)\n"
        "assert sum(one.state == 'running' for one in large) <= 4\n"
        "waiting = [now.queue_place for now in (one.snapshot() for one in large) if now.state == 'queued']\n"
        "assert waiting and waiting == list(range(1, 1 + len(waiting))), waiting\n"
        "large[0].pause()\n"
        "assert large[0].wait(20)\n"
        "large[0].resume()\n"
        "for number, name in enumerate(names):\n"
        "    if number % 10: upload(name, part_size='100KiB')",
    )
    assert measured["peak"]["threads"] < 100
    assert measured["peak"]["descriptors"] < 200


def test_more_parts_at_once_than_there_are_descriptors(sandbox: Sandbox, folder: Path) -> None:
    """Of 256 parts that are wanted at once as many go as the helper has descriptors for, and all arrive."""
    with (folder / "large.bin").open("wb") as file:
        file.truncate(1029 * PART + 1)
    measured = run(
        sandbox,
        folder,
        "oj.settings().helper = 'always'\n"
        "upload('large.bin', part_size='100KiB', parallel=256)\n"
        "while transfers[0].snapshot().parts_done < 20: time.sleep(0.01)\n"
        "assert 20 < transfers[0].snapshot().parallel < 128, transfers[0].snapshot().parallel",
    )
    assert measured["peak"]["descriptors"] < 200


def test_more_uploads_than_the_helper_knows_apart(sandbox: Sandbox, folder: Path) -> None:
    """After 256 transfers the next ones take over the dials of those that have ended; 40 run at once, by one helper."""
    fill(folder, 260, PART)
    run(
        sandbox,
        folder,
        "oj.settings().helper = 'always'\n"
        "oj.settings().uploads_at_once = 40\n"
        "oj.settings().parallel_most = 256\n"
        "for name in names: upload(name, part_size='100KiB')\n"
        "for transfer in transfers: transfer.result(100)\n"
        "assert not any(transfer.snapshot().retries for transfer in transfers)\n"
        "assert not [note for transfer in transfers for note in transfer.snapshot().notes]",
    )


def test_three_hundred_that_are_resumed(sandbox: Sandbox, folder: Path) -> None:
    """All that was paused in the queue is resumed by one call."""
    fill(folder, 300)
    sandbox.faults.add(Fault("PutObject", "delay", seconds=30, times=CONNECTIONS_MOST))  # nobody ends before the pause
    measured = run(
        sandbox,
        folder,
        "for name in names: upload(name)\n"
        "for transfer in reversed(transfers): transfer.pause()\n"
        "for transfer in transfers: transfer.wait()\n"
        "assert len(oj.resume('all')) == 300",
    )
    assert measured["peak"]["threads"] < 100


def test_many_with_callbacks_and_waits(sandbox: Sandbox, folder: Path) -> None:
    """Callbacks of uploads that are queued need no threads either, and each is called at the end of its upload."""
    fill(folder, 200)
    sandbox.faults.add(Fault("PutObject", "delay", seconds=2, times=2 * CONNECTIONS_MOST))
    measured = run(
        sandbox,
        folder,
        "told = []\n"
        "for name in names: upload(name, on_progress=lambda now: told.append((now.id, str(now.state))))\n"
        "assert sum(one.name == 'oss-reporter' for one in threading.enumerate()) < 50\n"
        "for transfer in transfers: transfer.result(100)\n"
        "assert {one for one, state in told if state == 'completed'} == {one.id for one in transfers}",
    )
    assert measured["peak"]["threads"] < 130


def test_large_ones_with_many_connections(sandbox: Sandbox, folder: Path) -> None:
    """More parts under way than a process may have descriptors: fewer at once, and everything arrives."""
    fill(folder, 8, 60 * PART)
    measured = run(
        sandbox,
        folder,
        "oj.settings().uploads_at_once = 8\n"
        "oj.settings().helper = 'never'\n"
        "for name in names: upload(name, part_size='100KiB', parallel=64)",
    )
    assert measured["peak"]["descriptors"] <= 256
