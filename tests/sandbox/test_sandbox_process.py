"""The sandbox as a process of its own: started, found, reused, stopped, and ended by silence."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import alibabacloud_oss_v2 as oss
import pytest

from oss_jupyter.sandbox import service
from oss_jupyter.sandbox.cli import main
from oss_jupyter.sandbox.state import SandboxInfo, read_state, state_path, write_state


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory of its own for each test, and no sandbox left behind."""
    monkeypatch.setenv("OSS_JUPYTER_STATE_DIR", str(tmp_path / "state"))
    yield tmp_path / "state" / "sandbox"
    service.stop()


def _run(*arguments: str) -> Any:
    command = [sys.executable, "-m", "oss_jupyter.sandbox", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def _until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def _put_one(info: dict[str, Any], body: bytes = b"x") -> None:
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        info["access_key_id"], info["access_key_secret"]
    )
    config.region, config.endpoint = info["region"], info["endpoint"]
    oss.Client(config).put_object(oss.PutObjectRequest(bucket=info["bucket"], key="k", body=body))


def test_detach_status_stop(state_dir: Path) -> None:
    """A detached sandbox outlives its starter, is used, found again, reused and stopped."""
    started = json.loads(_run("--detach", "--json", "--bucket", "my-bucket", "--bucket", "two-bucket").stdout)
    assert started["running"] is True
    assert started["bucket"] == "my-bucket"
    assert "admin_token" not in started
    _put_one(started)
    _put_one({**started, "bucket": "two-bucket"})
    assert json.loads(_run("--status", "--json").stdout) == started
    assert json.loads(_run("--detach", "--json").stdout) == started
    assert "2 requests" in _run("--status").stdout
    stopped = _run("--stop", "--json")
    assert json.loads(stopped.stdout) == {**started, "running": False}
    assert not state_path().exists()
    assert not Path(started["data_dir"]).exists()
    again = _run("--status", "--json")
    assert (again.returncode, json.loads(again.stdout)) == (1, {"running": False})
    left = {file.name: file.read_text() for file in state_dir.iterdir()}
    assert "sandbox.log" in left
    assert started["access_key_secret"] not in str(left)


def test_a_running_one_is_changed_or_says_why_not(state_dir: Path) -> None:
    """A new rate and a new bucket hold at once; what cannot be changed is refused and named, never ignored."""
    started = json.loads(_run("--detach", "--json", "--rate", "1KiB/s").stdout)
    again = json.loads(_run("--detach", "--json", "--rate", "50MiB/s", "--bucket", "new-bucket").stdout)
    assert again == {**started, "bucket": "new-bucket"}
    _put_one({**started, "bucket": "new-bucket"}, b"x" * 200_000)  # at the old rate this would take minutes
    for options, named in [
        (("--region", "cn-shanghai"), "region"),
        (("--port", "9"), "port"),
        (("--data-dir", "elsewhere"), "data-dir"),
        (("--idle-seconds", "5"), "idle-seconds"),
    ]:
        refused = _run("--detach", *options)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert named in refused.stderr
        assert "Traceback" not in refused.stderr
    assert json.loads(_run("--detach", "--json", "--region", started["region"]).stdout) == started


def test_only_its_owner_reads_the_state(state_dir: Path) -> None:
    """Keys and token lie in a private file in a private directory."""
    info = service.start_detached()
    assert stat.S_IMODE(state_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(state_path().stat().st_mode) == 0o600
    assert info.access_key_secret not in repr(info)
    assert info.admin_token not in repr(info)


def test_idle_end(state_dir: Path) -> None:
    """A forgotten sandbox ends, and takes its data with it."""
    info = service.start_detached(idle_seconds=0.5)
    _until(lambda: not state_path().exists())
    assert service.running() is None
    assert not Path(info.data_dir).exists()


def test_a_stale_state_is_replaced(state_dir: Path) -> None:
    """A sandbox that was killed is not taken for a running one; its data is cleared away."""
    killed = service.start_detached()
    os.kill(killed.pid, signal.SIGKILL)
    _until(lambda: _is_gone(killed.pid))
    fresh = service.start_detached()
    assert fresh.pid != killed.pid
    assert not Path(killed.data_dir).exists()
    assert service.running() == fresh


def test_a_process_that_is_not_ours_is_left_alone(state_dir: Path) -> None:
    """A process id that was given out again is never signalled."""
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        write_state(
            SandboxInfo(
                endpoint="http://127.0.0.1:9",
                region="r",
                bucket="b",
                access_key_id="i",
                access_key_secret="s",
                pid=bystander.pid,
                data_dir=str(state_dir / "none"),
                admin_token="t",
            )
        )
        assert service.running() is None
        assert service.stop() is None
        assert bystander.poll() is None
        assert not state_path().exists()
    finally:
        bystander.communicate(b"\n")


def test_a_sandbox_that_does_not_answer_gets_a_signal(state_dir: Path) -> None:
    """When the token is not accepted but the process surely is ours, it is asked by SIGTERM."""
    info = service.start_detached()
    write_state(SandboxInfo(**{**vars(info), "admin_token": "forgotten"}))
    assert service.stop() is not None
    assert not state_path().exists()


def test_the_reserved_paths_are_guarded(state_dir: Path) -> None:
    """Without the token, or under another host name, nothing is told and nothing is stopped."""
    info = service.start_detached()
    port = urlsplit(info.endpoint).port

    def ask(method: str, path: str, **headers: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        status = connection.getresponse().status
        connection.close()
        return status

    token = info.admin_token
    assert ask("POST", "/-/stop") == 403
    assert ask("POST", "/-/stop", X_Sandbox_Token="guess") == 403
    assert ask("POST", "/-/stop", X_Sandbox_Token=token, Host="rebound.example:80") == 403
    assert ask("GET", "/-/stop", X_Sandbox_Token=token) == 404
    assert ask("GET", "/-/status", X_Sandbox_Token=token) == 200
    assert service.running() == info


def test_foreground(tmp_path: Path) -> None:
    """In the foreground it says what to export, keeps a chosen data directory, and ends at a signal."""
    command = [sys.executable, "-m", "oss_jupyter.sandbox", "--rate", "20MiB/s", "--data-dir", str(tmp_path / "d")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [line.rstrip() for line in iter(process.stdout.readline, "Ctrl-C stops it.\n")]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    exported = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
    assert set(exported) == {"OSS_ENDPOINT", "OSS_REGION", "OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"}
    assert (tmp_path / "d" / "buckets" / "demo-bucket").is_dir()
    assert read_state() is None


@pytest.mark.parametrize("arguments", [["sandbox", "--rate", "fast"], ["sandbox", "--rate", "0"], []])
def test_bad_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What is not understood is said, with the usage."""
    with pytest.raises(SystemExit):
        main(arguments)
    assert "usage:" in capsys.readouterr().err


def test_why_it_did_not_start(state_dir: Path) -> None:
    """A sandbox that cannot start says why in one line, and leaves nothing behind."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = _run("--detach", "--json", "--port", str(taken.getsockname()[1]))
    assert (run.returncode, run.stdout) == (1, "")
    assert "Address already in use" in run.stderr
    assert "Traceback" not in run.stderr
    bad_name = _run("--bucket", "No_Bucket")
    assert (bad_name.returncode, "3 to 63 of a-z" in bad_name.stderr) == (2, True)
    assert {file.name for file in state_dir.iterdir()} <= {"sandbox.lock", "sandbox.log"}
