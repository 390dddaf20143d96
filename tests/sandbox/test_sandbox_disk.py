"""A disk that is full, gone or refuses: the sandbox says so in plain words, and once."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import alibabacloud_oss_v2 as oss
import pytest

import oss_jupyter as oj
from oss_jupyter.errors import ServiceError
from oss_jupyter.sandbox import Key, Sandbox

from .clients import BUCKET, KEY_ID, KEY_SECRET, begin, finish, put_part, refusal, sdk_client

MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing may be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def crammed(small_disk: Path) -> Iterator[Sandbox]:
    """A sandbox on the small disk."""
    with Sandbox(small_disk, keys=[Key(KEY_ID, KEY_SECRET)]) as sandbox:
        sandbox.create_bucket(BUCKET)
        yield sandbox


def put(client: Any, size: int) -> Any:
    return client.put_object(oss.PutObjectRequest(bucket=BUCKET, key="key", body=bytes(size)))


def refused(action: Callable[[], Any]) -> Any:
    with pytest.raises(oss.exceptions.OperationError) as caught:
        action()
    return refusal(caught)


def test_a_full_disk(crammed: Sandbox, small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each request that finds no room is told so, one line is logged, nothing stays behind, and room is used again."""
    client = sdk_client(crammed)
    for action in (lambda: put(client, 4 * MIB), lambda: put_part(client, begin(client), 1, bytes(4 * MIB))):
        error = refused(action)
        assert (error.status_code, error.code) == (507, "SandboxDiskFull")
        assert error.message == f"The sandbox's disk is full: {small_disk}."
    assert [record.message for record in caplog.records] == [f"The sandbox's disk is full: {small_disk}."]
    assert not any(record.exc_info for record in caplog.records)
    assert crammed.trouble == caplog.records[0].message
    assert not [path for path in small_disk.rglob("*") if path.is_file() and path.stat().st_size > 1000]
    put(client, 2 * MIB)
    assert crammed.trouble == ""


def test_no_room_to_join_the_parts(crammed: Sandbox) -> None:
    """Where the parts fit and the object beside them does not, Complete says so, and works when there is room."""
    client = sdk_client(crammed)
    put(client, MIB)
    upload_id = begin(client, "other")
    etags = {1: put_part(client, upload_id, 1, bytes(5 * MIB // 4), "other").etag}
    assert refused(lambda: finish(client, upload_id, etags, "other")).code == "SandboxDiskFull"
    client.delete_object(oss.DeleteObjectRequest(bucket=BUCKET, key="key"))
    finish(client, upload_id, etags, "other")


def test_no_room_for_a_record(crammed: Sandbox, small_disk: Path) -> None:
    """A body whose record does not fit any more is no object, and its bytes are given back."""
    client = sdk_client(crammed)
    (small_disk / "filler").write_bytes(bytes(3 * MIB - 40 * 1024))
    while (left := os.statvfs(small_disk)).f_bfree > 1:
        (small_disk / f"filler-{left.f_bfree}").write_bytes(bytes(4096))
    before = os.statvfs(small_disk).f_bfree
    assert refused(lambda: put(client, 4096)).code == "SandboxDiskFull"
    assert os.statvfs(small_disk).f_bfree == before
    assert refused(lambda: client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="key"))).code == "NoSuchKey"


@pytest.mark.parametrize("what", ["buckets", "incoming", "."])
def test_a_directory_that_is_removed(tmp_path: Path, caplog: pytest.LogCaptureFixture, what: str) -> None:
    """Whatever is asked is told that the directory is gone, with one line logged; giving up is still possible."""
    place = tmp_path / "data"
    with Sandbox(place, keys=[Key(KEY_ID, KEY_SECRET)]) as sandbox:
        sandbox.create_bucket(BUCKET)
        client = sdk_client(sandbox)
        put(client, 1000)
        upload_id = begin(client)
        shutil.rmtree(place / what)
        assert sandbox.trouble == f"The sandbox's directory was removed while it runs: {place}."
        for action in (
            lambda: put(client, 1000),
            lambda: begin(client),
            lambda: put_part(client, upload_id, 1, b"x"),
            lambda: client.get_object(oss.GetObjectRequest(bucket=BUCKET, key="key")),
            lambda: client.head_object(oss.HeadObjectRequest(bucket=BUCKET, key="key")),
        ):
            error = refused(action)
            assert (error.status_code, error.code) == (507, "SandboxDirectoryGone")
        client.abort_multipart_upload(oss.AbortMultipartUploadRequest(bucket=BUCKET, key="key", upload_id=upload_id))
    assert [record.message for record in caplog.records] == [
        f"The sandbox's directory was removed while it runs: {place}."
    ]
    assert not any(record.exc_info for record in caplog.records)


def test_a_bucket_whose_folder_is_removed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Any other refusal of the system is told with the system's own word."""
    with Sandbox(tmp_path, keys=[Key(KEY_ID, KEY_SECRET)]) as sandbox:
        sandbox.create_bucket(BUCKET)
        shutil.rmtree(tmp_path / "buckets" / BUCKET)
        error = refused(lambda: put(sdk_client(sandbox), 1000))
    assert error.code == "SandboxDiskFailed"
    assert error.message.endswith(": No such file or directory.")
    assert len(caplog.records) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="limits another process")
@pytest.mark.parametrize("size", [50_000, 1_000_000])
def test_an_upload_to_a_sandbox_that_has_no_room(tmp_path: Path, size: int) -> None:
    """The upload ends at once with what to do, the process prints one line, and the state it tells has it too."""
    import resource

    environment = {**os.environ, "OSS_JUPYTER_STATE_DIR": str(tmp_path / "state")}
    command = [sys.executable, "-m", "oss_jupyter.sandbox", "--json", "--data-dir", str(tmp_path / "data")]
    source = tmp_path / "source.bin"
    source.write_bytes(random.Random(1).randbytes(size))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        info = json.loads(process.stdout.readline())
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (20_000, 20_000))
        transfer = oj.upload(
            source, f"oss://{info['bucket']}/", endpoint=info["endpoint"], region=info["region"], part_size="100KiB",
            credentials=(info["access_key_id"], info["access_key_secret"]), checkpoint_dir=tmp_path / "checkpoints",
        )  # fmt: skip
        with pytest.raises(ServiceError, match="SandboxDiskFull") as caught:
            transfer.result(60)
        transfer.abort()
        transfer.wait(20)
        process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=60)
    assert caught.value.what == "The sandbox's disk is full."
    assert caught.value.advice.startswith("Make room on it, then resume.")
    assert transfer.snapshot().retries == 0
    assert printed == f"The sandbox's disk is full: {tmp_path / 'data'}.\n"
