"""Many files at once: up as one dataset, back side by side, and told to fsspec's callbacks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fsspec.callbacks import Callback

import oss_jupyter as oj
from oss_jupyter.remote.filesystem import OssFileSystem
from oss_jupyter.sandbox import Fault, Sandbox

from .conftest import BUCKET


class Counting(Callback):  # type: ignore[misc]
    """Counts files."""


class Following(Callback):  # type: ignore[misc]
    """Follows each file by its bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.children: dict[str, Callback] = {}

    def branched(self, path_1: str, path_2: str, **_: Any) -> Callback:
        """Return one of its own for a file."""
        return self.children.setdefault(Path(path_1).name, Callback())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of files, hidden ones and an empty folder among them."""
    for name in ("a.bin", "sub/b.bin", "sub/deep/c.bin", ".hidden", "sub/empty.bin", "name with ünicode?.bin"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"" if "empty" in name else os.urandom(1000))
    (tmp_path / "data" / "nothing").mkdir()
    return tmp_path / "data"


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_goes_up_as_one(oss_fs: OssFileSystem, folder: Path, tmp_path: Path, service: Sandbox) -> None:
    """All its files are there, by fsspec's names, of one job that looked for none of them; and they come back."""
    counting = Counting()
    oss_fs.put(str(folder), f"{BUCKET}/up", recursive=True, callback=counting)
    assert {name.removeprefix(f"{BUCKET}/up/") for name in oss_fs.find(f"{BUCKET}/up")} == set(_contents(folder))
    assert (counting.size, counting.value) == (6, 6)
    assert len(oj.transfers()) == 1
    again = Counting()
    oss_fs.get(f"{BUCKET}/up", str(tmp_path / "down"), recursive=True, callback=again)
    assert _contents(tmp_path / "down") == _contents(folder)
    assert again.size == again.value >= 6


def test_what_is_there_is_replaced(oss_fs: OssFileSystem, folder: Path) -> None:
    """A put puts, also what has the same size as what is there; names that are given one by one count as they are."""
    names = [f"{BUCKET}/x/1", f"{BUCKET}/y/2"]
    oss_fs.pipe({names[0]: bytes(1000), names[1]: b"other"})
    oss_fs.put([str(folder / "a.bin"), str(folder / "sub/b.bin")], names)
    assert [oss_fs.cat_file(name) for name in names] == [
        _contents(folder)["a.bin"],
        _contents(folder)["sub/b.bin"],
    ]


def test_a_callback_that_follows_each_file(oss_fs: OssFileSystem, folder: Path, tmp_path: Path) -> None:
    """It is told the bytes of each file, up and down."""
    for follow in ("up", "down"):
        callback = Following()
        if follow == "up":
            oss_fs.put(str(folder), f"{BUCKET}/up", recursive=True, callback=callback)
        else:
            oss_fs.get(f"{BUCKET}/up", str(tmp_path / "down"), recursive=True, callback=callback)
        sizes = {name: child.value for name, child in callback.children.items() if name.endswith(".bin")}
        assert sizes == {Path(name).name: len(data) for name, data in _contents(folder).items() if ".bin" in name}
        assert callback.size == callback.value


def test_what_fails_is_said(oss_fs: OssFileSystem, folder: Path, service: Sandbox, tmp_path: Path) -> None:
    """A file that is refused is named, the others are there; reading ends with the error that libraries look for."""
    service.faults.add(Fault("PutObject", "answer", code="AccessDenied", key="up/sub/b.bin", times=None))
    with pytest.raises(oj.OssJupyterError, match=r"b\.bin"):
        oss_fs.put(str(folder), f"{BUCKET}/up", recursive=True)
    assert oss_fs.exists(f"{BUCKET}/up/a.bin")
    service.faults.add(Fault("GetObject", "answer", code="AccessDenied", key="up/a.bin", times=None))
    with pytest.raises(PermissionError):
        oss_fs.get(f"{BUCKET}/up", str(tmp_path / "down"), recursive=True)
    assert list((tmp_path / "down").rglob("*.part")) == []
