"""Checksums of whole files, which have to be the files that were found."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from oss_jupyter.crc64 import crc64
from oss_jupyter.errors import PartStopped, SourceChanged, SourceMissing, SourceUnreadable
from oss_jupyter.local.checksums import checksums
from oss_jupyter.model.compare import Sum
from oss_jupyter.model.dataset import Checksums

BOTH = Sum.MD5 | Sum.CRC64
MIB = 1024 * 1024


def found(path: Path) -> tuple[str, int, int]:
    """Return what a scan notes of a file."""
    status = path.stat()
    return str(path), status.st_size, status.st_mtime_ns


@pytest.mark.parametrize("size", [0, 1, 20_480, MIB, 2 * MIB + 1])
def test_they_are_those_of_the_service(tmp_path: Path, size: int) -> None:
    """The MD5 is written as an ETag is, and each is there where it is wanted."""
    data = os.urandom(size)
    file = tmp_path / "a b\udcff.bin"
    file.write_bytes(data)
    md5, crc = hashlib.md5(data).hexdigest().upper(), crc64(data)
    assert checksums(*found(file), BOTH) == Checksums(md5, crc)
    assert checksums(*found(file), Sum.MD5) == Checksums(md5)
    assert checksums(*found(file), Sum.CRC64) == Checksums("", crc)


@pytest.mark.parametrize("how", ["longer", "shorter", "of another time", "replaced by a folder", "replaced by a pipe"])
def test_another_file_than_the_one_that_was_found(tmp_path: Path, how: str) -> None:
    """Its checksums would be taken for those of the one that was found."""
    file = tmp_path / "file"
    file.write_bytes(bytes(100))
    noted = found(file)
    if how == "longer":
        file.write_bytes(bytes(101))
        os.utime(file, ns=(0, noted[2]))
    elif how == "shorter":
        file.write_bytes(bytes(99))
        os.utime(file, ns=(0, noted[2]))
    elif how == "of another time":
        os.utime(file, ns=(0, noted[2] + 1000))
    else:
        file.unlink()
        file.mkdir() if how.endswith("folder") else os.mkfifo(file)
    with pytest.raises(SourceChanged) as caught:
        checksums(*noted, BOTH)
    assert str(file) in caught.value.what


@pytest.mark.parametrize("how", ["longer", "shorter", "other bytes"])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, how: str) -> None:
    """What was read of it belongs to no file that ever was."""
    file = tmp_path / "file"
    file.write_bytes(bytes(3 * MIB))
    noted = found(file)
    pieces = []

    def change() -> bool:
        pieces.append(1)
        if len(pieces) == 2:
            with file.open("r+b") as writing:
                if how == "shorter":
                    writing.truncate(MIB)
                else:
                    writing.seek(4 * MIB if how == "longer" else 0)
                    writing.write(b"x")
            os.utime(file, ns=(0, noted[2] + (how == "other bytes") * 1000))
        return False

    with pytest.raises(SourceChanged):
        checksums(*noted, BOTH, change)


def test_reading_stops_when_it_is_asked_to(tmp_path: Path) -> None:
    """A pause does not wait for a large file."""
    file = tmp_path / "file"
    file.write_bytes(bytes(3 * MIB))
    asked = iter((False, True))
    with pytest.raises(PartStopped):
        checksums(*found(file), BOTH, lambda: next(asked))


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """Its fate is told by the scan's words, and nothing stays open."""
    file = tmp_path / "file"
    with pytest.raises(SourceMissing):
        checksums(str(file), 0, 0, BOTH)
    (tmp_path / "real").write_bytes(b"x")
    with pytest.raises(SourceMissing):
        checksums(str(tmp_path / "real" / "below"), 0, 0, BOTH)
    file.symlink_to(file)
    with pytest.raises(SourceUnreadable):
        checksums(str(file), 0, 0, BOTH)


def test_a_link_stands_for_its_file(tmp_path: Path) -> None:
    """The scan noted size and mtime of what it leads to."""
    (tmp_path / "real").write_bytes(b"abc")
    link = tmp_path / "link"
    link.symlink_to("real")
    assert checksums(*found(link), Sum.CRC64) == Checksums("", crc64(b"abc"))
