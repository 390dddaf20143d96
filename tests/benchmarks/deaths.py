"""What SIGKILL costs: a helper's during an upload, and a kernel's."""

from __future__ import annotations

import filecmp
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

from oss_jupyter.sandbox import Key, Sandbox

from .clients import BUCKET, KEYS, Job
from .harness import MIB, PARALLEL, PART_BYTES, Setup, make_file, make_sparse_file, wait_until_gone
from .promises import Promise, at_most
from .sink.launch import running_sink
from .tables import LIMITED
from .victim import helpers, victim

_KILLS = 5
_KILLED_PART_BYTES = 1 * MIB
_KILLED_PARTS = 96
_SANDBOX_RATE_BYTES = 24 * MIB
# How long a helper may take to be there, and an upload to go on.
_PATIENCE_SECONDS = 30.0
_SHARED_MEMORY = Path("/dev/shm")


def helper_killed(setup: Setup) -> Iterator[Promise]:
    """Kill the helper five times during one upload to a server that checks everything and keeps the bytes."""
    what = f"helper killed {_KILLS} times"
    path = make_file(setup.folder / "file.bin", _KILLED_PARTS * _KILLED_PART_BYTES)
    checkpoints, temporary = _folders(setup)
    keys = [Key(*KEYS)]
    with Sandbox(setup.folder / "sandbox", keys=keys, rate_bytes_per_second=_SANDBOX_RATE_BYTES) as sandbox:
        sandbox.create_bucket(BUCKET)
        job = Job(sandbox.endpoint, None, str(path), _KILLED_PART_BYTES, PARALLEL, str(checkpoints))
        with victim(job, temporary) as process:
            killed = _kill_helpers(process, sandbox)
            if killed < _KILLS:
                yield Promise(what, "finishes, byte-identical", f"only {killed} could be killed", None)
                return
            said, complaint = process.communicate(timeout=_PATIENCE_SECONDS)
        receipt = json.loads(said.splitlines()[-1]) if process.returncode == 0 else None
        same = receipt is not None and filecmp.cmp(path, sandbox.object_path(BUCKET, job.key), shallow=False)
        setup.say(f"{what}: {'finished' if receipt else complaint[-500:]}")
        arrived = [one.part_number for one in sandbox.requests if one.operation == "UploadPart" and one.status == 200]
    yield Promise(what, "finishes, byte-identical", "identical" if same else "not identical", same)
    again = len(arrived) - len(set(arrived))
    yield at_most(f"{what}: parts that arrived and were sent again", again, _KILLS * PARALLEL)


def kernel_killed(setup: Setup) -> Iterator[Promise]:
    """Kill the kernel in mid-upload and look at what is left of it."""
    path = make_sparse_file(setup.folder / "file.bin", 64 * PART_BYTES)
    checkpoints, temporary = _folders(setup)
    before = _names(_SHARED_MEMORY)
    with running_sink(setup.folder, LIMITED) as sink:
        job = Job(sink.endpoint, None, str(path), PART_BYTES, PARALLEL, str(checkpoints))
        with victim(job, temporary) as process:
            _until(lambda: sink.counters.body_bytes() > PART_BYTES, "bytes were on the wire")
            pids = helpers(process)
            killed_at = time.monotonic()
            process.kill()
            process.wait()
            wait_until_gone(pids)
            seconds = time.monotonic() - killed_at
    left = [*(_names(_SHARED_MEMORY) - before), *_names(temporary)]
    setup.say(f"kernel killed: its {len(pids)} helpers were gone after {seconds:.2f} s, {len(left)} files are left")
    yield at_most(f"kernel killed: its helpers ({len(pids)}) are gone after", seconds, 2, " s")
    yield Promise(
        "kernel killed: left in /dev/shm or the temp folder", "nothing", ", ".join(left) or "nothing", not left
    )


def _kill_helpers(process: Popen[str], sandbox: Sandbox) -> int:
    """Kill one helper after the other, at moments spread over the upload; return how many there were."""
    moments = random.Random(4)
    killed = 0
    for number in range(_KILLS):
        arrived = number * _KILLED_PARTS // (_KILLS + 1) + moments.randint(2, 8)
        _until(lambda: len(sandbox.requests) >= arrived or process.poll() is not None, "some parts have arrived")  # noqa: B023
        if number:
            _until(lambda: process.poll() is not None or helpers(process), "another helper was there")
        for pid in helpers(process) if process.poll() is None else ():
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


def _folders(setup: Setup) -> tuple[Path, Path]:
    folders = setup.folder / "checkpoints", setup.folder / "temporary"
    for folder in folders:
        folder.mkdir(exist_ok=True)
    return folders


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited in vain until {what}")
        time.sleep(0.005)
