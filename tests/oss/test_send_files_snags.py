"""Whole small files that cannot go, or that the service does not take cleanly: each is handed back, and no other."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from oss_jupyter.model.small_files import FileToSend, SigningKeys, Snag
from oss_jupyter.sandbox import Fault, Sandbox

from .files_kit import (
    KEY,
    HandDials,
    make_files,
    put_requests,
    read_back,
    route_of,
    send_all,
)


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
