"""What a dataset costs that was there before: ``python -m tests.benchmarks.again WHAT`` reads a Job.

``upload`` uploads it once more, in a process that did nothing yet, as after a restart of the kernel; ``load`` finds
what an earlier kernel left behind, and shows it. Both print seconds and what they found, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

from .clients import Job, environment, oss_jupyter

_SECONDS = 300.0


def again(what: str, job: Job) -> dict[str, Any]:
    """Do it in a new process. Raises RuntimeError with what that said."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.again", what],
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        env={**environment(job.ca_bundle), "OSS_JUPYTER_CHECKPOINT_DIR": job.folder},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{what} again: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _upload(job: Job) -> dict[str, Any]:
    upload = oss_jupyter()
    began_at = time.monotonic()
    receipt = upload(job).result()
    seconds = time.monotonic() - began_at
    return {"seconds": seconds, "sent": receipt.sent, "skipped": receipt.skipped, "sent_bytes": receipt.sent_bytes}


def _load(job: Job) -> dict[str, Any]:
    oss_jupyter()
    import oss_jupyter as oj

    began_at = time.monotonic()
    (transfer,) = oj.transfers()
    files = transfer.snapshot().files
    shown = repr(transfer)
    assert files is not None
    return {"seconds": time.monotonic() - began_at, "done": files.done, "failed": files.failed, "shown": shown}


if __name__ == "__main__":
    given = Job(**json.load(sys.stdin))
    print(json.dumps({"upload": _upload, "load": _load}[sys.argv[1]](given)), flush=True)
