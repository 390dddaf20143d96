"""The sink counts what it takes, over TLS and without, and a slow line is as slow as it says."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
import requests

from oss_jupyter.crc64 import crc64

from .clients import Job, oss_jupyter
from .filesystems import CAT, OURS, READ, WRITE, name_of
from .harness import MIB, measure
from .sink.launch import running_sink
from .sink.server import WaitingList

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the sink forks")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_two_parts_on_one_connection(tmp_path: Path, tls: bool) -> None:
    """Every byte of a body is counted although most are never looked at, and the next request is understood."""
    with running_sink(tmp_path, WaitingList(), tls=tls) as sink, requests.Session() as session:
        for length in (3 * MIB + 1, 5):
            reply = session.put(f"{sink.endpoint}/bucket/key", data=bytes(length), verify=str(sink.ca_bundle or True))
            assert reply.status_code == 200
            assert reply.headers["ETag"]
        assert sink.counters.body_bytes() == 3 * MIB + 6
        assert sink.counters.parts() == 2
        assert sink.counters.open_connections() == 1


def test_documents(tmp_path: Path) -> None:
    """Initiate gives an upload id, ListParts lists nothing, Complete an ETag, and nobody may look."""
    with running_sink(tmp_path, WaitingList()) as sink, requests.Session() as session:
        url = f"{sink.endpoint}/bucket/key"
        assert "<UploadId>" in session.post(f"{url}?uploads&encoding-type=url").text
        assert "<IsTruncated>false</IsTruncated>" in session.get(f"{url}?uploadId=1").text
        assert "<ETag>" in session.post(f"{url}?uploadId=1", data=b"<CompleteMultipartUpload/>").text
        assert session.head(url).status_code == 403
        assert sink.counters.parts() == 0


def test_our_client_believes_it(tmp_path: Path) -> None:
    """An upload in parts ends as completed, so what is measured is a whole one."""
    path = tmp_path / "file.bin"
    path.write_bytes(bytes(3 * MIB))
    with running_sink(tmp_path, WaitingList()) as sink:
        upload = oss_jupyter()
        receipt = upload(Job(sink.endpoint, None, str(path), MIB, 2, str(tmp_path / "checkpoints"))).result(30)
        assert receipt.parts == sink.counters.parts() == 3


def test_slow_line(tmp_path: Path) -> None:
    """Two MiB at 4 MiB/s take half a second, and the answer its latency."""
    line = WaitingList(rate_bytes=4 * MIB, latency_seconds=0.1)
    with running_sink(tmp_path, line) as sink:
        started_at = time.monotonic()
        requests.put(f"{sink.endpoint}/bucket/key", data=bytes(2 * MIB))
        assert time.monotonic() - started_at > 0.65


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_what_is_stored_can_be_read(tmp_path: Path, tls: bool) -> None:
    """A file is there by any key, whole and in ranges, with its own CRC-64; what is sent of it is counted."""
    path = tmp_path / "stored.bin"
    path.write_bytes(os.urandom(3 * MIB + 7))
    with running_sink(tmp_path, WaitingList(stored=path), tls=tls) as sink, requests.Session() as session:
        url, verify = f"{sink.endpoint}/bucket/key", str(sink.ca_bundle or True)
        whole = session.get(url, verify=verify)
        part = session.get(url, verify=verify, headers={"Range": f"bytes=5-{10**9}"})
        assert (whole.content, part.content) == (path.read_bytes(), path.read_bytes()[5:])
        assert whole.headers["x-oss-hash-crc64ecma"] == str(crc64(path.read_bytes()))
        assert part.headers["Content-Range"] == f"bytes 5-{3 * MIB + 6}/{3 * MIB + 7}"
        assert session.head(url, verify=verify).headers["Content-Length"] == str(3 * MIB + 7)
        assert sink.counters.body_bytes() == 2 * (3 * MIB + 7) - 5


def test_the_filesystem_believes_it(tmp_path: Path) -> None:
    """Our filesystem reads all of it and writes all of it, so what is measured are whole files."""
    path = tmp_path / "file.bin"
    path.write_bytes(os.urandom(20 * MIB))
    for way in (CAT, READ, WRITE):
        line = WaitingList(stored=None if way == WRITE else path)
        with running_sink(tmp_path, line) as sink:
            measured = measure(sink, name_of(OURS, way), path, most_seconds=30)
            assert (measured.finished, measured.taken_bytes) == (True, 20 * MIB)
