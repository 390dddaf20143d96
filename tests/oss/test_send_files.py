"""Whole small files to the real sandbox: each arrives under its key, and what is wrong with one stays its own."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as sdk
import pytest
import trustme

from oss_jupyter.crc64 import crc64
from oss_jupyter.model.options import make_options
from oss_jupyter.model.small_files import FileSent, FileToSend, SigningKeys, Snag
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import PartRequest
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.oss.send_files import send_files
from oss_jupyter.oss.send_part import send_part
from oss_jupyter.sandbox import Fault, Key, Sandbox

from .files_kit import (
    BUCKET,
    KEY,
    HandDials,
    ListFeed,
    Sending,
    make_files,
    new_control,
    route_of,
    send_all,
    to_send,
    until,
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


def client_of(sandbox: Sandbox) -> Any:
    """Return the official SDK's client, which reads back."""
    config = sdk.config.load_default()
    config.credentials_provider = sdk.credentials.StaticCredentialsProvider(*KEY)
    config.region, config.endpoint, config.use_path_style = sandbox.region, sandbox.endpoint, True
    return sdk.Client(config)


def read_back(sandbox: Sandbox) -> dict[str, bytes]:
    """Return all objects of the bucket, as the official SDK lists and reads them."""
    client = client_of(sandbox)
    pages = client.list_objects_v2_paginator().iter_page(sdk.ListObjectsV2Request(bucket=BUCKET))
    keys = [entry.key for page in pages for entry in page.contents or ()]
    there = {}
    for key in keys:
        if {".", ".."} & set(
            key.split("/")
        ):  # what the SDK sends through resolves these, and the signature is over others
            there[key] = sandbox.object_path(BUCKET, key).read_bytes()
        else:
            there[key] = client.get_object(sdk.GetObjectRequest(bucket=BUCKET, key=key)).body.read()
    return there


def put_requests(sandbox: Sandbox) -> list[Any]:
    """Return the PutObjects that the sandbox has seen."""
    return [request for request in sandbox.requests if request.operation == "PutObject"]


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


def gone(file: FileToSend) -> None:
    Path(file.path).unlink()


def longer(file: FileToSend) -> None:
    Path(file.path).write_bytes(bytes(file.size + 1))


def shorter(file: FileToSend) -> None:
    Path(file.path).write_bytes(bytes(file.size - 1))


def touched(file: FileToSend) -> None:
    os.utime(file.path, ns=(file.mtime_ns, file.mtime_ns + 1))


def a_pipe(file: FileToSend) -> None:
    Path(file.path).unlink()
    os.mkfifo(file.path)


def a_folder(file: FileToSend) -> None:
    Path(file.path).unlink()
    Path(file.path).mkdir()


def a_loop(file: FileToSend) -> None:
    Path(file.path).unlink()
    Path(file.path).symlink_to(file.path)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (gone, Snag.CHANGED),
        (longer, Snag.CHANGED),
        (shorter, Snag.CHANGED),
        (touched, Snag.CHANGED),
        (a_pipe, Snag.UNREADABLE),
        (a_folder, Snag.UNREADABLE),
        (a_loop, Snag.UNREADABLE),
    ],
)
def test_a_file_that_is_not_as_found(
    sandbox: Sandbox, tmp_path: Path, change: Callable[[FileToSend], None], why: Snag
) -> None:
    """It is handed back, nothing of it is sent, and all others go their way."""
    files = make_files(tmp_path, 5)
    change(files[2])
    feed = send_all(files, route_of(sandbox.endpoint))
    assert [(file.number, said) for file, said, _ in feed.snags] == [(2, why)]
    assert all(detail for *_, detail in feed.snags)
    assert set(read_back(sandbox)) == {file.key for file in files} - {files[2].key}


def test_a_key_that_is_no_unicode(sandbox: Sandbox, tmp_path: Path) -> None:
    """No request can name it; it is handed back, and the others go their way."""
    files = make_files(tmp_path, 2)
    feed = send_all([replace(files[0], key="data/\udcff.bin"), files[1]], route_of(sandbox.endpoint))
    assert feed.whys == [Snag.UNREADABLE]
    assert len(feed.done) == 1


@pytest.mark.parametrize(
    ("fault", "why", "told"),
    [
        (Fault("PutObject", code="ServiceUnavailable"), Snag.REFUSED, "503 ServiceUnavailable"),
        (Fault("PutObject", code="AccessDenied", status=403), Snag.REFUSED, "403 AccessDenied"),
        (Fault("PutObject", "wrong_crc"), Snag.UNCLEAR, "CRC-64"),
        (Fault("PutObject", "drop_body"), Snag.NETWORK, ""),
        (Fault("PutObject", "drop_reply"), Snag.NETWORK, ""),
    ],
)
def test_what_is_not_a_clean_success(sandbox: Sandbox, tmp_path: Path, fault: Fault, why: Snag, told: str) -> None:
    """The file is handed back with what the service said, and its connection is not used again."""
    files = make_files(tmp_path, 4)
    sandbox.faults.add(fault)
    feed = send_all(files, route_of(sandbox.endpoint), HandDials(width=1))
    assert [(file.number, said) for file, said, _ in feed.snags] == [(0, why)]
    assert told in feed.snags[0][2]
    assert len(feed.done) == 3
    assert len({request.connection_id for request in put_requests(sandbox)}) >= 2


def test_a_wrong_key_names_the_refusal(sandbox: Sandbox, tmp_path: Path) -> None:
    """Whoever feeds can tell that it concerns all files."""
    dials = HandDials(keys=SigningKeys(KEY[0], "another-secret"))
    feed = send_all(make_files(tmp_path, 1), route_of(sandbox.endpoint), dials)
    assert [detail for *_, detail in feed.snags] == ["status 403 SignatureDoesNotMatch"]


def test_a_clock_that_is_off(sandbox: Sandbox, tmp_path: Path) -> None:
    """The keys carry the offset to the service's time, and signatures the time itself."""
    for offset, whys in ((0.0, []), (-3600.0, [Snag.REFUSED])):
        dials = HandDials(keys=SigningKeys(*KEY, clock_offset_seconds=offset))
        assert send_all(make_files(tmp_path, 1), route_of(sandbox.endpoint), dials).whys == whys


def test_content_md5_protects_what_is_sent(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each request declares the MD5 of its body, so that the service stores nothing else."""
    (file,) = make_files(tmp_path, 1)
    send_all([file], route_of(sandbox.endpoint))
    (request,) = put_requests(sandbox)
    digest = hashlib.md5(Path(file.path).read_bytes()).digest()
    assert request.headers["content-md5"] == base64.b64encode(digest).decode()


@pytest.fixture
def many(tmp_path: Path) -> list[FileToSend]:
    """More files than go at once."""
    folder = tmp_path / "many"
    folder.mkdir()
    return make_files(folder, 200)


def test_files_that_come_later(sandbox: Sandbox, many: list[FileToSend]) -> None:
    """The sender waits for them without asking all the time, and begins when it is woken."""
    feed = ListFeed(many[:1], ended=False)
    with Sending(feed, route_of(sandbox.endpoint), HandDials()) as sending:
        assert until(lambda: len(feed.done) == 1)
        asked = feed.asked
        cpu = time.process_time()
        assert not sending.ends(1.0)
        assert feed.asked - asked < 20
        assert time.process_time() - cpu < 0.5
        feed.add(*many[1:], ended=True)
        assert sending.ends()
    assert len(feed.done) == len(many)


def test_a_feed_that_ends_while_the_sender_waits(sandbox: Sandbox) -> None:
    """It ends, too, with and without connections."""
    feed = ListFeed(ended=False)
    with Sending(feed, route_of(sandbox.endpoint), HandDials(width=0)) as sending:
        assert not sending.ends(0.3)
        feed.add(ended=True)
        assert sending.ends()


def test_a_stop_is_obeyed_within_a_second(sandbox: Sandbox, many: list[FileToSend]) -> None:
    """What is on the wire is dropped: it is told of neither as sent nor as a snag."""
    sandbox.faults.add(Fault("PutObject", "delay", seconds=30, times=None))
    feed, dials = ListFeed(many), HandDials(width=8)
    with Sending(feed, route_of(sandbox.endpoint), dials) as sending:
        assert until(lambda: sandbox.active_requests == 8)
        dials.stopped = True
        began_at = time.monotonic()
        assert sending.ends()
        assert time.monotonic() - began_at < 8
    assert (feed.done, feed.snags) == ([], [])


def test_a_stop_beside_a_handshake_that_hangs(many: list[FileToSend]) -> None:
    """Nobody waits for a connection that does not come."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        route = route_of(f"https://127.0.0.1:{silent.getsockname()[1]}")
        dials = HandDials()
        with Sending(ListFeed(many), route, dials) as sending:
            assert not sending.ends(0.3)
            dials.stopped = True
            assert sending.ends(5.0)


def test_the_width_can_be_changed(sandbox: Sandbox, many: list[FileToSend]) -> None:
    """More connections come at once, fewer when files are done; at none the sender waits."""
    feed, dials = ListFeed(many), HandDials(width=1)
    seen: list[int] = []
    sandbox.faults.add(Fault("PutObject", "delay", seconds=0.05, times=None))
    feed.on_sent = lambda _done: seen.append(sandbox.active_requests)
    with Sending(feed, route_of(sandbox.endpoint), dials) as sending:
        assert until(lambda: len(feed.done) >= 3)
        assert max(seen) <= 1
        dials.width = 8
        assert until(lambda: sandbox.active_requests >= 7)
        dials.width = 2
        assert until(lambda: sandbox.active_requests <= 2)
        before = len(feed.done)
        assert until(lambda: len(feed.done) >= before + 6)
        assert max(seen[before + 3 :]) <= 3
        dials.width = 0
        assert until(lambda: sandbox.active_requests == 0)
        assert not sending.ends(0.2)  # the last answers have been read
        rested = len(feed.done)
        assert not sending.ends(0.4)
        assert len(feed.done) == rested
        dials.width = 16
        assert sending.ends()
    assert len(feed.done) == len(many)
    assert feed.snags == []


def test_a_speed_limit_is_kept(sandbox: Sandbox, tmp_path: Path) -> None:
    """Bodies go no faster than what is granted, also with many connections, and nothing is taken for a silence."""
    files = make_files(tmp_path, 40, size=20_000)
    dials = HandDials(width=8)
    dials.rate_bytes = 400_000
    began_at = time.monotonic()
    feed = send_all(files, route_of(sandbox.endpoint, stall_seconds=1.0), dials)
    assert feed.snags == []
    assert time.monotonic() - began_at >= 40 * 20_000 / 400_000 - 0.1
    assert dials.moved_bytes == 40 * 20_000


def test_memory_is_bounded(sandbox: Sandbox, tmp_path: Path) -> None:
    """However many connections there are, the files that are read have 64 MiB together."""
    sandbox.connection_rate_bytes_per_second = 4 * MIB
    files = [replace(file, key=f"{file.number}") for file in make_files(tmp_path, 12, size=12 * MIB)]
    feed, dials = ListFeed(files), HandDials(width=12)
    with Sending(feed, route_of(sandbox.endpoint), dials):
        assert until(lambda: sandbox.active_requests == 5)
        time.sleep(0.5)
        assert sandbox.active_requests == 5


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


def test_what_the_feed_raises_ends_it(sandbox: Sandbox, tmp_path: Path) -> None:
    """A receipt that cannot be written must not be followed by more: the sender ends, and says why."""
    feed = ListFeed(make_files(tmp_path, 50))

    def fails(_done: FileSent) -> None:
        raise OSError("no space left")

    feed.on_sent = fails
    with pytest.raises(OSError, match="no space left"):
        send_files(feed, route_of(sandbox.endpoint), HandDials(width=1))
    assert len(feed.done) == 1
    assert len(put_requests(sandbox)) == 1


_FEW_DESCRIPTORS = """
import resource, sys
from pathlib import Path
from tests.oss.files_kit import HandDials, make_files, route_of, send_all

route = route_of(sys.argv[1])
files = make_files(Path(sys.argv[2]), 300)
send_all(files[:1], route)  # what is loaded late, is loaded
resource.setrlimit(resource.RLIMIT_NOFILE, (24, 24))
feed = send_all(files, route, HandDials(width=64))
print(len(feed.done), sorted({str(why) for why in feed.whys}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_more_connections_than_descriptors(sandbox: Sandbox, tmp_path: Path) -> None:
    """Those that can be had carry all files: that one more cannot be opened is no file's fault."""
    command = [sys.executable, "-c", _FEW_DESCRIPTORS, sandbox.endpoint, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split(maxsplit=1) == ["300", "[]\n"]


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
