"""The project's local OSS in a process of its own: ``python -m tests.benchmarks.keeper FOLDER``.

It prints where it is; for each line on standard input, how many requests of which kind there were since the last one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oss_jupyter.sandbox import Key, Sandbox

from .clients import BUCKET, KEYS


class Keeper:
    """A running one, as whoever measures sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.endpoint: str = self._line()

    def requests(self) -> Counter[str]:
        """Return how many requests of each kind came since this was asked for the last time."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Counter(json.loads(self._line()))

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def running_keeper(folder: Path) -> Iterator[Keeper]:
    """Run one as long as the block lasts; objects lie in `folder`."""
    command = [sys.executable, "-m", "tests.benchmarks.keeper", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        try:
            yield Keeper(process)
        finally:
            process.stdin.close()


def main() -> None:
    """Serve until standard input ends."""
    with Sandbox(Path(sys.argv[1]), keys=[Key(*KEYS)]) as sandbox:
        sandbox.create_bucket(BUCKET)
        print(sandbox.endpoint, flush=True)
        counted = 0
        for _ in sys.stdin:
            requests = sandbox.requests[counted:]
            counted += len(requests)
            print(json.dumps(Counter(one.operation for one in requests)), flush=True)


if __name__ == "__main__":
    main()
