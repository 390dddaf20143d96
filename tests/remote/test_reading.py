"""Reading much: how much memory that takes, how many requests, and what is on its way while somebody reads."""

from __future__ import annotations

import io
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.errors import IntegrityError
from oss_jupyter.remote.filesystem import OssFileSystem
from oss_jupyter.remote.reading import PIECE_BYTES
from oss_jupyter.sandbox import Fault, Sandbox

from .conftest import BUCKET

MIB = 1024 * 1024
DATA = os.urandom(MIB) * 40
PATH = f"{BUCKET}/large.bin"


@pytest.fixture
def there(service: Sandbox, oss_fs: OssFileSystem) -> Sandbox:
    """A sandbox with an object of five pieces, and none of the requests that made it."""
    oss_fs.pipe_file(PATH, DATA)
    service.clear_requests()
    return service


def _operations(service: Sandbox) -> list[str]:
    return [record.operation for record in service.requests]


def _peak_bytes(call: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_it_is_in_memory_once(there: Sandbox, oss_fs: OssFileSystem, tmp_path: Path) -> None:
    """What is read is held once, and what goes into a file hardly at all, whatever its size."""
    oss_fs.cat_file(PATH)  # loads what reading needs
    assert _peak_bytes(lambda: oss_fs.cat_file(PATH)) < len(DATA) + 4 * MIB
    assert _peak_bytes(lambda: oss_fs.cat_file(PATH, 5, len(DATA))) < len(DATA) + 4 * MIB
    assert _peak_bytes(lambda: oss_fs.open(PATH).read()) < len(DATA) + 4 * MIB
    assert _peak_bytes(lambda: oss_fs.get_file(PATH, tmp_path / "copy")) < 16 * MIB


def test_a_head_is_asked_for_once_at_most(there: Sandbox, oss_fs: OssFileSystem) -> None:
    """A read from some byte on needs no HEAD, its first piece tells the size; an open file has one."""
    assert oss_fs.cat_file(PATH, PIECE_BYTES + 3) == DATA[PIECE_BYTES + 3 :]
    assert oss_fs.cat_file(PATH) == DATA
    assert set(_operations(there)) == {"GetObject"}
    with oss_fs.open(PATH) as file:
        assert (file.size, file.read(3), file.info()["size"]) == (len(DATA), DATA[:3], len(DATA))
    assert _operations(there).count("HeadObject") == 1


def test_who_looks_and_opens_asks_once(there: Sandbox, oss_fs: OssFileSystem) -> None:
    """A file that was looked at in this moment is opened without a second HEAD; one that has changed is what it is."""
    for _ in range(20):  # a busy machine may let a moment pass
        there.clear_requests()
        assert oss_fs.isfile(PATH)
        with oss_fs.open(PATH) as file:
            assert file.size == len(DATA)
        if _operations(there) == ["HeadObject"]:
            break
    else:
        pytest.fail("each look was followed by another one")
    assert oss_fs.exists(PATH)
    oss_fs.pipe_file(PATH, b"another")
    with oss_fs.open(PATH) as file:
        assert file.read() == b"another"


def test_pieces_come_while_somebody_reads(there: Sandbox, oss_fs: OssFileSystem) -> None:
    """Who reads on has the next pieces on their way already, each byte fetched once; a step back costs nothing."""
    with oss_fs.open(PATH) as file:
        found = [file.read(700_001) for _ in range(20)]
        file.seek(-100, io.SEEK_CUR)
        assert file.read(100) == found[-1][-100:]
        found += iter(lambda: file.read(700_001), b"")
    assert b"".join(found) == DATA
    ranges = [record.headers["range"] for record in there.requests if record.operation == "GetObject"]
    begins = sorted(int(one.removeprefix("bytes=").partition("-")[0]) for one in ranges)
    ends = sorted(int(one.rpartition("-")[2]) + 1 for one in ranges)
    assert (begins[1:], ends[-1]) == (ends[:-1], len(DATA))


def test_reading_on_after_an_error(there: Sandbox, oss_fs: OssFileSystem) -> None:
    """A piece that could not be read is asked for again by whoever tries again, and nothing is out of place."""
    with oss_fs.open(PATH) as file:
        first = file.read(MIB)
        there.faults.add(Fault("GetObject", "answer", code="AccessDenied", times=None))
        with pytest.raises(PermissionError):
            list(iter(lambda: file.read(MIB), b""))
        there.faults.clear()
        at = file.tell()
        assert first + DATA[MIB:at] + file.read() == DATA


def test_into_an_open_file(there: Sandbox, oss_fs: OssFileSystem) -> None:
    """An object goes into a file that is open already piece by piece, and is proven."""
    got = io.BytesIO()
    oss_fs.get_file(PATH, got)
    assert got.getvalue() == DATA
    there.faults.add(Fault("HeadObject", "wrong_crc", times=1))
    with pytest.raises(IntegrityError):
        oss_fs.get_file(PATH, io.BytesIO())


def test_an_open_file_in_a_forked_child(there: Sandbox, oss_fs: OssFileSystem) -> None:
    """A child goes on reading a file that its parent was reading ahead, with requests of its own."""
    with oss_fs.open(PATH) as file:
        assert file.read(MIB) == DATA[:MIB]
        child = os.fork()
        if child == 0:
            os._exit(0 if file.read(5 * MIB) == DATA[MIB : 6 * MIB] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert file.read() == DATA[MIB:]
