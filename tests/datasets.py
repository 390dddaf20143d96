"""Datasets by hand, for tests of what is shown of them: snapshots, receipts, and names that nobody expects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from oss_jupyter.model.compare import Why
from oss_jupyter.model.dataset import Action, FailedFile, FileOnTheWire, FilesView
from oss_jupyter.model.dataset_plan import DatasetPlan, PlanBuilder
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.planned_rows import PlannedFile
from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.sizes import GIB, KIB, MIB
from oss_jupyter.model.states import State
from oss_jupyter.model.target import Target

EVIL = '<img src=x onerror="alert(1)">&'
ODD = (
    "a b+c%20#?.csv",
    "'\"`.csv",
    "🌧️.csv",
    "e\u0301.csv",
    "a\nb.csv",
    "\x1b[31mred.csv",
    "caf\udce9.csv",
    "n" * 255,
    "\u202egpj.exe",
    "a\u2028b\ufeff.csv",
)


def a_view(**changes: Any) -> FilesView:
    """A dataset of 88,740 files on its way."""
    view = FilesView(
        total=88_740,
        sent=10_000,
        kept=2_000,
        skipped=403,
        skipped_bytes=GIB,
        files_per_second=412.4,
        on_the_wire=(FileOnTheWire("raw/big.bin", 512 * MIB, 128 * MIB, "k5ffjj44"), FileOnTheWire("raw/0.bin", 0, 0)),
    )
    return replace(view, **changes)


def a_dataset(state: State = State.RUNNING, view: FilesView | None = None, **changes: Any) -> Snapshot:
    """The snapshot of one."""
    now = Snapshot(
        "k5ffjj43",
        "data/2026-*/**/*.parquet",
        Target("bucket", "raw/"),
        state,
        total_bytes=52 * GIB,
        shown_bytes=int(31.2 * GIB),
        kept_bytes=10 * GIB,
        confirmed_bytes=21 * GIB,
        bytes_per_second=84 * MIB,
        left_seconds=190.0,
        elapsed_seconds=300.0,
        checkpoint="/state/k5ffjj43.dataset",
        files=view or a_view(),
    )
    return replace(now, **changes)


def failures(count: int) -> tuple[FailedFile, ...]:
    """So many files that failed, each with a reason."""
    return tuple(FailedFile(f"data/{n}.csv", f"raw/{n}.csv", "AccessDenied", f"Reason {n}.") for n in range(count))


def a_receipt(**changes: Any) -> DatasetReceipt:
    """The receipt of a dataset of which three files failed."""
    receipt = DatasetReceipt(
        "k5ffjj43",
        "oss://bucket/raw/",
        sent=80_000,
        sent_bytes=40 * GIB,
        kept=1_000,
        kept_bytes=GIB,
        skipped=7_737,
        skipped_bytes=11 * GIB,
        failed=3,
        failed_bytes=3 * KIB,
        seconds=612.0,
        retries=5,
        failures=failures(3),
    )
    return replace(receipt, **changes)


def a_plan(files: int = 40, begin: Any = None) -> DatasetPlan:
    """A plan with a bit of everything: every fourth file is there, every tenth cannot be sent, the last is large."""
    builder = PlanBuilder("oss://bucket/raw/", "data/", begin=begin)
    for number in range(files - 1):
        name, time = f"class_{number // 1000:03d}/img_{number:07d}.jpg", 1_790_000_000_000_000_000 + number * 7_919_123
        path, size = f"/home/somebody/projects/data/{name}", 5_000 + number * 7_919 % 30_000
        if number % 10 == 9:
            builder.add(PlannedFile(path, f"raw/{name}", 0, Action.CANNOT, "unreadable"))
        elif number % 4 == 3:
            builder.add(PlannedFile(path, f"raw/{name}", size, Action.SKIP, Why.SAME_BYTES.key, time))
        else:
            builder.add(PlannedFile(path, f"raw/{name}", size, Action.SEND, Why.NEW.key, time))
    builder.add(PlannedFile("/mnt/z.bin", "raw/z.bin", 20 * MIB, Action.RESUME, "unfinished", 1))
    return builder.plan(lists=1)


def odd_plan(*names: str) -> DatasetPlan:
    """A plan of files that are called so, source and target as well."""
    builder = PlanBuilder(f"oss://bucket/{names[0]}/", names[0])
    for name in names:
        builder.add(PlannedFile(f"/data/{name}", name, 3, Action.SEND, Why.NEW.key, 1))
        builder.add(PlannedFile(f"/{name}/other", name, 3, Action.CANNOT, name))
    return builder.plan()
