"""A kernel for killing: ``python -m tests.benchmarks.victim`` reads a Job and prints a receipt."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from subprocess import PIPE, Popen

import psutil

from .clients import Job, environment, oss_jupyter


@contextmanager
def victim(job: Job, folder: Path) -> Iterator[Popen[str]]:
    """Run an upload in a process whose temporary files lie in `folder`; kill what is left of it at the end."""
    env = {**environment(job.ca_bundle), "TMPDIR": str(folder)}
    command = [sys.executable, "-m", "tests.benchmarks.victim"]
    with Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, text=True, env=env) as process:
        assert process.stdin is not None
        process.stdin.write(json.dumps(asdict(job)))
        process.stdin.close()
        process.stdin = None  # so that communicate() does not close it again
        try:
            yield process
        finally:
            process.kill()


def helpers(process: Popen[str]) -> list[int]:
    """Return the process ids of what it has started."""
    return [child.pid for child in psutil.Process(process.pid).children(recursive=True)]


def main() -> None:
    """Upload, and print what became of it."""
    upload = oss_jupyter()
    receipt = upload(Job(**json.load(sys.stdin))).result()
    print(json.dumps(asdict(receipt)), flush=True)


if __name__ == "__main__":
    main()
