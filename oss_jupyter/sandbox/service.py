"""A sandbox in a process of its own: start it, find it, stop it.

The state file only says where to ask. Whether a sandbox runs is decided by its answer.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock

from .admin import STATUS_PATH, STOP_PATH, TOKEN_HEADER
from .state import SandboxInfo, read_state, remove_state, state_dir, state_path

IDLE_SECONDS = 1800.0  # a forgotten sandbox ends after half an hour

_ANSWER_SECONDS = 3.0
_START_SECONDS = 30.0  # a cold interpreter on a busy machine
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05

_DETACHED_FLAGS = 0
if sys.platform == "win32":
    _DETACHED_FLAGS = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP


class SandboxStartError(RuntimeError):
    """The sandbox process ended, or did not answer in time."""


def start_detached(
    *,
    buckets: Sequence[str] = ("demo-bucket",),
    region: str = "cn-hangzhou",
    port: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    rate_bytes_per_second: float | None = None,
    idle_seconds: float = IDLE_SECONDS,
) -> SandboxInfo:
    """Return the running sandbox, or start one that outlives the caller and ends when it has been idle."""
    arguments = ["--region", region, "--port", str(port), "--idle-seconds", str(idle_seconds)]
    for bucket in buckets:
        arguments += ["--bucket", bucket]
    if data_dir is not None:
        arguments += ["--data-dir", str(Path(data_dir).resolve())]
    if rate_bytes_per_second is not None:
        arguments += ["--rate", str(int(rate_bytes_per_second))]
    with FileLock(state_dir() / "sandbox.lock"):  # two notebooks may start one at the same moment
        found = running()
        if found is not None:
            return found
        _clear_stale()
        return _spawn(arguments)


def running() -> SandboxInfo | None:
    """Return the sandbox that the state file names, if it answers."""
    info = read_state()
    if info is None:
        return None
    counts = status(info)
    return info if counts is not None and counts.get("pid") == info.pid else None


def status(info: SandboxInfo) -> dict[str, object] | None:
    """Return the counts of a running sandbox, or None if it does not answer."""
    return _ask(info, "GET", STATUS_PATH)


def stop() -> SandboxInfo | None:
    """Stop the running sandbox and return what it was, or None if there was none."""
    info = read_state()
    if info is None:
        return None
    if _ask(info, "POST", STOP_PATH) is None:
        if not _is_our_process(info.pid):
            _clear_stale()
            return None
        os.kill(info.pid, signal.SIGTERM)  # it hangs, but it is ours
    if not _wait(lambda: not state_path().exists(), _STOP_SECONDS):
        raise TimeoutError(f"the sandbox (process {info.pid}) has not stopped in {_STOP_SECONDS:.0f} s")
    return info


def _spawn(arguments: Sequence[str]) -> SandboxInfo:
    log_path = state_dir() / "sandbox.log"
    command = [sys.executable, "-m", "oss_jupyter.sandbox", "--record-state", *arguments]
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=state_dir(),
            start_new_session=True,  # ignored on Windows, where the flags say the same
            creationflags=_DETACHED_FLAGS,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # lest it stays behind as a zombie
    started: list[SandboxInfo] = []

    def is_decided() -> bool:
        info = running()
        if info is not None and info.pid == process.pid:
            started.append(info)
        return bool(started) or process.poll() is not None

    _wait(is_decided, _START_SECONDS)
    if not started:
        process.terminate()
        raise SandboxStartError(f"the sandbox did not start: {log_path.read_text(errors='replace')[-2000:].strip()}")
    return started[0]


def _ask(info: SandboxInfo, method: str, path: str) -> dict[str, object] | None:
    address = urlsplit(info.endpoint)
    # http.client knows no proxies, which have no business between a machine and itself.
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request(method, path, headers={TOKEN_HEADER: info.admin_token})
        reply = connection.getresponse()
        content = json.loads(reply.read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return content if reply.status == 200 and isinstance(content, dict) else None


def _clear_stale() -> None:
    """Remove what a sandbox left behind that did not end by itself."""
    info = read_state()
    if info is None:
        return
    remove_state(info.pid)
    data_dir = Path(info.data_dir)
    is_throwaway = data_dir.parent == state_dir() and data_dir.name.startswith("data-")
    if is_throwaway and not _exists(info.pid):
        shutil.rmtree(data_dir, ignore_errors=True)


def _exists(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # not to be found out harmlessly there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_our_process(pid: int) -> bool:
    """Say whether this process id surely belongs to a sandbox; a number may have been given out again."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        is_same_user = Path(f"/proc/{pid}").stat().st_uid == os.getuid()
    except (OSError, AttributeError):  # no /proc on this system, or no such process
        return False
    return is_same_user and "oss_jupyter.sandbox" in command and "--record-state" in command


def _wait(is_done: Callable[[], bool], limit_seconds: float) -> bool:
    deadline = time.monotonic() + limit_seconds
    while not is_done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
