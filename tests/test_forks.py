"""Forked processes: each starts anew, whatever its parent was doing, and leaves alone what is its parent's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox

from .engine.kit import KEY, PART, children_named, make_file, sent_parts, stored, until

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")

# Python 3.12 and newer warn of forks beside threads, which is what these are about.
_BEGINNING = """
import json, multiprocessing, os, signal, sys, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)
import oss_jupyter as oj

GIVEN, FOLDER = json.loads(sys.argv[1]), sys.argv[2]
fork = multiprocessing.get_context("fork")

def upload(name, **more):
    return oj.upload(f"{FOLDER}/{name}", f"oss://test-bucket/{name}", **GIVEN, **more)

def send(name):
    return upload(name).result(60).size

def forked(work):
    # A child as os.fork makes it, which ends like any Python; return its exit code.
    child = os.fork()
    if child == 0:
        work()
        sys.exit(0)
    return child

def code_of(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


class Folder:
    """Files to send, and programs that send them."""

    def __init__(self, path: Path, sandbox: Sandbox) -> None:
        self.path = path
        self.names = [f"f{number}.bin" for number in range(4)]
        for number, name in enumerate(self.names):
            make_file(path / name, 3 * PART, seed=number)
        make_file(path / "large.bin", 24 * PART, seed=9)
        self._given = json.dumps(
            {
                "credentials": KEY,
                "endpoint": sandbox.endpoint,
                "region": "cn-hangzhou",
                "part_size": PART,
                "checkpoint_dir": str(path / "checkpoints"),
            }
        )

    def start(self, program: str) -> subprocess.Popen[str]:
        """Start a program in a session of its own."""
        script = self.path / "program.py"
        script.write_text(_BEGINNING + program)
        return subprocess.Popen(
            [sys.executable, str(script), self._given, str(self.path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OSS_JUPYTER_STATE_DIR": str(self.path / "state")},
        )

    def run(self, program: str) -> str:
        """Run a program to its end and return what it printed."""
        process = self.start(program)
        try:
            printed, complaints = process.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        assert process.returncode == 0, complaints
        assert complaints == ""
        return printed

    def is_stored(self, sandbox: Sandbox, *names: str) -> bool:
        """Whether the objects are the files."""
        return all(stored(sandbox, name) == (self.path / name).read_bytes() for name in names)


@pytest.fixture
def folder(tmp_path: Path, sandbox: Sandbox) -> Folder:
    """A folder with files to send."""
    return Folder(tmp_path, sandbox)


@pytest.mark.parametrize("helper", ["never", "always"])
def test_workers_of_a_pool_upload(folder: Folder, sandbox: Sandbox, helper: str) -> None:
    """After an upload in the parent, each worker of a forked pool uploads, and so does the parent afterwards."""
    printed = folder.run(
        f"oj.settings().helper = {helper!r}\n"
        "send('f3.bin')\n"
        "with fork.Pool(3) as pool: print(pool.map(send, ['f0.bin', 'f1.bin', 'f2.bin'], chunksize=1))\n"
        "send('large.bin')\n"
    )
    assert json.loads(printed) == [3 * PART] * 3
    assert folder.is_stored(sandbox, *folder.names, "large.bin")


@pytest.mark.parametrize("helper", ["never", "always"])
def test_a_fork_in_mid_upload(folder: Folder, sandbox: Sandbox, helper: str) -> None:
    """A child that is forked while the parent sends uploads a file of its own and ends; the parent's goes on."""
    sandbox.rate_bytes_per_second = 24 * PART
    folder.run(
        f"oj.settings().helper = {helper!r}\n"
        "transfer = upload('large.bin', parallel=4)\n"
        "while transfer.snapshot().parts_done < 3: time.sleep(0.01)\n"
        "children = [forked(lambda name=name: send(name)) for name in ['f0.bin', 'f1.bin']]\n"
        "assert [code_of(child) for child in children] == [0, 0]\n"
        "assert transfer.result(60).retries == 0\n"
    )
    assert folder.is_stored(sandbox, "large.bin", "f0.bin", "f1.bin")
    assert not list((folder.path / "checkpoints").glob("*.journal"))


def test_a_child_leaves_the_parents_upload_alone(folder: Folder, sandbox: Sandbox) -> None:
    """A child neither waits for its parent's upload nor stops it nor takes its checkpoint, and sees that it is busy."""
    sandbox.rate_bytes_per_second = 24 * PART
    folder.run(
        "transfer = upload('large.bin', parallel=4)\n"
        "while transfer.snapshot().parts_done < 3: time.sleep(0.01)\n"
        "def look():\n"
        "    begun = time.monotonic()\n"
        "    try: send('large.bin')\n"
        "    except oj.OssJupyterError as error: assert error.code == 'TransferBusy', error\n"
        "    else: raise AssertionError('it was sent twice')\n"
        "    try: transfer.result(5)\n"
        "    except oj.OssJupyterError: pass\n"
        "    assert time.monotonic() - begun < 20\n"
        "assert code_of(forked(look)) == 0\n"
        "receipt = transfer.result(60)\n"
        "assert receipt.retries == 0\n"
    )
    assert folder.is_stored(sandbox, "large.bin")
    assert sorted(sent_parts(sandbox)) == list(range(1, 25))


def test_a_child_that_lives_on_holds_nothing_of_a_parent_that_was_killed(folder: Folder, sandbox: Sandbox) -> None:
    """After SIGKILL to the parent its helper ends and its checkpoint is free, although a forked child goes on."""
    sandbox.rate_bytes_per_second = 12 * PART
    parent = folder.start(
        "oj.settings().helper = 'always'\n"
        "transfer = upload('large.bin', parallel=4)\n"
        "while transfer.snapshot().parts_done < 3: time.sleep(0.01)\n"
        "print(forked(lambda: time.sleep(300)), flush=True)\n"
        "transfer.result(60)\n"
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    (helper,) = children_named("oss_jupyter.engine.helper", parent.pid)
    parent.kill()
    parent.wait()
    try:
        until(lambda: not Path(f"/proc/{helper}").exists(), "the helper has gone")
        sandbox.rate_bytes_per_second = None
        assert int(folder.run("print(upload('large.bin', parallel=4).result(60).kept_bytes)")) >= 3 * PART
    finally:
        os.kill(child, signal.SIGKILL)
        parent.communicate()
    assert folder.is_stored(sandbox, "large.bin")


def test_parts_in_forked_workers(folder: Folder, sandbox: Sandbox) -> None:
    """A pool of forked processes as executor= carries the parts, after this process has sent parts itself."""
    folder.run(
        "from concurrent.futures import ProcessPoolExecutor\n"
        "send('f0.bin')\n"
        "with ProcessPoolExecutor(3, mp_context=fork) as pool: upload('large.bin', executor=pool).result(60)\n"
    )
    assert folder.is_stored(sandbox, "f0.bin", "large.bin")


def test_daemonic_workers_upload(folder: Folder, sandbox: Sandbox) -> None:
    """A worker of a data loader is a daemonic process: it uploads through a helper of its own, which ends with it."""
    folder.run(
        "import subprocess\n"
        "oj.settings().helper = 'always'\n"
        "send('f0.bin')\n"
        "def work(name, results):\n"
        "    results.put((send(name), oj.settings().helper))\n"
        "    time.sleep(300)\n"
        "results = fork.Queue()\n"
        "workers = [fork.Process(target=work, args=(name, results), daemon=True) for name in ['f1.bin', 'f2.bin']]\n"
        "for worker in workers: worker.start()\n"
        "assert sorted(results.get(timeout=60) for _ in workers) == [(307200, 'always')] * 2\n"
        "for worker in workers: worker.kill(); worker.join()\n"
    )
    assert folder.is_stored(sandbox, "f0.bin", "f1.bin", "f2.bin")


def test_forks_at_any_moment(folder: Folder, sandbox: Sandbox) -> None:
    """Children forked again and again while threads here hold locks for moments all upload, also with a callback."""
    sandbox.rate_bytes_per_second = 24 * PART
    folder.run(
        "oj.settings().limit = '4MiB/s'\n"
        "transfer = upload('large.bin', parallel=8, on_progress=lambda now: None)\n"
        "def look():\n"
        "    while not transfer.wait(0): transfer.snapshot(); oj.transfers(); oj.settings().limit = '5MiB/s'\n"
        "threading.Thread(target=look, daemon=True).start()\n"
        "def work(number):\n"
        "    seen = []\n"
        "    with open(f'{FOLDER}/s{number}.bin', 'wb') as file: file.write(bytes(1000 + number))\n"
        "    upload(f's{number}.bin', on_progress=seen.append).result(60)\n"
        "    oj.settings().limit = None\n"
        "for number in range(15):\n"
        "    code = code_of(forked(lambda number=number: work(number)))\n"
        "    assert code == 0, (number, code)\n"
        "transfer.result(60)\n"
    )
    assert folder.is_stored(sandbox, "large.bin", *(f"s{number}.bin" for number in range(15)))


def test_a_child_of_a_child(folder: Folder, sandbox: Sandbox) -> None:
    """What was forked forks again, after an upload of its own."""
    folder.run(
        "oj.settings().helper = 'always'\n"
        "def work():\n"
        "    send('f1.bin')\n"
        "    assert code_of(forked(lambda: send('f2.bin'))) == 0\n"
        "    send('f3.bin')\n"
        "send('f0.bin')\n"
        "assert code_of(forked(work)) == 0\n"
    )
    assert folder.is_stored(sandbox, *folder.names)
