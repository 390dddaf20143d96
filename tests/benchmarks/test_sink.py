"""The sink counts what it takes, over TLS and without, and a slow line is as slow as it says."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
import requests

from .clients import Job, oss_jupyter
from .harness import MIB
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
