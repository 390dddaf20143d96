"""What a place on a dataset's map says when it is pointed at: which file it is, where somebody would want to know."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from oss_jupyter.model.dataset import Cell
from oss_jupyter.model.dataset_text import reason_text
from oss_jupyter.sandbox import Fault

from ..kit import until
from .conftest import House

MIB = 1024 * 1024
LONG = 60.0
Folder = Callable[..., dict[str, bytes]]


def test_a_failed_file_has_its_name_on_the_map(house: House, folder: Folder, tmp_path: Path) -> None:
    """One refused by the service, and one that cannot be sent at all, are named at their places; no other is."""
    contents = folder(12)
    (tmp_path / "data" / "nowhere.bin").symlink_to(tmp_path / "gone")
    keys = sorted([*contents, "nowhere.bin"])
    refused = Fault("PutObject", key="raw/f0004.bin", times=None, code="InvalidArgument", status=400)
    house.sandbox.faults.add(refused)
    transfer = house.upload(tmp_path / "data")
    assert transfer.result(LONG).failed == 2
    named = {place: found for place in range(len(keys) + 1) if (found := transfer.files_at(place))}
    assert {place: [one.key for one in found] for place, found in named.items()} == {
        keys.index(name): [f"raw/{name}"] for name in ("f0004.bin", "nowhere.bin")
    }
    (file,) = named[keys.index("f0004.bin")]
    assert (file.cell, file.size) == (Cell.FAILED, len(contents["f0004.bin"]))
    assert file.reason
    (lost,) = named[keys.index("nowhere.bin")]
    assert lost.reason == "it cannot be read: a link that leads nowhere"
    assert [one.code for one in transfer.failures if one.key == "raw/nowhere.bin"] == ["Unreadable"]
    (row,) = house.plan(tmp_path / "data").rows("cannot")
    assert reason_text(row.reason) == lost.reason  # a plan says it in the same words


def test_a_large_file_on_the_map_leads_to_its_parts(house: House, folder: Folder, tmp_path: Path) -> None:
    """Its place names it while it is sent, with the transfer whose map can be opened."""
    contents = folder(8)
    (tmp_path / "data" / "large.bin").write_bytes(os.urandom(4 * MIB))
    place = sorted([*contents, "large.bin"]).index("large.bin")
    house.sandbox.faults.add(Fault("UploadPart", "delay", times=None, seconds=0.2))
    transfer = house.upload(tmp_path / "data", part_size="1MiB", parallel=1)
    until(lambda: transfer.files_at(place), "the large file is on its way")
    (file,) = transfer.files_at(place)
    assert (file.key, file.size, file.cell) == ("raw/large.bin", 4 * MIB, Cell.ON_THE_WIRE)
    child = transfer.child(file.transfer_id)
    assert child is not None
    assert child.target.key == "raw/large.bin"
    transfer.result(LONG)
    assert transfer.files_at(place) == []


def test_at_rest_nothing_is_on_the_wire(house: House, folder: Folder, tmp_path: Path) -> None:
    """What a pause has stopped waits again, on the map and by its name; a large file keeps how far it is."""
    contents = folder(60)
    (tmp_path / "data" / "large.bin").write_bytes(os.urandom(4 * MIB))
    place = sorted([*contents, "large.bin"]).index("large.bin")
    house.sandbox.latency_seconds = 0.1
    transfer = house.upload(tmp_path / "data", part_size="1MiB", parallel=4)
    until(lambda: transfer.files_at(place), "the large file is on its way")
    until(lambda: (files := transfer.snapshot().files) and files.sent > 4, "some files are there")
    transfer.pause()
    assert transfer.wait(LONG)
    files = transfer.snapshot().files
    assert files is not None
    kinds = {value & 7 for value in files.cells}
    assert kinds <= {Cell.WAITING, Cell.DONE}
    assert Cell.ON_THE_WIRE not in {one.cell for one in transfer.files_at(place)}
    house.sandbox.latency_seconds = 0.0
    transfer.resume()
    transfer.result(LONG)
