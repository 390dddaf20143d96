"""One dataset whose kernel or helper is killed again and again, and what came of it. The sandbox counts."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oss_jupyter.model.sizes import KIB, MIB
from oss_jupyter.sandbox import Key, Sandbox
from tests.demo import Kernel, kernel_environment

from .ordeal import BUCKET, kill_helpers, until_quiet

_KEY = Key("campaign-key-id", "campaign-key-secret")
_SMALL_BYTES, _LARGE_BYTES, _LARGE_FILES = 20 * KIB, 8 * MIB, 6
_PART = 256 * KIB
_SMALL_PARALLEL = 8
# Connections of a kernel: of small files, and the others for parts of large ones.
_ON_THE_WIRE_MOST = _SMALL_PARALLEL + 16
_ODD = ("a b", "a+b", "100%", "#1", "日本", "🎈", "e\u0301", "new\nline")
_LATENCY_SECONDS = 0.01
_LOOK_SECONDS = 0.005
_PATIENCE_SECONDS = 120.0


@dataclass
class Fate:
    """What came of it: how often what was killed, what arrived, arrived twice, differs, and was left."""

    files: int
    kernel_kills: int = 0
    helper_kills: int = 0
    arrived: int = 0
    again: int = 0
    different: int = 0
    ids_left: int = 0
    checkpoints_left: int = 0
    seconds: float = 0.0

    def problems(self) -> Iterator[str]:
        """Yield whatever should not be."""
        if self.different:
            yield f"{self.different} objects are not their files"
        if self.again > (self.kernel_kills + self.helper_kills) * _ON_THE_WIRE_MOST:
            yield f"{self.again} files or parts arrived twice"
        if self.ids_left or self.checkpoints_left:
            yield f"{self.ids_left} upload ids and {self.checkpoints_left} checkpoints are left"

    def table(self) -> str:
        """Return the figures as Markdown."""
        rows = {
            "files of the dataset": self.files,
            "kernels killed": self.kernel_kills,
            "helpers killed": self.helper_kills,
            "files and parts that arrived": self.arrived,
            "files and parts that arrived twice": self.again,
            "objects that are not their files": self.different,
            "upload ids left in OSS": self.ids_left,
            "checkpoints left": self.checkpoints_left,
            "seconds": round(self.seconds),
        }
        return "\n".join(["| What | Figure |", "| --- | --- |", *(f"| {what} | {n:,} |" for what, n in rows.items())])


def endure_dataset(files: int, kills: int, seed: int, home: Path) -> Fate:
    """Carry a dataset of so many files through so many kills, at moments that belong to the seed."""
    began, dice, fate = time.monotonic(), random.Random(seed), Fate(files)
    contents = _write(home / "data", files, dice)
    moments = sorted(dice.sample(range(1, files), kills))
    with Sandbox(home / "sandbox", keys=[_KEY]) as sandbox:
        sandbox.create_bucket(BUCKET)
        sandbox.latency_seconds = _LATENCY_SECONDS
        while not _live(sandbox, home, moments, dice, fate):
            until_quiet(sandbox)
        arrived = _arrived(sandbox)
        fate.arrived, fate.again = arrived.total(), arrived.total() - len(arrived)
        fate.different = sum(not _same(sandbox, key, content) for key, content in contents.items())
        fate.ids_left = len(sandbox.uploads(BUCKET))
    fate.checkpoints_left = sum(path.suffix in (".dataset", ".files", ".journal") for path in home.rglob("state/**/*"))
    fate.seconds = time.monotonic() - began
    return fate


def _write(folder: Path, files: int, dice: random.Random) -> dict[str, bytes]:
    contents = {f"d{n // 100:03}/{_ODD[n % len(_ODD)]} {n}": dice.randbytes(_SMALL_BYTES) for n in range(files)}
    contents |= {f"d{n:03}/large": dice.randbytes(_LARGE_BYTES) for n in range(_LARGE_FILES)}
    for key, content in contents.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return contents


def _live(sandbox: Sandbox, home: Path, moments: list[int], dice: random.Random, fate: Fate) -> bool:
    """Give it one kernel; return whether it came to its end there."""
    with Kernel(home, kernel_environment(sandbox, _KEY, home)) as kernel:
        kernel.run("%load_ext oss_jupyter\n%config OssJupyter.helper = 'always'")
        kernel.run(f"%oss_upload data oss://{BUCKET}/raw/ --part-size {_PART} --parallel {_SMALL_PARALLEL}")
        while moments:
            _wait_for(sandbox, moments.pop(0))
            if dice.random() < 0.5:
                kernel.kill()
                fate.kernel_kills += 1
                return False
            fate.helper_kills += _kill_helper(kernel.pid)
        kernel.run("import oss_jupyter; oss_jupyter.transfers()[-1].result().raise_for_failed()")
        return True


def _wait_for(sandbox: Sandbox, arrived: int) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while len(sandbox.requests) < arrived and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)


def _kill_helper(pid: int) -> int:
    """Kill the helper of a kernel as soon as there is one; return 1, or 0 where none ever came."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while not (killed := kill_helpers(pid)) and time.monotonic() < until:
        time.sleep(_LOOK_SECONDS)
    return killed


def _arrived(sandbox: Sandbox) -> Counter[tuple[str | None, int | None]]:
    """How often each small file and each part arrived whole, answered or not."""
    ours = (one for one in sandbox.requests if one.operation in ("PutObject", "UploadPart"))
    whole = (one for one in ours if one.status in (200, None) and str(one.body_bytes) == one.headers["content-length"])
    return Counter((one.key, one.part_number) for one in whole)


def _same(sandbox: Sandbox, key: str, content: bytes) -> bool:
    path = sandbox.object_path(BUCKET, f"raw/{key}")
    return path.is_file() and path.read_bytes() == content
