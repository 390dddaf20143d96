"""Starts a sink in a process of its own and ends it again."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import trustme

from .counters import Counters
from .server import WaitingList

# A slow line may need a second for what is left in the buffers of both sides.
_QUIET_SECONDS = 20.0


@dataclass(frozen=True)
class Sink:
    """A running sink. `path` is where its counters lie; `ca_bundle` is what a client has to trust, None without TLS."""

    endpoint: str
    counters: Counters
    path: Path
    ca_bundle: Path | None

    def clear(self) -> None:
        """Begin to count anew, once what the last client left in the buffers has been taken."""
        until = time.monotonic() + _QUIET_SECONDS
        while self.counters.open_connections():
            if time.monotonic() > until:
                raise RuntimeError("connections of the run before are still open")
            time.sleep(0.01)
        self.counters.clear()


@contextmanager
def running_sink(folder: Path, line: WaitingList, *, tls: bool = False) -> Iterator[Sink]:
    """Run a sink as long as the block lasts; its files lie in `folder`."""
    ca_bundle = folder / "ca.pem" if tls else None
    if ca_bundle:
        line = replace(line, certificate=_certificate(folder, ca_bundle))
    path = folder / "counters"
    Counters.create(path)
    options = [f"--counters={path}", f"--latency-seconds={line.latency_seconds}"]
    options += [f"--rate-bytes={line.rate_bytes}"] if line.rate_bytes else []
    options += [f"--certificate={line.certificate}"] if line.certificate else []
    options += [f"--stored={line.stored}"] if line.stored else []
    command = [sys.executable, "-m", "tests.benchmarks.sink", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            yield Sink(f"{'https' if tls else 'http'}://127.0.0.1:{port}", Counters(path), path, ca_bundle)
        finally:
            process.stdin.close()


def _certificate(folder: Path, ca_bundle: Path) -> Path:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(ca_bundle))
    path = folder / "server.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(str(path))
    return path
