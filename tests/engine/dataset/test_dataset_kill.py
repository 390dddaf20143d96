"""Datasets whose kernel or helper is killed with SIGKILL: nothing is lost, and what is written down goes once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import alibabacloud_oss_v2 as oss
import pytest

from oss_jupyter.sandbox import Sandbox

from ..kit import until
from .conftest import KEYS, House

LONG = 60.0
_SCRIPT = """\
import sys, oss_jupyter as oj

receipt = oj.upload(
    sys.argv[1], "oss://test-bucket/raw/", endpoint=sys.argv[2], region="cn-hangzhou", checkpoint_dir=sys.argv[3],
    credentials=("test-key-id", "test-key-secret"), parallel=4, part_size="100KiB",
).result(60)
print(receipt.sent, receipt.kept, receipt.skipped, receipt.failed)
"""


def start(sandbox: Sandbox, tmp_path: Path) -> subprocess.Popen[str]:
    """A kernel of its own that uploads the folder."""
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT, encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path / "data"), sandbox.endpoint, str(tmp_path / "checkpoints")]
    env = {**os.environ, "OSS_JUPYTER_STATE_DIR": str(tmp_path)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)


def stored_puts(sandbox: Sandbox) -> Counter[str | None]:
    """How often each small file was stored."""
    return Counter(one.key for one in sandbox.requests if one.operation == "PutObject" and one.status == 200)


def test_a_kernel_killed_again_and_again_sends_nothing_twice(
    sandbox: Sandbox, folder: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    """After three kills all objects are there, no upload id is left, and only what was on the wire went twice."""
    contents = folder(300)
    large = os.urandom(800_000)
    (tmp_path / "data" / "large.bin").write_bytes(large)
    sandbox.latency_seconds = 0.02
    kills = 3
    for kill in range(kills):
        kernel = start(sandbox, tmp_path)
        until(lambda least=40 * (kill + 1): len(stored_puts(sandbox)) >= least, "some files are there")  # type: ignore[misc]
        kernel.kill()
        kernel.communicate()
    sandbox.latency_seconds = 0.0
    last = start(sandbox, tmp_path)
    printed, _ = last.communicate(timeout=LONG)
    sent, kept, skipped, failed = map(int, printed.split())
    assert (sent + kept + skipped, failed) == (len(contents) + 1, 0)
    assert kept >= 100
    puts = stored_puts(sandbox)
    assert sum(times - 1 for times in puts.values()) <= 4 * kills
    assert sandbox.uploads("test-bucket") == ()
    for key, content in {**contents, "large.bin": large}.items():
        assert sandbox.object_path("test-bucket", f"raw/{key}").read_bytes() == content


@pytest.mark.parametrize("house", ["helper"], indirect=True)
def test_a_helper_that_is_killed_is_followed_by_another(
    house: House, folder: Callable[..., dict[str, bytes]], tmp_path: Path
) -> None:
    """The dataset goes on in the same handle, and what was written down is kept."""
    contents = folder(200)
    house.sandbox.latency_seconds = 0.02
    transfer = house.upload(tmp_path / "data", parallel=4)
    until(lambda: len(stored_puts(house.sandbox)) >= 40, "some files are there")
    pid = getattr(house.session.wiring.streaming_lane(), "pid", None)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    receipt = transfer.result(LONG)
    assert (receipt.total, receipt.failed) == (len(contents), 0)
    assert house.there() == contents
    assert sum(times - 1 for times in stored_puts(house.sandbox).values()) <= 4


ODD = (
    "a b.bin", "a+b.bin", "100%.bin", "#1.bin", "it's \"x\".bin", "日本.bin", "🎈.bin", "e\u0301.bin", "new\nline.bin",
    "n" * 251 + ".bin", "/".join(["d"] * 50) + "/deep.bin",
)  # fmt: skip


@pytest.mark.parametrize("house", ["helper"], indirect=True)
def test_the_official_client_reads_every_odd_name_back(house: House, tmp_path: Path) -> None:
    """Keys and bytes are right in the eyes of a client that nobody here wrote."""
    for number, name in enumerate(ODD):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%d" % number)
    assert house.upload(tmp_path / "data").result(LONG).sent == len(ODD)
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(*KEYS)
    config.region, config.endpoint = "cn-hangzhou", house.sandbox.endpoint
    client = oss.Client(config)
    pages = client.list_objects_v2_paginator().iter_page(oss.ListObjectsV2Request(bucket="test-bucket", prefix="raw/"))
    keys = {found.key for page in pages for found in page.contents or ()}
    assert keys == {f"raw/{name}" for name in ODD}
    for number, name in enumerate(ODD):
        read = client.get_object(oss.GetObjectRequest(bucket="test-bucket", key=f"raw/{name}"))
        assert read.body is not None
        assert read.body.content == b"%d" % number
