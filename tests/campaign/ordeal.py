"""One upload from its first kernel to its last, and what came of it. The sandbox counts, not the uploader."""

from __future__ import annotations

import filecmp
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from oss_jupyter.sandbox import Key, Sandbox
from tests.demo import CellFailed, Kernel, kernel_environment

from .hazards import ONLY_PUT, Hazards, Kill

BUCKET, OBJECT = "campaign-bucket", "data/big.bin"
_KEY = Key("campaign-key-id", "campaign-key-secret")
# Faults may make a life fail, and the next one carries on; an upload that needs more lives than this is stuck.
_MORE_LIVES = 8
_ENDS = ("PutObject", "CompleteMultipartUpload")
_LOOK_SECONDS = 0.01
_REST_SECONDS = 30.0


@dataclass(frozen=True)
class Outcome:
    """What came of one upload.

    kernel_kills, helper_kills: processes killed. faults: requests that were hit. parts_sent: parts that arrived whole.
    sent_again: of these, parts that had arrived whole before.
    ids_left, parts_left: unfinished uploads in the bucket at the end, and parts in them. unknown: lives that ended by
    saying that the outcome is unknown. problems: whatever should not be.
    """

    hazards: Hazards
    kernel_kills: int = 0
    helper_kills: int = 0
    faults: int = 0
    failed_lives: int = 0
    unknown: int = 0
    parts_sent: int = 0
    sent_again: int = 0
    ids_left: int = 0
    parts_left: int = 0
    identical: bool = False
    seconds: float = 0.0
    problems: tuple[str, ...] = ()

    @property
    def again_at_most(self) -> int:
        """How many parts may have arrived twice: those on the wire at each kill, and those that a fault spoiled."""
        return (self.kernel_kills + self.helper_kills) * self.hazards.parallel + self.faults


@dataclass
class _Count:
    kernel_kills: int = 0
    helper_kills: int = 0
    failed_lives: int = 0
    unknown: int = 0
    problems: list[str] = field(default_factory=list)


def endure(hazards: Hazards, home: Path) -> Outcome:
    """Carry one upload through everything that is in store for it."""
    began, count = time.monotonic(), _Count()
    source = home / "big.bin"
    source.write_bytes(random.Random(hazards.seed).randbytes(hazards.size))
    key = replace(_KEY, permissions=ONLY_PUT) if hazards.only_put else _KEY
    with Sandbox(home / "sandbox", keys=[key], rate_bytes_per_second=hazards.rate_bytes_per_second) as sandbox:
        sandbox.create_bucket(BUCKET)
        done = _live(hazards, sandbox, source, home, count)
        until_quiet(sandbox)
        left = sandbox.uploads(BUCKET)
        arrived = Counter(
            one.part_number for one in sandbox.requests if one.operation == "UploadPart" and one.status == 200
        )
        identical = done and filecmp.cmp(source, sandbox.object_path(BUCKET, OBJECT), shallow=False)
        outcome = Outcome(
            hazards,
            kernel_kills=count.kernel_kills,
            helper_kills=count.helper_kills,
            faults=sandbox.faults.hits(),
            failed_lives=count.failed_lives,
            unknown=count.unknown,
            parts_sent=arrived.total(),
            sent_again=arrived.total() - len(arrived),
            ids_left=len(left),
            parts_left=sum(len(sandbox.parts(BUCKET, one.key, one.upload_id)) for one in left),
            identical=identical,
            seconds=time.monotonic() - began,
        )
    return replace(outcome, problems=(*count.problems, *_judged(outcome, home)))


def _judged(outcome: Outcome, home: Path) -> Iterator[str]:
    if not outcome.identical:
        yield "the object is not the file"
    if not outcome.hazards.rewrites and outcome.sent_again > outcome.again_at_most:
        yield f"{outcome.sent_again} parts arrived twice, {outcome.again_at_most} may"
    if outcome.parts_left:
        yield f"{outcome.parts_left} parts are left in OSS"
    journals = [path.name for path in (home / "state").rglob("*.journal")]
    if journals:
        yield f"checkpoints are left: {journals}"


def _live(hazards: Hazards, sandbox: Sandbox, source: Path, home: Path, count: _Count) -> bool:
    """Give it one kernel after another; return whether the upload ended as completed."""
    kills = list(hazards.kills)
    for life in range(len(kills) + _MORE_LIVES):
        faults = hazards.faults[life] if life < len(hazards.faults) else ()
        sandbox.faults.add(*faults)
        with Kernel(home, kernel_environment(sandbox, _KEY, home)) as kernel:
            try:
                if _one_life(kernel, hazards, sandbox, source, kills, count):
                    return True
            except CellFailed as failed:
                count.failed_lives += 1
                if not _expected(str(failed), sandbox, count):
                    count.problems.append(f"a cell failed: {failed}")
        until_quiet(sandbox)
        if hazards.rewrites and life < len(hazards.kills):
            _rewrite(source, random.Random(hazards.seed + life))
    count.problems.append("it never ended")
    return False


def _one_life(
    kernel: Kernel, hazards: Hazards, sandbox: Sandbox, source: Path, kills: list[Kill], count: _Count
) -> bool:
    """Run the cell in one kernel; return whether the upload is over, which a kill may have come too late for."""
    kernel.run("%load_ext oss_jupyter")
    kernel.run(f"%config OssJupyter.helper = {'always' if hazards.helper else 'never'!r}")
    options = f"--part-size {hazards.part_size} --parallel {hazards.parallel} --retries 6"
    kernel.run(f"%oss_upload {source.name} oss://{BUCKET}/{OBJECT} {options}")
    while kills:
        kill = kills.pop(0)
        _wait_for(kill, sandbox)
        if kill.victim == "kernel":
            kernel.kill()
            count.kernel_kills += 1
            return _is_over(sandbox, source.parent)
        count.helper_kills += kill_helpers(kernel.pid)
    kernel.run("import oss_jupyter; oss_jupyter.transfers()[-1].result()")
    return True


def _is_over(sandbox: Sandbox, home: Path) -> bool:
    """Whether the object is there and nothing remembers the upload: whoever runs the cell again wants it once more."""
    until_quiet(sandbox)
    there = any(one.key == OBJECT and one.status == 200 for one in sandbox.requests if one.operation in _ENDS)
    return there and not any((home / "state").rglob("*.journal"))


def _expected(failure: str, sandbox: Sandbox, count: _Count) -> bool:
    """Whether a cell may fail like this. An unknown outcome is told, and cleared up with one permission more."""
    if "OutcomeUnknown" in failure:
        count.unknown += 1
        sandbox.keys.put(_KEY)
        return True
    return any(code in failure for code in ("InternalError", "QpsLimitExceeded", "RequestTimeout", "NetworkError"))


def _wait_for(kill: Kill, sandbox: Sandbox) -> None:
    wanted = len(sandbox.requests) + kill.requests
    until = time.monotonic() + kill.seconds
    while time.monotonic() < until and len(sandbox.requests) < wanted:
        time.sleep(_LOOK_SECONDS)


def kill_helpers(pid: int) -> int:
    """Kill the helpers of a kernel; return how many there were."""
    helpers = [child for child in psutil.Process(pid).children() if _is_helper(child)]
    for helper in helpers:
        with suppress(ProcessLookupError):
            os.kill(helper.pid, signal.SIGKILL)
    return len(helpers)


def _is_helper(process: psutil.Process) -> bool:
    with suppress(psutil.Error):  # it has just died
        return "oss_jupyter" in " ".join(process.cmdline())
    return False


def _rewrite(source: Path, dice: random.Random) -> None:
    """Change a stretch of the file, as somebody who saves it again between two kernels."""
    size = source.stat().st_size
    with source.open("r+b") as file:
        file.seek(dice.randrange(size))
        file.write(dice.randbytes(min(size - file.tell(), dice.randint(1, 200_000))))


def until_quiet(sandbox: Sandbox) -> None:
    """Wait until nobody asks any more."""
    deadline = time.monotonic() + _REST_SECONDS
    while sandbox.active_requests and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
