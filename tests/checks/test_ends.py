"""What could end an upload early: a server that ends idle kernels, PAI-DSW, a lid."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.checks.culler import cull_seconds
from oss_jupyter.checks.dsw import told_of_stop
from oss_jupyter.checks.ends import look_at_computer
from oss_jupyter.model.finding import Standing
from oss_jupyter.oss.dsw import AutomaticStop, signature_of

from ..oss.cloud_kit import Cloud, cloud
from .conftest import Look, named


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("jupyter_server_config.json", '{"MappingKernelManager": {"cull_idle_timeout": 60}}'),
        ("jupyter_server_config.py", "# c.MappingKernelManager.cull_idle_timeout = 5\nc.X.cull_idle_timeout = 60\n"),
    ],
)
def test_a_culler_at_60_seconds(
    look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    """What the server's settings say is told; where nothing keeps the kernel active it stands in the way."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    (tmp_path / name).write_text(text)
    assert "idle for 1 min 00 s" in look()["culler"].text
    assert "keeps this one active, for 24 h" in look()["culler"].text
    oj.settings().keep_alive_hours = 0
    named(look(), "culler", "keep_alive_hours is 0", "above 0")


@pytest.mark.parametrize(
    ("value", "seconds"), [("60 * 60", 3600.0), ("3_600", 3600.0), ("0", 0.0), ("int(os.environ['T'])", 0.0)]
)
def test_what_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, seconds: float) -> None:
    """A product of numbers is one; what is computed is not guessed, and the file is named; 0 means never."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    (tmp_path / "jupyter_server_config.py").write_text(f"c.MappingKernelManager.cull_idle_timeout = {value}\n")
    told, where = cull_seconds()
    assert told == seconds
    assert bool(where) is (value != "0")


def test_a_platform_that_culls_without_saying_when(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and that an upload counts as activity."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", "/nowhere")
    assert "culler" not in look()
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/x/")
    assert look()["culler"].standing is Standing.UNKNOWN
    assert "JupyterHub may end what is idle" in look()["culler"].text


_SERVER = """
import os, sys
from jupyter_server.serverapp import ServerApp
for place in sys.argv[1:]:
    for one in ("JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH"):
        os.environ[one] = os.path.join(place, one)
    ServerApp.clear_instance()
    app = ServerApp.instance()
    app.initialize(argv=["--no-browser", "--allow-root", "--log-level=50"], new_httpserver=False)
    print("culls after", app.kernel_manager.cull_idle_timeout)
"""
_FILES = (
    "jupyter_config.json",
    "jupyter_lab_config.py",
    "jupyter_server_config.json",
    "jupyter_server_config.d/a.json",
)


def _settings_in(place: Path, variable: str, name: str) -> Path:
    path = place / variable / name
    path.parent.mkdir(parents=True)
    setting = {"MappingKernelManager": {"cull_idle_timeout": 77}}
    path.write_text("c.MappingKernelManager.cull_idle_timeout = 77" if name.endswith("py") else json.dumps(setting))
    return path


def test_a_file_counts_where_a_server_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    """A real server is asked which of the files it goes by: of the folder of extensions it takes no such setting."""
    cases = [(variable, name) for variable in ("JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH") for name in _FILES]
    paths = [_settings_in(tmp_path / str(number), *case) for number, case in enumerate(cases)]
    places = [str(tmp_path / str(number)) for number in range(len(cases))]
    ran = subprocess.run([sys.executable, "-c", _SERVER, *places], capture_output=True, text=True, check=True)
    for case, path, place, said in zip(cases, paths, places, ran.stdout.splitlines(), strict=True):
        with subtests.test(" ".join(case)):
            for one in ("JUPYTER_CONFIG_DIR", "JUPYTER_CONFIG_PATH"):
                monkeypatch.setenv(one, str(Path(place, one)))
            seconds, where = cull_seconds()
            assert said == f"culls after {seconds:.0f}"
            assert where == (str(path) if seconds else "")
            assert bool(seconds) is (".d/" not in case[1])


def test_a_battery_is_a_lid_that_may_close(tmp_path: Path) -> None:
    """Where there is one, the computer may sleep; where there is none, nothing is said."""
    (tmp_path / "BAT0").mkdir()
    assert look_at_computer(60.0, tmp_path)[0].standing is Standing.WARNING
    assert look_at_computer(60.0, tmp_path / "BAT0") == []


@pytest.fixture
def dsw(look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """The place of a kernel in PAI-DSW, and a stand-in of its API, reached as a proxy would reach it."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", "/nowhere")
    monkeypatch.setenv("DSW_INSTANCE_ID", "dsw-730a1b2c3")
    monkeypatch.setenv("REGION", "cn-hangzhou")
    with cloud(tmp_path) as running:
        monkeypatch.setenv("HTTPS_PROXY", running.url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.authority))
        yield running


def test_dsw_tells_when_it_stops(look: Look, dsw: Cloud) -> None:
    """Its own rule is told, by the request of its documentation, signed for whoever uploads."""
    dsw.instance = (200, {"InstanceId": "dsw-730a1b2c3", "IdleInstanceCuller": {
        "CpuPercentThreshold": 20, "MaxIdleTimeInMinutes": 60, "IdleTimeInMinutes": 5}})  # fmt: skip
    finding = look()["automatic stop"]
    assert finding.standing is Standing.FINE
    assert "when its processors use less than 20 % for 60 min" in finding.text
    assert dsw.asked == ["pai-dsw.cn-hangzhou.aliyuncs.com /api/v2/instances/dsw-730a1b2c3"]
    sent = dsw.headers
    assert (sent["x-acs-action"], sent["x-acs-version"]) == ("GetInstance", "2022-01-01")
    names = sent["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    path = "/api/v2/instances/dsw-730a1b2c3"
    signature = signature_of("GET", path, "", {name: sent[name] for name in names}, "test-key-secret")
    assert sent["authorization"].endswith(
        f"Credential=test-key-id,SignedHeaders={';'.join(names)},Signature={signature}"
    )


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, {"Code": "NoPermission", "Message": "<b>secret</b>"}, "answers with status 403 (NoPermission)"),
        (200, "<html>log in</html>", "the answer is about no instance"),
        (200, {"InstanceId": 7, "IdleInstanceCuller": []}, "the answer is about no instance"),
        (302, "", "answers with status 302"),
    ],
)
def test_dsw_that_does_not_tell(look: Look, dsw: Cloud, status: int, body: Any, said: str) -> None:
    """Whatever comes instead of an answer: this is DSW, why no more is known, and where to look."""
    dsw.instance = (status, body)
    finding = look()["automatic stop"]
    assert finding.standing is Standing.UNKNOWN
    assert "This is the PAI-DSW instance dsw-730a1b2c3" in finding.text
    assert said in finding.text
    assert "in the console of PAI (DSW)" in finding.advice
    assert "secret" not in finding.text


def test_dsw_without_its_api(look: Look, dsw: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that does not reach the API, or a region that nobody names, is told alike."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert "does not answer" in look()["automatic stop"].text
    monkeypatch.setenv("REGION", "../odd")
    assert "its region is not known" in look()["automatic stop"].text
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    assert look()["automatic stop"].text.endswith("实例所在地域未知。")
    monkeypatch.delenv("OSS_JUPYTER_LANGUAGE")
    monkeypatch.setenv("DSW_INSTANCE_ID", "../odd")
    assert "automatic stop" not in look()


def test_a_stop_is_compared_with_the_upload() -> None:
    """A time before the end stands in the way; a rule by the processors may, as an upload uses them little."""
    now = time.time()
    due = AutomaticStop(due_at=datetime.fromtimestamp(now, timezone.utc) + timedelta(hours=2))
    idle = AutomaticStop(idle_minutes=60, cpu_percent=20)
    assert told_of_stop(due, 3 * 3600.0, now).standing is Standing.WRONG
    assert told_of_stop(due, 3600.0, now).standing is Standing.FINE
    assert told_of_stop(idle, 3 * 3600.0, now).standing is Standing.WARNING
    assert told_of_stop(idle, 60.0, now).standing is Standing.FINE
    assert "no automatic stop" in told_of_stop(AutomaticStop(), 60.0, now).text


def test_the_signature_is_that_of_the_documentation() -> None:
    """The example of "Request syntax and signature method V3"."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    assert signature_of("POST", "/", query, headers, "YourAccessKeySecret") == (
        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )
