"""Files that are made when their turn comes: few lie on the disk, and equal bytes are the same file."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest

from oss_jupyter.errors import PartStopped
from oss_jupyter.local.parted_spool import PartedSpool
from oss_jupyter.model.dataset import FileReceipt, FoundFile, Outcome, Selection
from tests.engine.kit import until

MIB = 1024 * 1024


class Files:
    """So many files of one size. longest: how many lay in the folder at once, as each was begun."""

    text = "files"

    def __init__(self, count: int, size: int, folder: Path) -> None:
        self.names = tuple(f"f{number}" for number in range(count))
        self.most = 0
        self._size = size
        self._folder = folder

    def make(self, numbers: Collection[int], taker: Any) -> None:
        for number in numbers:
            taker.take(number, self._write)

    def _write(self, file: IO[bytes]) -> None:
        self.most = max(self.most, len(list(self._folder.iterdir())))
        file.truncate(self._size)


def _receipt(file: FoundFile, outcome: Outcome = Outcome.SENT) -> FileReceipt:
    return FileReceipt(file.path, file.key, file.size, file.mtime_ns, outcome)


def _lie(folder: Path, count: int) -> bool:
    return len(list(folder.iterdir())) >= count


@pytest.mark.parametrize(("size", "most"), [(30 * MIB, 3), (MIB, 64)])
def test_few_lie_there_at_once(tmp_path: Path, size: int, most: int) -> None:
    """Three, more while all of them are small; each goes with its receipt, and the next is made then."""
    folder = tmp_path / "made"
    files = Files(70 if size == MIB else 8, size, folder)
    spool = PartedSpool(files, folder)
    keys = []
    for file in spool.scan(spool.source(), Selection(), bool):
        keys.append(file.key)
        full = min(most, len(files.names) - len(keys) + 1)
        until(partial(_lie, folder, full), "as many lie there as may")
        spool.ended(_receipt(file))
    assert keys == list(files.names)
    assert files.most == most
    assert not list(folder.iterdir())


def test_what_has_come_to_an_end_is_known_and_what_failed_is_made_again(tmp_path: Path) -> None:
    """Who goes through them once more in the same kernel meets the same files, without their being made."""
    files = Files(3, 10, tmp_path / "made")
    spool = PartedSpool(files, tmp_path / "made")
    first = list(spool.scan(spool.source(), Selection(), bool))
    for file, outcome in zip(first, (Outcome.SENT, Outcome.FAILED, Outcome.SKIPPED), strict=True):
        spool.ended(_receipt(file, outcome))
    again = list(spool.scan(spool.source(), Selection(), bool))
    assert sorted(again, key=lambda file: file.key) == first
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["f1"]


def test_a_scan_that_is_stopped_ends_while_it_waits_for_room(tmp_path: Path) -> None:
    """Nobody waits for a file that nobody wants."""
    spool = PartedSpool(Files(9, 30 * MIB, tmp_path / "made"), tmp_path / "made")
    seen: list[FoundFile] = []
    with pytest.raises(PartStopped):
        seen.extend(spool.scan(spool.source(), Selection(), lambda: len(list((tmp_path / "made").iterdir())) > 2))
