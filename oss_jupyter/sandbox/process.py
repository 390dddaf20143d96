"""The main thread of a sandbox process: serve until a signal, a request to stop, or a long silence."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from oss_jupyter.sandbox.admin import Admin
from oss_jupyter.sandbox.keys import Key
from oss_jupyter.sandbox.server import Sandbox
from oss_jupyter.sandbox.state import SandboxInfo, remove_state, state_dir, write_state
from oss_jupyter.texts import tr

_CHECK_SECONDS = 0.25  # how late an idle end may be


@dataclass(frozen=True)
class ProcessOptions:
    """What a sandbox process is started with."""

    port: int
    data_dir: Path | None  # None: a directory that is removed at the end
    buckets: Sequence[str]
    region: str
    rate_bytes_per_second: float | None
    idle_seconds: float | None  # None never ends by itself
    records_state: bool


def serve(options: ProcessOptions, announce: Callable[[SandboxInfo], None]) -> None:
    """Run a sandbox in this process and return when it has ended."""
    stopping = threading.Event()
    key = Key(f"sandbox-{secrets.token_hex(8)}", secrets.token_urlsafe(24))
    token = secrets.token_urlsafe(24)
    with contextlib.ExitStack() as stack:
        if options.records_state:
            stack.callback(remove_state, os.getpid())  # last of all: it tells that everything is gone
        stack.enter_context(_stopped_by_signals(stopping))
        data_dir = stack.enter_context(_data_dir(options.data_dir))
        sandbox = Sandbox(
            data_dir,
            keys=[key],
            region=options.region,
            port=options.port,
            rate_bytes_per_second=options.rate_bytes_per_second,
            admin=Admin(token, lambda: _status(sandbox), stopping.set, lambda *change: _change(sandbox, *change)),
        )
        stack.enter_context(sandbox)
        for bucket in options.buckets:
            sandbox.create_bucket(bucket)
        info = SandboxInfo(
            endpoint=sandbox.endpoint,
            region=options.region,
            bucket=options.buckets[0],
            access_key_id=key.access_key_id,
            access_key_secret=key.access_key_secret,
            pid=os.getpid(),
            data_dir=str(data_dir),
            admin_token=token,
        )
        if options.records_state:
            write_state(info)
        else:
            announce(info)  # a recorded sandbox writes to a log, which should hold no keys
        _wait_for_end(sandbox, stopping, options.idle_seconds)


def _wait_for_end(sandbox: Sandbox, stopping: threading.Event, idle_seconds: float | None) -> None:
    while not stopping.wait(_CHECK_SECONDS):
        if idle_seconds is not None and sandbox.idle_seconds >= idle_seconds:
            return


def _change(sandbox: Sandbox, name: str, value: str) -> None:
    if name == "rate":
        sandbox.rate_bytes_per_second = float(value)
    elif name == "bucket":
        sandbox.create_bucket(value)
    else:
        raise ValueError(tr("{name} cannot be changed while it runs", name=name))


def _status(sandbox: Sandbox) -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "requests": len(sandbox.requests),
        "active_requests": sandbox.active_requests,
        "idle_seconds": round(sandbox.idle_seconds, 1),
        "trouble": sandbox.trouble,
    }


@contextlib.contextmanager
def _data_dir(chosen: Path | None) -> Iterator[Path]:
    if chosen is not None:
        chosen.mkdir(parents=True, exist_ok=True)
        yield chosen
        return
    # Beside the state file and not in /tmp, which may be memory.
    with tempfile.TemporaryDirectory(prefix="data-", dir=state_dir(), ignore_cleanup_errors=True) as path:
        yield Path(path)


@contextlib.contextmanager
def _stopped_by_signals(stopping: threading.Event) -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
