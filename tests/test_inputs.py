"""Every wrong input: four clear lines, and nothing lost.

What happened, what is safe, what to do, and the code: each on a line of its own, never empty. The file is untouched,
no upload is left in the bucket, and once the mistake is corrected the same call works.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

import oss_jupyter as oj
from oss_jupyter.errors import OssJupyterError
from oss_jupyter.sandbox import Fault, Key, Sandbox

KEY = ("test-key-id", "test-key-secret")
TARGET = "oss://test-bucket/data/file.bin"
CONTENT = b"precious" * 50_000

Upload = Callable[..., oj.Transfer]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of four parts of 100 KiB."""
    path = tmp_path / "file.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def upload(sandbox: Sandbox, source: Path, tmp_path: Path) -> Upload:
    """`oj.upload` with everything right; a test makes one thing wrong."""

    def call(**wrong: Any) -> oj.Transfer:
        right: dict[str, Any] = {
            "source": source,
            "target": TARGET,
            "endpoint": sandbox.endpoint,
            "region": "cn-hangzhou",
            "credentials": KEY,
            "part_size": "100KiB",
            "checkpoint_dir": tmp_path / "checkpoints",
            "retries": 0,
        }
        arguments = {name: value for name, value in (right | wrong).items() if value is not ...}
        return oj.upload(arguments.pop("source"), arguments.pop("target"), **arguments)

    return call


@pytest.fixture(autouse=True)
def nothing_is_lost(sandbox: Sandbox, source: Path, upload: Upload) -> Iterator[None]:
    """After each mistake the file is as it was, no part lies in the bucket, and the right call works."""
    yield
    assert source.read_bytes() == CONTENT
    sandbox.faults.clear()
    sandbox.keys.put(Key(*KEY))
    assert sandbox.uploads("test-bucket") == ()
    assert upload().result(20).size == len(CONTENT)
    assert sandbox.object_path("test-bucket", "data/file.bin").read_bytes() == CONTENT


def lines_of(upload: Upload, code: str, **wrong: Any) -> tuple[str, str, str]:
    """Return what happened, what is safe and what to do, after checking their form and the code."""
    with pytest.raises(OssJupyterError) as failed:
        upload(**wrong).result(20)
    lines = failed.value.four_lines()
    assert all(lines), lines
    assert not any("\n" in line for line in lines), lines
    assert str(failed.value).splitlines() == list(lines)
    assert "Traceback" not in str(failed.value)
    assert lines[3].split(" · ")[0] == code
    return lines[:3]


def test_missing_file(upload: Upload, tmp_path: Path) -> None:
    """The path is named."""
    what, safe, _ = lines_of(upload, "SourceMissing", source=tmp_path / "nowhere.bin")
    assert str(tmp_path / "nowhere.bin") in what
    assert safe == "Nothing was sent."


@pytest.mark.parametrize(("name", "advice"), [("{path}", "variable"), ("$path", "variable")])
def test_a_name_that_was_never_a_name(upload: Upload, tmp_path: Path, name: str, advice: str) -> None:
    """A variable that is not there is told from a wrong path."""
    assert advice in lines_of(upload, "SourceMissing", source=tmp_path / name)[2]


_UNREADABLE = """
import concurrent.futures.thread, os, sys
import oss_jupyter as oj
from oss_jupyter import api
from oss_jupyter.session import wiring
from oss_jupyter.oss import control

if os.getuid() == 0:
    os.setuid(65534)
try:
    oj.upload(sys.argv[1], "oss://test-bucket/key", endpoint="http://127.0.0.1:1", region="cn-hangzhou",
              credentials=("id", "secret"), checkpoint_dir=None)
except oj.OssJupyterError as error:
    print("\\n".join(error.four_lines()))
"""


@pytest.mark.parametrize(
    ("called", "is_folder", "typed"),
    [
        ("secret.bin", False, "chmod u+r {parent}/secret.bin"),
        ("it's secret", False, """chmod u+r '{parent}/it'"'"'s secret'"""),
        ("my data", True, "chmod u+rx '{parent}/my data'"),
    ],
)
def test_what_may_not_be_read(called: str, is_folder: bool, typed: str) -> None:
    """The advice is the command that allows reading. Root may read everything, so a child gives that up first."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        secret = Path(name, called)
        secret.mkdir() if is_folder else secret.touch()
        secret.chmod(0)
        environment = {**os.environ, "HOME": name}
        command = [sys.executable, "-c", _UNREADABLE, str(secret)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    what, safe, advice, code = done.stdout.splitlines()
    assert (what, safe) == (f"{secret} may not be read by this user.", "Nothing was sent.")
    assert advice.endswith(typed.format(parent=name))
    assert code == "SourceUnreadable"


@pytest.mark.parametrize("target", ["test-bucket/key", "s3://test-bucket/key", "https://x.aliyuncs.com/key", ""])
def test_bad_url(upload: Upload, target: str) -> None:
    """The advice shows the form."""
    _, _, advice = lines_of(upload, "InvalidTarget", target=target)
    assert "oss://bucket/key" in advice


@pytest.mark.parametrize("bucket", ["My_Bucket", "ab", "-bucket", "b" * 64, ""])
def test_bad_bucket_name(upload: Upload, bucket: str) -> None:
    """The advice is the rule."""
    _, _, advice = lines_of(upload, "InvalidBucketName", target=f"oss://{bucket}/key")
    assert "3 to 63" in advice


def test_key_too_long(upload: Upload) -> None:
    """Bytes are counted: 512 characters of two bytes are one too many."""
    what, _, _ = lines_of(upload, "InvalidObjectName", target="oss://test-bucket/" + "é" * 512)
    assert "1,024 bytes" in what


def test_part_size_too_small(upload: Upload) -> None:
    """The limit is named."""
    what, _, _ = lines_of(upload, "PartTooSmall", part_size="1KiB")
    assert "100 KiB" in what


def test_file_too_large_for_the_part_size(upload: Upload, tmp_path: Path) -> None:
    """The advice names a part size that works."""
    huge = tmp_path / "huge.bin"
    with huge.open("wb") as file:
        file.truncate(10_000 * 102_400 + 1)
    what, _, advice = lines_of(upload, "TooManyParts", source=huge)
    assert "10,001 parts" in what
    assert "200KiB" in advice


def test_no_credentials(upload: Upload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everywhere that was looked is named, and where to put them."""
    for name in list(os.environ):
        if name.startswith(("OSS_", "ALIBABA_CLOUD_", "OSSUTIL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OSS_JUPYTER_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    what, _, advice = lines_of(upload, "NoCredentials", credentials=...)
    assert "OSS_ACCESS_KEY_ID" in what
    assert "OSS_ACCESS_KEY_ID" in advice


def test_wrong_secret(upload: Upload) -> None:
    """The secret is blamed, and not shown."""
    lines = lines_of(upload, "SignatureDoesNotMatch", credentials=(KEY[0], "a-wrong-secret"))
    assert "OSS_ACCESS_KEY_SECRET" in lines[2]
    assert "a-wrong-secret" not in str(lines)


def test_unknown_key(upload: Upload) -> None:
    """The key id is blamed."""
    lines_of(upload, "InvalidAccessKeyId", credentials=("unknown-id", "secret"))


def test_no_permission(upload: Upload, sandbox: Sandbox) -> None:
    """The permission that is missing is named, for whoever can grant it."""
    sandbox.keys.put(Key(*KEY, permissions=frozenset({"oss:GetObject"})))
    _, _, advice = lines_of(upload, "AccessDenied")
    assert "oss:PutObject" in advice
    assert "test-bucket" in advice


def test_unknown_bucket(upload: Upload) -> None:
    """The bucket and the region are named."""
    what, _, _ = lines_of(upload, "NoSuchBucket", target="oss://no-such-bucket/key")
    assert "no-such-bucket" in what


def test_wrong_region(upload: Upload, sandbox: Sandbox) -> None:
    """The advice holds the endpoint that is right."""
    sandbox.create_bucket("far-away", region="cn-shanghai")
    _, _, advice = lines_of(upload, "AccessDenied", target="oss://far-away/key")
    assert 'endpoint="oss-cn-shanghai.aliyuncs.com"' in advice
    assert 'region="cn-shanghai"' in advice


def test_region_missing(upload: Upload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that does not tell its region needs one."""
    monkeypatch.delenv("OSS_REGION", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    lines_of(upload, "RegionMissing", region=...)


def test_signature_v1_needs_no_region(upload: Upload, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only V4 names one."""
    monkeypatch.delenv("OSS_REGION", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert upload(region=..., signature_version="v1").result(20).size == len(CONTENT)


def test_clock_skew(upload: Upload, sandbox: Sandbox) -> None:
    """Every request of a computer whose clock is wrong is refused; the advice is about the clock."""
    now = time.time()
    words = {"RequestTime": _iso(now + 3600), "ServerTime": _iso(now), "MaxAllowedSkewMilliseconds": "900000"}
    sandbox.faults.add(Fault(code="RequestTimeTooSkewed", status=403, times=None, elements=words))
    what, _, advice = lines_of(upload, "RequestTimeTooSkewed")
    assert "60 minutes ahead" in what
    assert "clock" in advice


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(seconds))


@pytest.mark.parametrize(
    ("code", "status", "retries"),
    [
        ("InternalError", 500, 0),
        ("InternalError", 500, 1),
        ("ServiceUnavailable", 503, 1),
        ("UploadTrafficRateLimitExceeded", 503, 0),
        ("RequestTimeout", 400, 1),
        ("InvalidDigest", 400, 1),
    ],
)
def test_the_last_failure_promises_nothing(
    upload: Upload, sandbox: Sandbox, tmp_path: Path, code: str, status: int, retries: int
) -> None:
    """What was retried in vain is not said to be tried again: the advice is what the reader can do."""
    sandbox.faults.add(Fault(operation="UploadPart", code=code, status=status, times=None))
    _, _, advice = lines_of(upload, code, retries=retries, checkpoint_dir=None)
    assert "again" not in advice
    assert "goes on" not in advice
    assert "esume" in advice


def test_endpoint_down(upload: Upload, sandbox: Sandbox) -> None:
    """Nobody listens there: the host is named, and it does not take long."""
    sandbox.stop()
    began_at = time.monotonic()
    what, _, _ = lines_of(upload, "ConnectionRefused")
    assert "127.0.0.1" in what
    assert time.monotonic() - began_at < 10
    sandbox.start()


def test_endpoint_that_is_not_there(upload: Upload) -> None:
    """A host that no name server knows is told as such."""
    what, _, _ = lines_of(upload, "HostNotFound", endpoint="https://oss-nowhere.invalid")
    assert "oss-nowhere.invalid" in what


def test_certificate_refused(upload: Upload, tmp_path: Path) -> None:
    """A certificate of an unknown authority is refused at once; naming the authority's certificate helps."""
    authority = trustme.CA()
    certificate, key, bundle = (tmp_path / name for name in ("cert.pem", "key.pem", "ca.pem"))
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(key))
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(certificate), append=True)
    authority.cert_pem.write_to_path(str(bundle))
    with Sandbox(tmp_path / "tls", keys=[Key(*KEY)], tls=(str(certificate), str(key))) as secure:
        secure.create_bucket("test-bucket")
        _, _, advice = lines_of(upload, "CertificateRefused", endpoint=secure.endpoint)
        assert "ca_bundle" in advice
        upload(endpoint=secure.endpoint, ca_bundle=str(bundle)).result(20)
        assert secure.object_path("test-bucket", "data/file.bin").read_bytes() == CONTENT


def test_checkpoint_directory_not_writable(upload: Upload, tmp_path: Path) -> None:
    """The directory is named, and how to choose another."""
    (tmp_path / "in the way").touch()
    what, _, advice = lines_of(upload, "CheckpointNotWritable", checkpoint_dir=tmp_path / "in the way" / "checkpoints")
    assert "in the way" in what
    assert "checkpoint_dir" in advice


@pytest.mark.parametrize(
    "wrong",
    [
        {"parallel": 0},
        {"parallel": "many"},
        {"retries": -1},
        {"part_size": "big"},
        {"part_size": -1},
        {"storage_class": "Cold"},
        {"metadata": {"a_b": "c"}},
        {"uplaod": True},
        {"internal": True},
        {"signature_version": "v5"},
        {"proxy": "not a proxy"},
        {"ca_bundle": "/no/such/file"},
        {"endpoint": "http://"},
        {"endpoint": "https://test-bucket.oss-cn-hangzhou.aliyuncs.com"},
        {"region": "cn hangzhou"},
        {"traffic_limit": "fast"},
        {"parallel": 2.5},
        {"parallel": True},
        {"retries": 1.5},
        {"part_size": True},
        {"part_size": "8 Mibs"},
        {"limit": 0},
        {"limit": "20"},
        {"force": "no"},
        {"internal": "yes"},
        {"path_style": 1},
        {"region": 5},
        {"endpoint": b"127.0.0.1"},
        {"profile": ["work"]},
        {"checkpoint_dir": 5},
        {"ca_bundle": 5},
        {"on_progress": "print"},
        {"tagging": {"a": None}},
        {"callback": "not base64"},
        {"expires": "tomorrow"},
        {"content_disposition": "附件"},
        {"cache_control": "größe"},
        {"forbid_overwrite": "yes"},
        {"sse": "AES256", "server_side_encryption": "KMS"},
    ],
    ids=str,
)
def test_wrong_arguments(upload: Upload, tmp_path: Path, wrong: dict[str, Any]) -> None:
    """What can be known beforehand is refused before anything is sent, in the same four lines, and not remembered."""
    with pytest.raises(OssJupyterError) as refused:
        upload(**wrong)
    assert not list(tmp_path.glob("checkpoints/*"))
    lines = refused.value.four_lines()
    assert all(lines), lines
    assert not any("\n" in line or " a int" in line for line in lines), lines
    assert lines[1] == "Nothing was sent."
