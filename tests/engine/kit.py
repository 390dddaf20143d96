"""Kernels for tests: the real rooms wired together, the sandbox for a service, and no waiting between attempts."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from oss_jupyter.engine.coordinator import TransferCoordinator
from oss_jupyter.engine.lanes import ThreadLane
from oss_jupyter.engine.manager import Manager, start_job
from oss_jupyter.engine.spec import TransferSpec
from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.engine.transfer_queue import TransferQueue
from oss_jupyter.model.record import CheckpointRecord, read_journal
from oss_jupyter.model.states import State
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.sandbox import Sandbox
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.wiring import Wiring

KEY = ("test-key-id", "test-key-secret")
BUCKET, OBJECT = "test-bucket", "data/big.bin"
URL = f"oss://{BUCKET}/{OBJECT}"
PART = 100 * 1024
LONG_SECONDS = 60.0  # of patience with a busy machine; nothing here takes as long


def alone(spec: TransferSpec, state: State = State.QUEUED) -> Transfer:
    """Return an upload with a queue of its own."""
    return Transfer(TransferCoordinator(spec, TransferQueue(start_job), state))


def make_file(path: Path, size: int, seed: int = 1) -> Path:
    """Write a file of random bytes, the same ones for the same seed."""
    path.write_bytes(random.Random(seed).randbytes(size))
    return path


def until(condition: Callable[[], Any], what: str) -> None:
    """Return once the condition holds; fail after a long time."""
    deadline = time.monotonic() + LONG_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.002)


def children_named(word: str, parent: int) -> list[int]:
    """Return the children of a process that have this word in their command."""
    listing = subprocess.run(["ps", "-wweo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in listing.splitlines()[1:])
    return [int(pid) for pid, ppid, arguments in rows if int(ppid) == parent and word in arguments]


_SPEC_FIELDS = ("store", "control", "send_part", "read_again", "clock", "policy", "lane")


class Kernel:
    """What one kernel has: its own manager and lane, and no memory of the kernels before it."""

    def __init__(self, endpoint: str, checkpoints: Path) -> None:
        settings = OssJupyter(
            region="cn-hangzhou",
            endpoint=endpoint,
            part_size="100KiB",
            parallel=4,
            retries=2,
            checkpoint_dir=str(checkpoints),
        )
        self.wiring = Wiring(settings)
        self.manager = Manager()
        self.lane = ThreadLane()

    def spec(self, source: Path, target: str = URL, *, base_seconds: float = 0.0, **arguments: Any) -> TransferSpec:
        """Return a spec as a notebook would make it; what a TransferSpec has as a field may be given directly."""
        fields = {name: arguments.pop(name) for name in _SPEC_FIELDS if name in arguments}
        spec = self.wiring.spec(source, target, UploadArguments.of(**{"credentials": KEY, **arguments}))
        policy = replace(spec.policy, base_seconds=base_seconds)
        return replace(spec, **{"lane": self.lane, "policy": policy, **fields})

    def upload(self, source: Path, target: str = URL, **arguments: Any) -> Transfer:
        """Start, attach to or resume an upload."""
        return self.manager.upload(self.spec(source, target, **arguments))

    def close(self) -> None:
        """Stop everything, as a kernel does that is asked to go."""
        self.manager.pause_all(5.0)
        self.lane.close()


class Process:
    """A kernel in a process of its own, for killing: it runs a plain script that uploads one file."""

    def __init__(self, script: Path, sandbox: Sandbox, source: Path, checkpoints: Path, **arguments: Any) -> None:
        script.write_text(_SCRIPT, encoding="utf-8")
        given = {
            "credentials": KEY,
            "endpoint": sandbox.endpoint,
            "region": "cn-hangzhou",
            "part_size": PART,
            "parallel": 4,
            "checkpoint_dir": str(checkpoints),
            **arguments,
        }
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(source), URL, json.dumps(given)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "OSS_JUPYTER_STATE_DIR": str(script.parent)},
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.ended:
            self.kill()

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._process.poll() is not None

    def freeze(self) -> None:
        """Let it stand still, like a kernel that gets no turn; its helper goes on."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it with SIGKILL, which it cannot notice, and wait until what it started has noticed."""
        started = [] if self.ended else psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        self._process.communicate()
        psutil.wait_procs(started, timeout=30)

    def result(self) -> dict[str, Any]:
        """Wait for the end and return the receipt it printed."""
        printed, _ = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, printed
        return dict(json.loads(printed.splitlines()[-1]))


# No `if __name__ == "__main__"` guard: whatever the engine starts must not run the script again.
_SCRIPT = """\
import dataclasses, json, sys
import oss_jupyter as oj

given = json.loads(sys.argv[3])
oj.settings().helper = given.pop("helper", "auto")
receipt = oj.upload(sys.argv[1], sys.argv[2], **given).result()
print(json.dumps(dataclasses.asdict(receipt)))
"""


def sent_parts(sandbox: Sandbox, status: int | None = 200) -> list[int]:
    """Return the part numbers that were sent and answered so, in order."""
    return [
        request.part_number or 0
        for request in sandbox.requests
        if request.operation == "UploadPart" and request.status == status
    ]


def operations(sandbox: Sandbox) -> list[str]:
    """Return the names of the finished requests, in order."""
    return [request.operation for request in sandbox.requests]


def stored(sandbox: Sandbox, key: str = OBJECT) -> bytes:
    """Return the bytes of the finished object."""
    return sandbox.object_path(BUCKET, key).read_bytes()


def listed(sandbox: Sandbox) -> set[int]:
    """Return the numbers of the parts that the service holds, of all unfinished uploads."""
    return {
        part.number
        for upload in sandbox.uploads(BUCKET)
        for part in sandbox.parts(BUCKET, upload.key, upload.upload_id)
    }


def journal_of(checkpoints: Path) -> CheckpointRecord:
    """Return what the only journal says."""
    (path,) = checkpoints.glob("*.journal")
    return read_journal(path.read_bytes())


def reach(transfer: Transfer, *states: State) -> None:
    """Return once the transfer is in one of the states."""
    until(lambda: transfer.state in states, f"{transfer.id} is {' or '.join(states)}")


def repeated(numbers: Iterable[int]) -> list[int]:
    """Return the numbers that occur again, as often as they do."""
    seen: set[int] = set()
    again: list[int] = []
    for number in numbers:
        (again.append if number in seen else seen.add)(number)
    return again
