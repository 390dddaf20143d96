"""Starting, stopping, starting again."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import alibabacloud_oss_v2 as oss
import pytest
import requests
import trustme

from oss_jupyter.sandbox import Key, Sandbox

from .clients import BUCKET, KEY_ID, KEY_SECRET, begin, finish, object_url, put_part, sdk_client

KEYS = [Key(KEY_ID, KEY_SECRET)]


@pytest.mark.parametrize("address", ["0.0.0.0", "", "::", "192.168.0.1", "localhost"])
def test_only_loopback(tmp_path: Path, address: str) -> None:
    """The sandbox refuses to listen where others could reach it."""
    with pytest.raises(ValueError, match=r"127\.0\.0\.1 only"):
        Sandbox(tmp_path, address=address)


def test_restart_from_the_same_directory(tmp_path: Path) -> None:
    """Objects, uploads and parts outlive the server; what was half received does not."""
    with Sandbox(tmp_path, keys=KEYS) as sandbox:
        sandbox.create_bucket(BUCKET)
        client = sdk_client(sandbox)
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="a/ü", body=b"old", metadata={"m": "1"}))
        upload_id = begin(client, content_type="text/x-test")
        etags = {1: put_part(client, upload_id, 1, b"x" * 102_400).etag}
        put_part(client, upload_id, 2, b"lost")
        etags[2] = put_part(client, upload_id, 2, b"kept").etag
    (tmp_path / "incoming" / "half").write_bytes(b"x")

    with Sandbox(tmp_path, keys=KEYS) as sandbox:
        client = sdk_client(sandbox)
        head = client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="a/ü"))
        assert (head.content_length, head.metadata) == (3, {"m": "1"})
        assert [part.size_bytes for part in sandbox.parts(BUCKET, "key", upload_id)] == [102_400, 4]
        finish(client, upload_id, etags)
        assert client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="key")).content_type == "text/x-test"
        assert list((tmp_path / "incoming").iterdir()) == []
    with Sandbox(tmp_path, keys=KEYS) as sandbox:
        assert sandbox.uploads(BUCKET) == ()
        assert sandbox.object_path(BUCKET, "key").stat().st_size == 102_404


def test_the_same_sandbox_starts_again_on_its_port(tmp_path: Path) -> None:
    """A client sees a server that was away and came back."""
    sandbox = Sandbox(tmp_path, keys=KEYS)
    sandbox.create_bucket(BUCKET)
    for _ in range(2):
        with sandbox:
            endpoint = sandbox.endpoint
            client = sdk_client(sandbox)
            client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=b"x"))
        with pytest.raises(oss.exceptions.OperationError):
            client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="k", body=b"x"))
    sandbox.start()
    sandbox.start()
    assert sandbox.endpoint == endpoint
    sandbox.stop()
    sandbox.stop()


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """The caller of start hears that the port is taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        Sandbox(tmp_path, port=taken.getsockname()[1]).start()


def test_tls(tmp_path: Path) -> None:
    """With a certificate the sandbox speaks HTTPS."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    tls = (str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"))
    with Sandbox(tmp_path / "data", keys=KEYS, tls=tls) as sandbox:
        sandbox.create_bucket(BUCKET)
        assert sandbox.endpoint.startswith("https://127.0.0.1:")
        url = object_url(sdk_client(sandbox))
        reply = requests.put(url, data=bytes(3_000_000), verify=str(tmp_path / "ca.pem"), timeout=30)
        assert reply.status_code == 200


def test_clearing_the_log(sandbox: Sandbox) -> None:
    """The log begins anew when it is cleared."""
    begin(sdk_client(sandbox))
    assert [record.operation for record in sandbox.requests] == ["InitiateMultipartUpload"]
    sandbox.clear_requests()
    assert sandbox.requests == ()


def test_nothing_of_ours_but_errors_and_texts_is_imported() -> None:
    """The sandbox stands alone: it could serve any client."""
    code = "import sys, oss_jupyter.sandbox.cli; print(*(n for n in sys.modules if n.startswith('oss_jupyter.')))"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    rooms = {"sandbox", "errors", "names", "paths", "child", "redact", "texts", "version"}
    assert {name.split(".")[1] for name in run.stdout.split()} <= rooms


def test_a_silent_client_is_hung_up_on(tmp_path: Path) -> None:
    """A connection without a request, with half a head or with half a body ends; one that is merely slow does not."""
    with Sandbox(tmp_path, keys=KEYS, silent_seconds=1.0) as sandbox:
        sandbox.create_bucket(BUCKET)
        path = object_url(sdk_client(sandbox)).partition(str(sandbox.port))[2]
        head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{sandbox.port}\r\nContent-Length: 500000\r\n\r\n"
        halves = ("", "PUT /x HTTP/1.1\r\nHos", head, head + "half of it")
        silent = [socket.create_connection(("127.0.0.1", sandbox.port)) for _ in range(20 * len(halves))]
        for number, connection in enumerate(silent):
            connection.settimeout(30)
            connection.sendall(halves[number % len(halves)].encode())
        for connection in silent:
            while connection.recv(4096):  # a connection that breaks in mid-body may still be told so
                pass
            connection.close()
        sandbox.rate_bytes_per_second = 250_000  # the sandbox is what one waits for, and for longer than a second
        slow = requests.put(object_url(sdk_client(sandbox)), data=bytes(500_000), timeout=30)
        assert slow.status_code == 200
        assert sandbox.active_requests == 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
def test_a_stop_in_the_middle_leaves_no_file_open(tmp_path: Path) -> None:
    """Bodies on their way in and objects on their way out are closed, and what was half received is removed."""
    with Sandbox(tmp_path, keys=KEYS) as sandbox:
        sandbox.create_bucket(BUCKET)
        client = sdk_client(sandbox)
        client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="key", body=bytes(8 * 1024 * 1024)))
        way_out = str(client.presign(oss.GetObjectRequest(bucket=BUCKET, key="key")).url)
        sandbox.rate_bytes_per_second = 1024 * 1024
        path = object_url(client, "other").partition(str(sandbox.port))[2]
        # Of some bodies the sandbox has all bytes, and waits until they may have passed; of others it has not.
        heads = [
            f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{sandbox.port}\r\nContent-Length: {size}\r\n\r\n".encode()
            for size in (5_000_000, 100_000)
        ]
        ways_in = [socket.create_connection(("127.0.0.1", sandbox.port)) for _ in range(8)]
        for number, way_in in enumerate(ways_in):
            way_in.sendall(heads[number % 2] + bytes(100_000))
        ways_out = [requests.get(way_out, stream=True, timeout=30) for _ in range(4)]
        while len(list((tmp_path / "incoming").iterdir())) < len(ways_in):
            assert sandbox.requests  # the event loop lives
    opened = [entry.resolve() for entry in Path("/proc/self/fd").iterdir()]
    assert not [path for path in opened if path.is_relative_to(tmp_path)]
    assert not list((tmp_path / "incoming").iterdir())
    for way_in in ways_in:
        way_in.close()
    for reply in ways_out:
        reply.close()


def test_a_stop_while_bodies_pour_in_is_quiet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A stop is nothing to log, whatever is being received, hashed and written at that moment."""

    def pour(way_in: socket.socket, head: str) -> None:
        with suppress(OSError):  # the sandbox hangs up
            way_in.sendall(head.encode())
            while True:
                way_in.sendall(bytes(1024 * 1024))

    incoming = tmp_path / "incoming"
    with Sandbox(tmp_path, keys=KEYS) as sandbox:
        sandbox.create_bucket(BUCKET)
        path = object_url(sdk_client(sandbox)).partition(str(sandbox.port))[2]
        head = f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{sandbox.port}\r\nContent-Length: {4 * 1024**3}\r\n\r\n"
        ways_in = [socket.create_connection(("127.0.0.1", sandbox.port)) for _ in range(12)]
        pouring = [threading.Thread(target=pour, args=(way_in, head)) for way_in in ways_in]
        for thread in pouring:
            thread.start()
        while sum(path.stat().st_size > 1024 * 1024 for path in incoming.iterdir()) < len(ways_in):
            time.sleep(0.01)
    for thread in pouring:
        thread.join(30)
    for way_in in ways_in:
        way_in.close()
    assert [record.getMessage() for record in caplog.records] == []
    assert not list(incoming.iterdir())
