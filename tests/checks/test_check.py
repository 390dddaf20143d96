"""A check names what stands in the way of an upload, each staged for real, and leaves nothing in the bucket."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.checks.target import look_around
from oss_jupyter.errors import InputError
from oss_jupyter.model.finding import Standing
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.metadata import MetadataServer
from oss_jupyter.sandbox import Fault, Key, Sandbox

from ..oss.cloud_kit import cloud
from .conftest import KEY, Look, named

EVERYTHING = frozenset(
    f"oss:{name}"
    for name in (
        "PutObject", "ListParts", "AbortMultipartUpload", "GetObject", "ListObjects", "ListMultipartUploads",
    )
)  # fmt: skip


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


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(code="AccessDenied", status=403), "may not look at what is there already"),
        (Fault(code="NoSuchBucket", status=404), "'test-bucket' does not exist"),
        (Fault(code="InternalError", status=500), "had an internal problem"),
        (Fault(kind="delay", seconds=30), "There was no answer within"),
    ],
    ids=["403", "404", "500", "late"],
)
def test_why_the_target_is_not_known(look: Look, sandbox: Sandbox, fault: Fault, said: str) -> None:
    """A refusal, a bucket that is not there, a service that fails and an answer that is late are told apart."""
    sandbox.faults.add(replace(fault, operation="HeadObject", key="raw/a.bin", times=None))
    finding = look("oss://test-bucket/raw/a.bin")["target"]
    assert finding.standing is Standing.UNKNOWN
    assert said in finding.text


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


def test_a_full_disk(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object is written to disk first: the room that it needs is compared with what is free."""
    monkeypatch.setattr("oss_jupyter.checks.room.free_bytes", lambda folder: 1_000_000)
    named(look(), "room", "977 KiB are free", "checkpoint_dir")
    named(look(source=bytes(50_000_000), target="oss://test-bucket/b.bin"), "room", "63.7 MiB are needed")


def test_a_checkpoint_directory_that_cannot_be_written(look: Look, tmp_path: Path) -> None:
    """It is named, with what helps."""
    (tmp_path / "in the way").touch()
    named(look(checkpoint_dir=tmp_path / "in the way" / "below"), "room", "in the way", "checkpoint_dir")
    (tmp_path / "unmounted").symlink_to(tmp_path / "nowhere")
    named(look(checkpoint_dir=tmp_path / "unmounted"), "room", "cannot be written: No such file", "checkpoint_dir")
    check = look(checkpoint_dir=None)
    named(check, "room", "No place is kept", standing=Standing.WARNING)


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
    for source in (None, b"an object, whose format the key would say"):
        check = look("", source)
        assert check.ok, str(check)
        assert "PutObject" not in check


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("target", {"target": "s3://test-bucket/"}, "is not an OSS address"),
        ("target", {"target": "oss://Bad_Bucket/x"}, "cannot be the name of a bucket"),
        ("target", {"target": 7}, "no text"),
        ("source", {"source": "nothing.bin"}, "There is no file"),
        ("source", {"source": 7}, "this is an int"),
        ("endpoint", {"region": "not a region"}, "is not the id of a region"),
        ("endpoint", {"endpoint": "oss-cn-beijing.aliyuncs.com"}, "Two regions contradict each other"),
        ("endpoint", {"endpoint": "http://"}, "not a host name"),
        ("endpoint", {"ca_bundle": "/nowhere.pem"}, "/nowhere.pem' is not there"),
        ("endpoint", {"region": None, "endpoint": None}, "Neither a region nor an endpoint"),
        ("credentials", {"profile": "nobody"}, "The profile nobody cannot be used"),
        ("credentials", {"credentials": 7}, "credentials"),
        ("room", {"checkpoint_dir": 7}, "checkpoint_dir"),
    ],
)
def test_what_was_asked_for_wrongly(look: Look, name: str, given: dict[str, Any], said: str) -> None:
    """It is one red line with its advice, once, and what can be looked at without it is looked at."""
    check = look(**given)
    named(check, name, said)
    assert [one.name for one in check.wrong] == [name], str(check)
    assert {"credentials", "room"} <= {one.name for one in check.findings}, str(check)


@pytest.mark.parametrize("source", ["empty", "empty/*.parquet", ["empty"]])
def test_a_source_without_a_file(look: Look, tmp_path: Path, source: Any) -> None:
    """An empty folder and a glob that matches nothing stand in the way, as the upload would say."""
    (tmp_path / "empty").mkdir()
    named(look(source=source), "source", "has no file to upload", "Check the path")


def test_all_that_was_asked_for_wrongly(look: Look) -> None:
    """Several mistakes are told at once."""
    check = look("oss://Bad_Bucket/x", "nothing.bin", ca_bundle="/nowhere.pem", profile="nobody")
    assert [one.name for one in check.wrong] == ["target", "source", "credentials"]


def test_what_is_no_argument_is_refused(look: Look) -> None:
    """An argument that there is not, or of another type, is an error and no finding."""
    with pytest.raises(InputError, match="not an argument"):
        look(regoin="cn-hangzhou")
    with pytest.raises(InputError, match="region"):
        look(region=7)


def test_a_source_that_can_be_read_once(look: Look) -> None:
    """A generator is not begun, and nothing is told of its size; a check of anything else is as always."""
    items = iter([b"first", b"second"])
    check = look("oss://test-bucket/raw/a.bin", (item for item in items))
    assert check.ok
    assert "time" not in check
    assert list(items) == [b"first", b"second"]


def test_a_source_that_takes_long_to_count(look: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a folder cannot be counted within a second its size is not told, and all else is."""
    monkeypatch.setattr("oss_jupyter.session.checking._COUNTING_SECONDS", -1.0)
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "a").write_bytes(b"x")
    assert look(source="folder").ok


def test_a_service_that_does_not_answer_in_time(look: Look, sandbox: Sandbox) -> None:
    """What is late is unknown; the others are told."""
    sandbox.faults.add(Fault("PutObject", "answer", code="InvalidDigest", status=400, seconds=1.5))
    sandbox.faults.add(Fault("ListParts", "delay", seconds=30))
    check = look()
    assert check["ListParts"].standing is Standing.UNKNOWN
    assert check["ListObjects"].standing is Standing.FINE
