"""``make campaign MINUTES=10``: uploads under fire until the time is over, and then the figures.

``make campaign ARGS="--dataset 5000 --kills 20"``: one dataset, killed so often.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from tests.demo import jupyter_home

from .dataset import endure_dataset
from .hazards import draw
from .ordeal import Outcome, endure


def main() -> int:
    """Run uploads until the time is over; return 1 where one did not end as it should."""
    options = _options()
    print(f"seed {options.seed}; the same seed draws the same uploads, kills and faults", flush=True)
    until = time.monotonic() + 60 * options.minutes
    seeds = count(options.seed)
    cache = Path(__file__).resolve().parents[2] / ".cache"
    cache.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="campaign-", dir=cache) as folder, jupyter_home(Path(folder)):
        if options.dataset:
            fate = endure_dataset(options.dataset, options.kills, options.seed, Path(folder))
            print(fate.table(), *fate.problems(), sep="\n")
            return 1 if any(fate.problems()) else 0

        def work() -> list[Outcome]:
            outcomes = []
            while time.monotonic() < until:
                outcomes.append(_one(next(seeds), Path(folder)))
            return outcomes

        with ThreadPoolExecutor(options.at_once) as pool:
            workers = [pool.submit(work) for _ in range(options.at_once)]
            outcomes = [outcome for worker in workers for outcome in worker.result()]
    print("\n" + table(outcomes))
    return 1 if any(outcome.problems for outcome in outcomes) else 0


def table(outcomes: Iterable[Outcome]) -> str:
    """Return the figures as Markdown."""
    all_of_them = list(outcomes)
    kills = sum(one.kernel_kills + one.helper_kills for one in all_of_them)
    rows = {
        "uploads": len(all_of_them),
        "of these with a key that has only `oss:PutObject`": sum(one.hazards.only_put for one in all_of_them),
        "of these from a file that was rewritten between kernels": sum(one.hazards.rewrites for one in all_of_them),
        "kernels killed": sum(one.kernel_kills for one in all_of_them),
        "helpers killed": sum(one.helper_kills for one in all_of_them),
        "requests that a fault hit": sum(one.faults for one in all_of_them),
        "objects compared, and identical": sum(one.identical for one in all_of_them),
        "parts that arrived": sum(one.parts_sent for one in all_of_them),
        "parts that arrived twice": sum(one.sent_again for one in all_of_them),
        "the same for each kill": f"{sum(one.sent_again for one in all_of_them) / max(1, kills):.2f}",
        "kernels in which the upload failed, and the next went on": sum(one.failed_lives for one in all_of_them),
        "of these with an outcome that was told as unknown": sum(one.unknown for one in all_of_them),
        "parts left in OSS": sum(one.parts_left for one in all_of_them),
        "empty upload ids left in OSS": sum(one.ids_left for one in all_of_them),
        "uploads with something that should not be": sum(bool(one.problems) for one in all_of_them),
    }
    lines = [f"| {what} | {figure if isinstance(figure, str) else f'{figure:,}'} |" for what, figure in rows.items()]
    return "\n".join(["| What | Figure |", "| --- | --- |", *lines])


def _one(seed: int, folder: Path) -> Outcome:
    hazards = draw(seed)
    with tempfile.TemporaryDirectory(prefix=f"upload-{seed}-", dir=folder, ignore_cleanup_errors=True) as home:
        outcome = endure(hazards, Path(home))
    said = "; ".join(outcome.problems) or "identical"
    print(
        f"{seed}: {hazards.parts} parts, {outcome.kernel_kills} kernels and {outcome.helper_kills} helpers killed, "
        f"{outcome.faults} faults, {outcome.sent_again} parts twice, {outcome.seconds:.0f} s: {said}",
        flush=True,
    )
    return outcome


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make campaign")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    parser.add_argument("--at-once", type=int, default=2, help="uploads beside each other")
    parser.add_argument("--dataset", type=int, default=0, help="files of one dataset, instead of uploads of one file")
    parser.add_argument("--kills", type=int, default=20, help="of the dataset's kernels and helpers")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
