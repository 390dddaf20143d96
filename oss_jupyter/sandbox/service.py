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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from filelock import FileLock

from oss_jupyter.child import child_environment, python_command
from oss_jupyter.sandbox.admin import CHANGE_PATH, STATUS_PATH, STOP_PATH, TOKEN_HEADER
from oss_jupyter.sandbox.state import SandboxInfo, read_state, remove_state, state_dir, state_path
from oss_jupyter.texts import tr

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
    buckets: Sequence[str] = (),
    region: str | None = None,
    port: int | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    rate_bytes_per_second: float | None = None,
    idle_seconds: float | None = None,
) -> SandboxInfo:
    """Return the running sandbox, or start one that outlives the caller and ends when it has been idle.

    One that runs already keeps what is in it, and gets the rate and the buckets that are given. Raises
    SandboxStartError, also where anything else that is given differs from what runs.
    """
    folder = None if data_dir is None else str(Path(data_dir).resolve())
    fixed = {"region": region, "port": port, "data_dir": folder, "idle_seconds": idle_seconds}
    with FileLock(state_dir() / "sandbox.lock"):  # two notebooks may start one at the same moment
        found = running()
        if found is not None:
            _refuse_other(found, {name: value for name, value in fixed.items() if value is not None})
            return _changed(found, buckets, rate_bytes_per_second)
        _clear_stale()
        arguments = ["--idle-seconds", str(IDLE_SECONDS if idle_seconds is None else idle_seconds)]
        for name, value in (("--region", region), ("--port", port), ("--data-dir", folder)):
            arguments += [] if value is None else [name, str(value)]
        for bucket in buckets:
            arguments += ["--bucket", bucket]
        if rate_bytes_per_second is not None:
            arguments += ["--rate", str(int(rate_bytes_per_second))]
        return _spawn(arguments)


def _refuse_other(found: SandboxInfo, wanted: Mapping[str, object]) -> None:
    there = {"region": found.region, "port": urlsplit(found.endpoint).port, "data_dir": found.data_dir}
    other = [name.replace("_", "-") for name, value in wanted.items() if there.get(name) != value]
    if other:
        raise SandboxStartError(
            tr(
                "a sandbox runs already, at {endpoint}, and its {settings} cannot be changed; "
                "stop it first: oss-jupyter sandbox --stop",
                endpoint=found.endpoint,
                settings=f" {tr('and')} ".join(other),
            )
        )


def _changed(found: SandboxInfo, buckets: Sequence[str], rate_bytes_per_second: float | None) -> SandboxInfo:
    changes = [("bucket", bucket) for bucket in buckets]
    if rate_bytes_per_second is not None:
        changes.append(("rate", str(rate_bytes_per_second)))
    answer = _ask(found, "POST", f"{CHANGE_PATH}?{urlencode(changes)}") if changes else {}
    if answer is None or "error" in answer:
        reason = (answer or {}).get("error")
        raise SandboxStartError(
            tr("the sandbox at {endpoint} cannot be changed: {reason}", endpoint=found.endpoint, reason=reason)
        )
    return replace(found, bucket=buckets[0]) if buckets else found


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
        seconds = f"{_STOP_SECONDS:.0f}"
        raise TimeoutError(
            tr("the sandbox (process {pid}) has not stopped in {seconds} s", pid=info.pid, seconds=seconds)
        )
    return info


def _spawn(arguments: Sequence[str]) -> SandboxInfo:
    log_path = state_dir() / "sandbox.log"
    command = python_command("oss_jupyter.sandbox", "--record-state", *arguments)
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=state_dir(),
            env=child_environment(),
            start_new_session=True,  # ignored on Windows, where the flags say the same
            creationflags=_DETACHED_FLAGS,
        )
    # Lest it stays behind as a zombie.
    threading.Thread(target=process.wait, name="oss-sandbox-end", daemon=True).start()
    started: list[SandboxInfo] = []

    def is_decided() -> bool:
        info = running()
        if info is not None and info.pid == process.pid:
            started.append(info)
        return bool(started) or process.poll() is not None

    _wait(is_decided, _START_SECONDS)
    if not started:
        process.terminate()
        said = log_path.read_text(errors="replace")[-2000:].strip()
        raise SandboxStartError(tr("the sandbox did not start: {reason}", reason=said))
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
