"""What a filesystem over OSS does beyond what fsspec's own tests ask: errors, proofs, ranges, folders, processes."""

from __future__ import annotations

import os
import pickle
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests

import oss_jupyter as oj
from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import InputError, IntegrityError, ObjectChanged, ServiceError
from oss_jupyter.model.target import Target
from oss_jupyter.oss.objects import copy_in_parts
from oss_jupyter.remote.filesystem import OssFileSystem
from oss_jupyter.remote.reading import PIECE_BYTES
from oss_jupyter.sandbox import Fault, Key, Sandbox

from .conftest import BUCKET

LARGE = os.urandom(2 * PIECE_BYTES + 12_345)


def asked(service: Sandbox, operation: str) -> int:
    return sum(record.operation == operation for record in service.requests)


@pytest.fixture
def large(oss_fs: OssFileSystem) -> str:
    """An object of three pieces."""
    oss_fs.pipe_file(f"{BUCKET}/large.bin", LARGE)
    return f"{BUCKET}/large.bin"


def test_ranges(oss_fs: OssFileSystem, large: str) -> None:
    """A range is what slicing the bytes would give, across pieces, from the end, and beyond it."""
    for start, end in [(None, None), (0, 10), (5, PIECE_BYTES + 9), (-100, None), (-100, -50), (3, None), (0, 10**9)]:
        assert oss_fs.cat_file(large, start, end) == LARGE[start:end], (start, end)
    assert oss_fs.cat_file(large, 10, 10) == b""
    assert oss_fs.cat_ranges([large] * 3, [0, 7, -9], [5, PIECE_BYTES * 2, None]) == [
        LARGE[:5], LARGE[7 : PIECE_BYTES * 2], LARGE[-9:],
    ]  # fmt: skip
    oss_fs.touch(f"{BUCKET}/empty")
    assert (oss_fs.cat_file(f"{BUCKET}/empty"), oss_fs.cat_file(f"{BUCKET}/empty", 0, 5)) == (b"", b"")


def test_what_is_read_whole_is_proven(oss_fs: OssFileSystem, large: str, service: Sandbox, tmp_path: Path) -> None:
    """Bytes whose CRC-64 is not the object's are an error, and no file is left with them."""
    for read in (lambda: oss_fs.cat_file(large), lambda: oss_fs.get_file(large, tmp_path / "copy")):
        service.faults.add(Fault("GetObject", "wrong_crc", times=1))
        with pytest.raises(IntegrityError):
            read()
    assert list(tmp_path.glob("copy*")) == []
    oss_fs.get_file(large, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == LARGE


def test_a_broken_line_is_read_again(oss_fs: OssFileSystem, large: str, service: Sandbox) -> None:
    """A lost reply and an overloaded service cost time and nothing else."""
    service.faults.add(Fault("GetObject", "drop_reply", times=1))
    service.faults.add(Fault("GetObject", "answer", code="ServiceUnavailable", times=1))
    assert oss_fs.cat_file(large) == LARGE


def test_a_file_that_is_read_is_one_object(oss_fs: OssFileSystem, large: str) -> None:
    """Bytes of another object never follow those of the one that was opened."""
    with oss_fs.open(large) as file:
        assert file.read(10) == LARGE[:10]
        oss_fs.pipe_file(large, LARGE[::-1])
        file.seek(PIECE_BYTES + 5)
        with pytest.raises(ObjectChanged, match="was replaced while it was being read"):
            file.read(10)


def test_reading_far_apart_fetches_what_is_asked_for(oss_fs: OssFileSystem, large: str, service: Sandbox) -> None:
    """Two small pieces of a large object cost two small pieces; a stream is read ahead, however it is read."""
    service.clear_requests()
    with oss_fs.open(large) as file:
        file.seek(1_000_000)
        assert file.read(1000) == LARGE[1_000_000:1_001_000]
        file.seek(9_000_000)
        assert file.read(500) == LARGE[9_000_000:9_000_500]
    asked_for = [record.headers["range"] for record in service.requests if record.operation == "GetObject"]
    assert asked_for == ["bytes=1000000-1000999", "bytes=9000000-9000499"]
    with oss_fs.open(large) as file:
        assert b"".join(iter(lambda: file.read(1000), b"")) == LARGE
    with oss_fs.open(large, cache_type="readahead", block_size=1 << 20) as file:
        assert file.read() == LARGE


def test_nothing_is_visible_until_it_is_complete(oss_fs: OssFileSystem, service: Sandbox) -> None:
    """An object that is replaced is there, as it was, until the new one is; it is never deleted."""
    path = f"{BUCKET}/table"
    with oss_fs.open(path, "wb") as file:
        file.write(b"new")
        assert not oss_fs.exists(path)
    with oss_fs.open(path, "wb") as file:
        file.write(b"newer")
        assert oss_fs.cat_file(path) == b"new"
    assert oss_fs.cat_file(path) == b"newer"
    assert asked(service, "DeleteObject") == asked(service, "DeleteMultipleObjects") == 0


def test_half_a_file_is_no_file(oss_fs: OssFileSystem, service: Sandbox) -> None:
    """What is left by an exception, or never closed, is not stored, and leaves nothing on the disk."""
    with pytest.raises(TypeError), oss_fs.open(f"{BUCKET}/half", "wb") as file:
        file.writelines([b"half", None])
    forgotten = oss_fs.open(f"{BUCKET}/half", "wb")
    local = forgotten._spool.path
    with pytest.warns(ResourceWarning, match="never closed"):
        del forgotten
    assert (oss_fs.exists(f"{BUCKET}/half"), local.exists(), asked(service, "PutObject")) == (False, False, 0)


def test_a_failed_write_leaves_nothing(oss_fs: OssFileSystem, service: Sandbox) -> None:
    """Where an upload fails its parts are removed, and no transfer stays in the list."""
    service.faults.add(Fault("UploadPart", "answer", code="AccessDenied", times=None))
    with pytest.raises(PermissionError), oss_fs.open(f"{BUCKET}/big", "wb") as file:
        file.write(bytes(40 * 1024 * 1024))
    assert (service.uploads(BUCKET), oss_fs._place.session.transfers()) == ((), ())


def test_the_engine_sends_what_is_written(oss_fs: OssFileSystem, service: Sandbox) -> None:
    """A large file goes in parts, and its object has the CRC-64 of its bytes."""
    data = os.urandom(1 << 20) * 20
    with oss_fs.open(f"{BUCKET}/parts", "wb") as file:
        for begin in range(0, len(data), 1 << 20):
            file.write(data[begin : begin + (1 << 20)])
    assert asked(service, "UploadPart") > 1
    assert oss_fs.checksum(f"{BUCKET}/parts") == crc64(data)


def test_other_ways_to_write(oss_fs: OssFileSystem) -> None:
    """Text, appending, a transaction, and a name that must be free."""
    path = f"{BUCKET}/notes.txt"
    with oss_fs.open(path, "w", encoding="utf-8") as file:
        file.write("Grüße\n")
    with oss_fs.open(path, "ab") as file:
        file.write(b"more")
    assert oss_fs.cat_file(path).decode() == "Grüße\nmore"
    with oss_fs.transaction:
        with oss_fs.open(f"{BUCKET}/later", "wb") as file:
            file.write(b"x")
        assert not oss_fs.exists(f"{BUCKET}/later")
    assert oss_fs.cat_file(f"{BUCKET}/later") == b"x"
    with pytest.raises(FileExistsError):
        oss_fs.open(path, "xb")
    with pytest.raises(NotImplementedError, match="rb, wb, xb or ab"):
        oss_fs.open(path, "r+b")


@pytest.mark.parametrize("key", ["x" * 1023, "[br]", "*star*", "a/../b", "a//b", "new\nline", "a%2Fb?c#d"])
def test_keys_of_all_kinds(oss_fs: OssFileSystem, key: str) -> None:
    """Whatever the service takes as a key is written, found, read and removed by its name, which is no pattern."""
    path = f"{BUCKET}/{key}"
    oss_fs.pipe_file(path, b"content")
    assert oss_fs.exists(path)
    assert not oss_fs.isdir(path)
    assert oss_fs.find(BUCKET) == [path]
    assert oss_fs.ls(path, detail=False) == [path]
    assert oss_fs.cat_file(path) == b"content"
    oss_fs.rm_file(path)
    assert not oss_fs.exists(path)


def test_errors_are_those_of_files(oss_fs: OssFileSystem, service: Sandbox, tmp_path: Path) -> None:
    """What is missing, refused or a folder raises what libraries look for, in words that say what to do."""
    oss_fs.touch(f"{BUCKET}/dir/file")
    calls: list[Callable[[], object]] = [
        lambda: oss_fs.info(f"{BUCKET}/none"), lambda: oss_fs.cat_file(f"{BUCKET}/none"),
        lambda: oss_fs.open(f"{BUCKET}/none"), lambda: oss_fs.ls(f"{BUCKET}/none"), lambda: oss_fs.rm(f"{BUCKET}/none"),
        lambda: oss_fs.cp_file(f"{BUCKET}/none", f"{BUCKET}/copy"), lambda: oss_fs.ls("no-such-bucket"),
        lambda: oss_fs.get_file(f"{BUCKET}/none", tmp_path / "none"), lambda: oss_fs.modified(f"{BUCKET}/none"),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(FileNotFoundError):
            call()
    with pytest.raises(IsADirectoryError):
        oss_fs.rm(f"{BUCKET}/dir")
    with pytest.raises(IsADirectoryError):
        oss_fs.open(f"{BUCKET}/dir")
    with pytest.raises(InputError, match="Did you mean endpoint"):
        OssFileSystem(endpiont="x")
    assert not oss_fs.exists("no-such-bucket/key")


def test_what_is_not_allowed_is_not_called_missing(oss_fs: OssFileSystem, service: Sandbox) -> None:
    """A key that may not look is told so; one that may not list can still read what it names."""
    oss_fs.pipe_file(f"{BUCKET}/dir/file", b"x")
    service.keys.put(Key("reader", "secret", permissions=frozenset({"oss:GetObject"})))
    reader = OssFileSystem(key="reader", secret="secret")
    assert (reader.cat_file(f"{BUCKET}/dir/file"), reader.exists(f"{BUCKET}/none")) == (b"x", False)
    with pytest.raises(PermissionError):
        reader.ls(f"{BUCKET}/dir")
    service.keys.put(Key("nobody", "secret", permissions=frozenset()))
    with pytest.raises(PermissionError):
        OssFileSystem(key="nobody", secret="secret").exists(f"{BUCKET}/dir/file")


def test_folders_as_consoles_make_them(oss_fs: OssFileSystem, service: Sandbox) -> None:
    """An object that stands for a folder is a folder, and goes when it is removed; a folder without one is no less."""
    control = oss_fs._place.control()
    signed = control.sign("PutObject", Target(BUCKET, "made/"), {})
    requests.put(signed.url, b"", headers=dict(signed.headers), timeout=60)
    assert (oss_fs.isdir(f"{BUCKET}/made"), oss_fs.ls(f"{BUCKET}/made")) == (True, [])
    assert oss_fs.find(BUCKET, withdirs=True) == [BUCKET, f"{BUCKET}/made"]
    oss_fs.pipe_file(f"{BUCKET}/made/inner/file", b"x")
    assert oss_fs.find(BUCKET) == [f"{BUCKET}/made/inner/file"]
    assert oss_fs.glob(f"{BUCKET}/**") == [
        BUCKET,
        f"{BUCKET}/made",
        f"{BUCKET}/made/inner",
        f"{BUCKET}/made/inner/file",
    ]
    assert [names for _, names, _ in oss_fs.walk(BUCKET)] == [["made"], ["inner"], []]
    with pytest.raises(OSError, match="not empty"):
        oss_fs.rmdir(f"{BUCKET}/made")
    oss_fs.rm(f"{BUCKET}/made", recursive=True)
    assert (oss_fs.ls(BUCKET), oss_fs.isdir(f"{BUCKET}/made")) == ([], False)


def test_buckets(oss_fs: OssFileSystem) -> None:
    """Buckets are the folders of the root; a bucket is made and removed by name alone."""
    oss_fs.mkdir("new-bucket")
    assert oss_fs.ls("", detail=False) == ["new-bucket", BUCKET]
    with pytest.raises(FileExistsError):
        oss_fs.mkdir("new-bucket")
    oss_fs.makedirs("new-bucket/deep/folder", exist_ok=True)
    oss_fs.rmdir("new-bucket")
    assert not oss_fs.exists("new-bucket")


def test_more_than_a_page(oss_fs: OssFileSystem, service: Sandbox) -> None:
    """Lists of several pages are whole, with a delimiter and without, and are removed a page a request."""
    control = oss_fs._place.control()
    control._page_size = 3
    names = [f"{BUCKET}/a/{number}" for number in range(7)]
    for name in names:
        oss_fs.touch(name)
    assert (oss_fs.ls(f"{BUCKET}/a", detail=False), oss_fs.find(BUCKET)) == (names, names)
    oss_fs.rm(names)
    assert (oss_fs.find(BUCKET), asked(service, "DeleteMultipleObjects")) == ([], 1)


def test_copies_are_made_in_the_service(oss_fs: OssFileSystem, large: str, service: Sandbox) -> None:
    """A copy moves no byte here and keeps its headers, in one request and in parts; a failed one leaves no part."""
    service.clear_requests()
    oss_fs.cp_file(large, f"{BUCKET}/copy")
    assert (oss_fs.cat_file(f"{BUCKET}/copy"), asked(service, "CopyObject")) == (LARGE, 1)
    control, source = oss_fs._place.control(), Target(BUCKET, "large.bin")
    head = control.head(source)
    assert head is not None
    copy_in_parts(control, source, head, Target(BUCKET, "parts"), lambda calls: [call() for call in calls], 5_000_000)
    assert (oss_fs.checksum(f"{BUCKET}/parts"), asked(service, "UploadPartCopy")) == (crc64(LARGE), 4)
    service.faults.add(Fault("UploadPartCopy", "answer", code="AccessDenied", times=1))
    with pytest.raises(ServiceError, match="AccessDenied"):
        copy_in_parts(control, source, head, Target(BUCKET, "no"), lambda calls: [call() for call in calls], 5_000_000)
    assert service.uploads(BUCKET) == ()


def test_facts(oss_fs: OssFileSystem, large: str) -> None:
    """When it was written, its checksum, and a link by which anybody can read it until it expires."""
    assert abs(oss_fs.modified(large) - datetime.now(timezone.utc)) < timedelta(minutes=5)
    assert oss_fs.checksum(large) == crc64(LARGE)
    assert oss_fs.size(large) == len(LARGE)
    link = oss_fs.sign(large, expiration=2)
    assert requests.get(link, timeout=60).content == LARGE
    deadline = time.monotonic() + 30
    while requests.get(link, timeout=60).status_code != 403:
        assert time.monotonic() < deadline, "the link lives longer than it was given"


def test_it_travels_without_secrets(service: Sandbox) -> None:
    """A pickled filesystem holds the place and no secret, unless its credentials are given on purpose."""
    plain = OssFileSystem(key="test-key-id", secret="test-key-secret", endpoint=service.endpoint)
    packed = pickle.dumps(plain)
    assert (b"test-key" in packed, service.endpoint.encode() in packed) == (False, True)
    assert "test-key" not in repr(plain) + plain.to_json()
    again = pickle.loads(packed)
    again.pipe_file(f"{BUCKET}/from-there", b"x")  # with what the environment has there
    purposely = OssFileSystem(key="test-key-id", secret="test-key-secret", pickle_credentials=True)
    packed = pickle.dumps(purposely)
    for name in [name for name in os.environ if name.startswith("OSS_ACCESS")]:
        del os.environ[name]
    OssFileSystem.clear_instance_cache()
    assert pickle.loads(packed).cat_file(f"{BUCKET}/from-there") == b"x"


def test_a_forked_child_reads(oss_fs: OssFileSystem, large: str) -> None:
    """A child process that was forked reads with connections and threads of its own."""
    assert oss_fs.cat_file(large) == LARGE
    child = os.fork()
    if child == 0:
        os._exit(0 if oss_fs.cat_file(large) == LARGE else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_many_threads(oss_fs: OssFileSystem, large: str) -> None:
    """One filesystem serves many threads at once, more than it has threads to read with."""
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(oss_fs.cat_file(large) == LARGE), name=f"reader-{number}")
        for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == [True] * 12


def test_the_public_function(service: Sandbox) -> None:
    """`oj.filesystem` makes filesystems as often as it is asked, also once all of it is loaded."""
    assert oj.filesystem().ls(BUCKET) == oj.filesystem(endpoint=service.endpoint).ls(f"oss://{BUCKET}/") == []


def test_settings_count_at_once(oss_fs: OssFileSystem, service: Sandbox, tmp_path: Path) -> None:
    """What `%config` changes counts for a filesystem that exists already."""
    with Sandbox(tmp_path / "other", keys=[Key("test-key-id", "test-key-secret")]) as other:
        other.create_bucket("other-bucket")
        assert not oss_fs.exists("other-bucket")
        oss_fs._place.session.settings.endpoint = other.endpoint
        assert oss_fs.exists("other-bucket")
