"""Whole small files to the real sandbox: each arrives under its key, and what is wrong with one stays its own."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import alibabacloud_oss_v2 as sdk
import pytest
import trustme

from oss_jupyter.crc64 import crc64
from oss_jupyter.model.options import make_options
from oss_jupyter.model.small_files import SigningKeys, Snag
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartRequest
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.send_part import send_part
from oss_jupyter.sandbox import Key, Sandbox

from .files_kit import (
    BUCKET,
    KEY,
    HandDials,
    client_of,
    make_files,
    new_control,
    put_requests,
    read_back,
    route_of,
    send_all,
    to_send,
)

MIB = 1024 * 1024
ODD_KEYS = (
    "a b.bin", " leading and trailing ", "a+b.bin", "100%.bin", "%41.bin", "a#b.bin", 'say "hello".bin', "it's.bin",
    "a&b=c?d.bin", "😀/🚀.bin", "é.bin", "e\u0301.bin", "报告/数据.bin", "line\nbreak.bin", "tab\t.bin", "a//b.bin",
    "a/../b/./c.bin", "..", "~tilde-_.bin", "back\\slash.bin", "a;b,c:d@e.bin", "[x]{y}|z^`.bin", "x" * 255,
    "/".join(f"d{n}" for n in range(50)) + "/deep.bin", "é" * 500,
)  # fmt: skip


KEYS_OF_BOTH = ("data/file-0000.bin", "alone.bin")
OF_EACH_REPLY = {"date", "last-modified", "x-oss-request-id", "x-oss-server-time"}


def test_files_arrive_and_are_proven(sandbox: Sandbox, tmp_path: Path) -> None:
    """Every object is its file; the receipt has ETag, CRC-64 and MD5; and few connections carry many files."""
    files = make_files(tmp_path, 60)
    dials = HandDials(width=3)
    feed = send_all(files, route_of(sandbox.endpoint), dials)
    assert feed.snags == []
    assert sorted(done.file.number for done in feed.done) == list(range(60))
    there = read_back(sandbox)
    for done in feed.done:
        data = Path(done.file.path).read_bytes()
        assert there[done.file.key] == data
        assert (done.crc64, done.md5) == (crc64(data), hashlib.md5(data).hexdigest().upper())
        assert done.etag == done.md5
        assert done.seconds > 0
    assert dials.moved_bytes == sum(file.size for file in files)
    assert len({request.connection_id for request in put_requests(sandbox)}) <= 3


@pytest.mark.parametrize("version", ["v4", "v1"])
@pytest.mark.parametrize("token", ["", "sts-token-of-this-test"])
def test_odd_keys_arrive_under_their_names(sandbox: Sandbox, tmp_path: Path, version: str, token: str) -> None:
    """Signatures hold, and the official SDK finds every key and every byte, also with a session token."""
    sandbox.keys.put(Key("sts-key", "sts-secret", security_token=token or None))
    path = tmp_path / "file.bin"
    path.write_bytes(os.urandom(500))
    files = [to_send(path, key, number) for number, key in enumerate(ODD_KEYS)]
    dials = HandDials(keys=SigningKeys("sts-key", "sts-secret", token))
    feed = send_all(files, route_of(sandbox.endpoint, signature_version=version), dials)
    assert feed.snags == []
    assert read_back(sandbox) == dict.fromkeys(ODD_KEYS, path.read_bytes())


def test_the_options_of_the_object_arrive(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each object has what was set for the dataset, as if it had been sent alone; only the content type is its own."""
    given = {
        "metadata": {"project": "taxi", "spaced": " a  b "}, "storage_class": "IA", "tagging": {"a": "b c", "d": "é"},
        "cache_control": "no-cache", "content_disposition": 'attachment; filename="报告.csv"', "acl": "private",
        "content_encoding": "x-test", "expires": "2030-01-01T00:00:00Z", "server_side_encryption": "AES256",
        "traffic_limit": 819_200, "content_type": "application/x-test",
    }  # fmt: skip
    (file,) = make_files(tmp_path, 1)
    options, alone = make_options(given, file.key), Target(BUCKET, "alone.bin")
    assert send_all([file], route_of(sandbox.endpoint, options)).snags == []
    settings = EndpointSettings(region="cn-hangzhou", endpoint=sandbox.endpoint)
    control = new_control(settings)
    md5 = hashlib.md5(Path(file.path).read_bytes()).hexdigest()
    send_part(PartRequest(control.sign_put(alone, options, md5), file.path, 0, file.size, 1))
    control.close()
    lean, ordinary = (request.headers for request in put_requests(sandbox))
    assert lean == ordinary
    assert lean["x-oss-traffic-limit"] == "819200"
    heads = [
        client_of(sandbox).head_object(sdk.HeadObjectRequest(bucket=BUCKET, key=key)).headers for key in KEYS_OF_BOTH
    ]
    told = [{name: value for name, value in head.items() if name.lower() not in OF_EACH_REPLY} for head in heads]
    assert told[0] == told[1]
    assert told[0]["x-oss-server-side-encryption"] == "AES256"


def test_an_empty_file(sandbox: Sandbox, tmp_path: Path) -> None:
    """It is an object of no bytes."""
    feed = send_all(make_files(tmp_path, 1, size=0), route_of(sandbox.endpoint))
    assert feed.snags == []
    assert read_back(sandbox) == {"data/file-0000.bin": b""}


def test_files_of_several_mib_beside_small_ones(sandbox: Sandbox, tmp_path: Path) -> None:
    """Larger ones take several turns of the loop, and arrive whole."""
    (tmp_path / "large").mkdir()
    files = make_files(tmp_path, 20) + [
        replace(file, key=f"large/{file.number}") for file in make_files(tmp_path / "large", 3, size=9 * MIB + 1)
    ]
    feed = send_all(files, route_of(sandbox.endpoint))
    assert feed.snags == []
    there = read_back(sandbox)
    assert {file.key: Path(file.path).read_bytes() for file in files} == there


def test_over_tls(tmp_path: Path) -> None:
    """The certificate is checked, records of several KiB go through, and connections are kept."""
    bundle = tmp_path / "everything.pem"
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    for blob in (issued.private_key_pem, *issued.cert_chain_pems, authority.cert_pem):
        blob.write_to_path(str(bundle), append=True)
    with Sandbox(tmp_path / "tls", keys=[Key(*KEY)], tls=(str(bundle), str(bundle))) as secure:
        secure.create_bucket(BUCKET)
        (tmp_path / "files").mkdir()
        files = make_files(tmp_path / "files", 30, size=50_000)
        feed = send_all(files, route_of(secure.endpoint, ca_bundle=str(bundle)))
        assert feed.snags == []
        assert len(put_requests(secure)) == 30
        assert len({request.connection_id for request in put_requests(secure)}) <= 4
        stranger = tmp_path / "other.pem"
        trustme.CA().cert_pem.write_to_path(str(stranger))
        refused = send_all(files[:1], route_of(secure.endpoint, ca_bundle=str(stranger)))
        assert refused.whys == [Snag.NETWORK]
        assert len(put_requests(secure)) == 30


def test_content_md5_protects_what_is_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each request declares the MD5 of its body, so that the service stores nothing else."""
    (file,) = make_files(tmp_path, 1)
    send_all([file], route_of(sandbox.endpoint))
    (request,) = put_requests(sandbox)
    digest = hashlib.md5(Path(file.path).read_bytes()).digest()
    assert request.headers["content-md5"] == base64.b64encode(digest).decode()


def test_no_secret_is_shown(sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Neither in snags, nor in what is logged, nor in the repr of what travels."""
    caplog.set_level("DEBUG")
    token = "sts-token-of-this-test"
    keys = SigningKeys("wrong-key-id", "wrong-key-secret", token)
    route = route_of(sandbox.endpoint, proxy="http://user:proxy-password@127.0.0.1:1")
    feeds = [
        send_all(make_files(tmp_path, 2), route_of(sandbox.endpoint), HandDials(keys=keys)),
        send_all(make_files(tmp_path, 1), route, HandDials(keys=keys)),
    ]
    assert [feed.whys for feed in feeds] == [[Snag.REFUSED] * 2, [Snag.NETWORK]]
    said = f"{caplog.text}{keys!r}{route!r}{[feed.snags for feed in feeds]}"
    for secret in ("wrong-key", token, "Signature=", "Credential=", "proxy-password"):
        assert secret not in said


_LATE = """
import pickle, sys
from oss_jupyter.oss import late

named = pickle.dumps(late.send_files)
assert b"late" in named
assert not {"requests", "urllib3", "alibabacloud_oss_v2", "oss_jupyter.oss.send_files"} & set(sys.modules)
pickle.loads(named)
assert "requests" not in sys.modules
from oss_jupyter.oss import send_files
assert "alibabacloud_oss_v2" not in sys.modules
"""


def test_naming_it_loads_nothing() -> None:
    """It crosses to the helper by its name; there it needs requests, and never the SDK."""
    subprocess.run([sys.executable, "-c", _LATE], timeout=60, check=True)
