"""A check names what stands in the way of an upload, each staged for real, and leaves nothing in the bucket."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trustme

import oss_jupyter as oj
from oss_jupyter.checks.ends import cull_seconds, look_at_computer
from oss_jupyter.checks.target import look_around
from oss_jupyter.errors import InputError, NetworkError
from oss_jupyter.model.finding import Check, Standing
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.metadata import MetadataServer
from oss_jupyter.sandbox import Fault, Key, Sandbox

from ..oss.cloud_kit import cloud
from .conftest import KEY, Look

EVERYTHING = frozenset(
    f"oss:{name}"
    for name in (
        "PutObject", "ListParts", "AbortMultipartUpload", "GetObject", "ListObjects", "ListMultipartUploads",
    )
)  # fmt: skip


def named(check: Check, name: str, *words: str, standing: Standing = Standing.WRONG) -> None:
    """Assert how a line stands and what it says; what stands in the way says what to do, and hides the secret."""
    finding = check[name]
    assert finding.standing is standing, str(check)
    assert [word for word in words if word not in str(finding)] == [], str(finding)
    assert finding.advice
    assert check.ok is (standing is not Standing.WRONG)
    assert KEY[1] not in f"{check}{check!r}{json.dumps(check.to_dict())}"


def test_all_is_well(look: Look, sandbox: Sandbox, tmp_path: Path) -> None:
    """Every line is green, the time of a source is told, and neither an object nor a part stays."""
    (tmp_path / "big.bin").write_bytes(os.urandom(20_000_000))
    check = look(source="big.bin", fast=False)
    assert {one.standing for one in check.findings} == {Standing.FINE}, str(check)
    assert check.ok
    assert "19.1 MiB take about" in check["time"].text
    assert "MiB/s" in check["speed"].text
    assert check["PutObject"].text == "Objects may be written below oss://test-bucket/raw/."
    place: dict[str, Any] = {"endpoint": sandbox.endpoint, "region": sandbox.region, "credentials": KEY}
    assert oj.filesystem(**place).ls("test-bucket") == []
    assert sandbox.uploads("test-bucket") == ()


def test_what_is_there_already(look: Look, sandbox: Sandbox, tmp_path: Path) -> None:
    """An object that would be replaced is named with its size, a folder with how much is in it."""
    (tmp_path / "a.bin").write_bytes(b"x" * 1000)
    place: dict[str, Any] = {"endpoint": sandbox.endpoint, "region": sandbox.region, "credentials": KEY}
    oj.upload("a.bin", "oss://test-bucket/raw/a.bin", **place).result(30)
    assert "oss://test-bucket/raw/a.bin is there, 1000 B" in look("oss://test-bucket/raw/a.bin")["target"].text
    assert "There is no oss://test-bucket/raw/b.bin yet." in look("oss://test-bucket/raw/b.bin")["target"].text
    assert "1 object" in look("oss://test-bucket/raw/")["target"].text
    assert "1 folder" in look("oss://test-bucket")["target"].text


def test_a_bucket_of_another_region(look: Look, sandbox: Sandbox) -> None:
    """The right endpoint is named."""
    sandbox.create_bucket("far-bucket", region="cn-beijing")
    named(
        look("oss://far-bucket/raw/"),
        "bucket",
        "not in cn-hangzhou",
        'endpoint="oss-cn-beijing.aliyuncs.com", region="cn-beijing"',
    )


def test_a_bucket_that_is_not_there(look: Look) -> None:
    """It is named, and nothing more is asked of it."""
    check = look("oss://other-bucket/raw/")
    named(check, "bucket", "'other-bucket' does not exist")
    assert "ListParts" not in check


def test_a_wrong_secret(look: Look) -> None:
    """The secret does not belong to the key, and is not repeated."""
    check = look(credentials=("test-key-id", "not-the-secret"))
    named(check, "credentials accepted", "secret does not belong to this access key")
    assert "not-the-secret" not in str(check)


def test_no_credentials(look: Look) -> None:
    """Where they were looked for is said, and the way to the service all the same."""
    check = look(credentials=None)
    named(check, "credentials", "No credentials were found", "OSS_ACCESS_KEY_ID")
    assert check["connection"].standing is Standing.FINE


def test_an_expired_token(look: Look, sandbox: Sandbox) -> None:
    """The service does not take it any more."""
    sandbox.keys.put(Key("temporary", "secret", "token", expires_at=time.time() - 60))
    named(look(credentials=("temporary", "secret", "token")), "credentials accepted", "have expired", "new ones")


def test_a_token_that_ends_before_the_upload(look: Look, sandbox: Sandbox, tmp_path: Path) -> None:
    """The estimate of the line is compared with what is left of the token."""
    (tmp_path / "large.bin").touch()
    os.truncate(tmp_path / "large.bin", 10 * 1024**3)
    sandbox.keys.put(Key("temporary", "secret", "token", expires_at=time.time() + 900))
    sandbox.rate_bytes_per_second = 4 * 1024 * 1024

    class Provider:
        def get_credentials(self) -> Any:
            class Found:
                access_key_id, access_key_secret, security_token = "temporary", "secret", "token"
                expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 900))

            return Found()

    check = look(source="large.bin", fast=False, credentials=Provider())
    named(check, "credentials", "temporary, good until", "and the upload takes about", "goes on")


def test_a_clock_that_is_20_minutes_off(look: Look, sandbox: Sandbox, tmp_path: Path) -> None:
    """It is said by how much; uploads go on, so it stands in no way."""
    with Sandbox(tmp_path / "later", keys=[Key(*KEY)], clock=lambda: time.time() + 1200) as later:
        later.create_bucket("test-bucket")
        check = look(endpoint=later.endpoint)
    named(check, "clock", "20 minutes behind", "15 are allowed", "timedatectl", standing=Standing.WARNING)
    assert check["PutObject"].standing is Standing.FINE


def test_only_put_is_allowed(look: Look, sandbox: Sandbox) -> None:
    """Uploads go; each other permission is a warning that says what it would bring; the speed cannot be measured."""
    sandbox.keys.put(Key("writer", "secret", permissions=frozenset({"oss:PutObject"})))
    check = look(credentials=("writer", "secret"), fast=False)
    assert check.ok
    assert check["PutObject"].standing is Standing.FINE
    for name in sorted(EVERYTHING - {"oss:PutObject"}):
        named(check, name.removeprefix("oss:"), name, "docs/permissions.md", standing=Standing.WARNING)
    assert check["target"].standing is Standing.UNKNOWN
    assert "could not be removed" in check["speed"].text
    assert sandbox.uploads("test-bucket") == ()


def test_put_is_not_allowed(look: Look, sandbox: Sandbox) -> None:
    """The action that is missing is named, with the resource on which it is granted."""
    sandbox.keys.put(Key("reader", "secret", permissions=EVERYTHING - {"oss:PutObject"}))
    check = look(credentials=("reader", "secret"))
    named(check, "PutObject", "no permission", "oss:PutObject", "test-bucket/*")
    assert check["ListObjects"].standing is Standing.FINE


@pytest.fixture
def refusing_proxy() -> Iterator[int]:
    """The port of a proxy that lets nobody through."""
    listener = socket.create_server(("127.0.0.1", 0))

    def refuse() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client:
                    client.recv(65536)
                    client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=refuse, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


def test_an_upload_that_fails_on_its_way_says_more(
    look: Look, sandbox: Sandbox, refusing_proxy: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A failure of the network is followed by a note on the way: here which proxy it was, and who names it."""
    (tmp_path / "a.bin").write_bytes(b"x" * 1000)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:open-sesame@127.0.0.1:{refusing_proxy}")
    transfer = oj.upload("a.bin", "oss://test-bucket/a.bin", region="cn-hangzhou", credentials=KEY, retries=0)
    with pytest.raises(NetworkError):
        transfer.result(60)
    until = time.monotonic() + 20
    while not (notes := transfer.snapshot().notes) and time.monotonic() < until:
        time.sleep(0.05)
    assert f"127.0.0.1:{refusing_proxy}, named by HTTPS_PROXY, which did not let this one through" in notes[-1]
    assert "open-sesame" not in str(notes)


def test_a_proxy_that_refuses(look: Look, refusing_proxy: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said which one is asked, and that it did not let the request through; its password is not."""
    port = refusing_proxy
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:open-sesame@127.0.0.1:{port}")
    check = look(endpoint="https://oss-cn-hangzhou.aliyuncs.com")
    named(check, "proxy", f"127.0.0.1:{port}", "HTTPS_PROXY", "did not let this one through")
    assert "open-sesame" not in str(check)


def test_a_certificate_that_is_not_trusted(look: Look, tmp_path: Path) -> None:
    """It is refused, and ca_bundle is what helps."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = (str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    with Sandbox(tmp_path / "tls", keys=[Key(*KEY)], tls=tls) as secure:
        secure.create_bucket("test-bucket")
        named(look(endpoint=secure.endpoint), "certificate", "is not trusted", "ca_bundle")
        assert "over TLS" in look(endpoint=secure.endpoint, ca_bundle=str(tmp_path / "ca.pem"))["connection"].text


def test_a_host_that_is_not_there(look: Look) -> None:
    """A name that nobody knows is told as such, and nothing behind it is asked."""
    check = look(endpoint="https://oss-nowhere.invalid")
    named(check, "name", "oss-nowhere.invalid cannot be found")
    assert "PutObject" not in check


def test_a_service_that_is_not_oss(look: Look) -> None:
    """What answers without the service's marks is somebody else."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        client, _ = listener.accept()
        with client:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    threading.Thread(target=answer, daemon=True).start()
    named(look(endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}"), "connection", "not the OSS service")
    listener.close()


def test_a_full_disk(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object is written to disk first: the room that it needs is compared with what is free."""
    monkeypatch.setattr("oss_jupyter.checks.room.free_bytes", lambda folder: 1_000_000)
    named(look(), "room", "977 KiB are free", "checkpoint_dir")
    named(look(source=bytes(50_000_000), target="oss://test-bucket/b.bin"), "room", "63.7 MiB are needed")


def test_a_checkpoint_directory_that_cannot_be_written(look: Look, tmp_path: Path) -> None:
    """It is named, with what helps."""
    (tmp_path / "in the way").touch()
    named(look(checkpoint_dir=tmp_path / "in the way" / "below"), "room", "in the way", "checkpoint_dir")
    check = look(checkpoint_dir=None)
    named(check, "room", "No place is kept", standing=Standing.WARNING)


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


def test_platforms_that_cull_without_saying_when(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are named, and that an upload counts as activity."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", "/nowhere")
    for variable, platform in (("JUPYTERHUB_SERVICE_PREFIX", "JupyterHub"), ("DSW_INSTANCE_ID", "PAI-DSW")):
        monkeypatch.setenv(variable, "x")
        assert cull_seconds() == (0.0, platform)
        assert look()["culler"].standing is Standing.UNKNOWN
        monkeypatch.delenv(variable)
    assert "culler" not in look()


def test_a_battery_is_a_lid_that_may_close(tmp_path: Path) -> None:
    """Where there is one, the computer may sleep; where there is none, nothing is said."""
    (tmp_path / "BAT0").mkdir()
    assert look_at_computer(60.0, tmp_path)[0].standing is Standing.WARNING
    assert look_at_computer(60.0, tmp_path / "BAT0") == []


def test_a_machine_beside_the_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the region of the bucket the inner endpoint is recommended; from another one it is not."""
    monkeypatch.delenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED")
    with cloud(tmp_path) as running:
        server = MetadataServer(("127.0.0.1", running.port))
        stands = server.region()
        outside, inside = EndpointSettings(region=stands), EndpointSettings(region="cn-elsewhere", internal=True)
        assert "internal=True" in look_around(outside, server)[0].advice
        assert "Leave out internal=True" in look_around(inside, server)[0].advice
        assert look_around(EndpointSettings(region=stands, internal=True), server)[0].standing is Standing.FINE


def test_nothing_at_all(look: Look) -> None:
    """Without a target the way, the credentials and this computer are looked at, and no bucket is asked."""
    check = look("")
    assert check.ok
    assert "PutObject" not in check


def test_what_cannot_be_meant_is_refused(look: Look) -> None:
    """A wrong argument is an error, and no finding."""
    with pytest.raises(InputError):
        look("s3://test-bucket/")
    with pytest.raises(InputError):
        look(region="not a region")


def test_a_service_that_does_not_answer_in_time(look: Look, sandbox: Sandbox) -> None:
    """What is late is unknown; the others are told."""
    sandbox.faults.add(Fault("PutObject", "answer", code="InvalidDigest", status=400, seconds=1.5))
    sandbox.faults.add(Fault("ListParts", "delay", seconds=30))
    check = look()
    assert check["ListParts"].standing is Standing.UNKNOWN
    assert check["ListObjects"].standing is Standing.FINE
