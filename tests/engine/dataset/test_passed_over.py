"""What a dataset leaves out is said, and how much of each kind: by its plan before, by its notes afterwards."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.errors import SourceMissing
from oss_jupyter.model.dataset import Action
from oss_jupyter.notebook.display.dataset import plan_html

from ..kit import until
from .conftest import House

LONG = 60.0
Folder = Callable[..., dict[str, bytes]]


@pytest.fixture
def clutter(folder: Folder, tmp_path: Path) -> int:
    """Twelve files, and beside them one of each kind that has no object; returns how many files there are."""
    contents, data = folder(12), tmp_path / "data"
    for name in (".ipynb_checkpoints", "empty", "also-empty", "__pycache__"):
        (data / name).mkdir()
    for name in (".env", "notes.log", "d1/old.log", "d1/x.tmp", ".ossignore"):
        (data / name).write_text("*.log" if name == ".ossignore" else "x", encoding="utf-8")
    (data / "linked").symlink_to(data / "d1")
    os.mkfifo(data / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(data / "socket"))
    return len(contents)


def test_plan_and_notes_count_what_has_no_object(house: House, clutter: int, tmp_path: Path) -> None:
    """Hidden names, patterns, empty folders, links, pipes and sockets: each kind has its sentence in both."""
    data = tmp_path / "data"
    plan = house.plan(data, exclude="*.tmp")
    told = (
        f"{data / 'pipe'} and 1 other are no files (pipes, sockets, devices), so there is nothing to send.",
        f"3 hidden names are left out, for example {data / '.env'}. "
        "hidden=True takes in names with a dot, an include what it names.",
        f"3 names are left out by a pattern or an .ossignore, for example {data / 'notes.log'}.",
        f"2 empty folders have no object, because OSS has keys and no folders, for example {data / 'also-empty'}.",
        f"1 link to a folder is not followed: {data / 'linked'}. follow_links=True follows them.",
    )
    assert plan.passed_over == told
    assert all(sentence in str(plan) for sentence in told)
    assert "3 hidden names are left out" in plan_html(plan)
    assert (plan.totals[Action.SEND].files, plan.totals[Action.CANNOT].files) == (clutter, 2)
    transfer = house.upload(data, exclude="*.tmp")
    assert transfer.result(LONG).sent == clutter
    assert [note for note in transfer.snapshot().notes if note in told] == list(told)


def test_where_nothing_is_left_out_nothing_is_said(house: House, folder: Folder, tmp_path: Path) -> None:
    """A plan of plain files has no such sentence, and an upload no note."""
    folder(4)
    assert house.plan(tmp_path / "data").passed_over == ()
    transfer = house.upload(tmp_path / "data")
    transfer.result(LONG)
    assert transfer.snapshot().notes == ()


def test_a_plan_says_which_permission_would_save_what(house: House, folder: Folder, tmp_path: Path) -> None:
    """Without the right to list it is not taken for a fact that all has to be sent."""
    from oss_jupyter.sandbox import Fault

    folder(4)
    house.sandbox.faults.add(Fault("ListObjectsV2", times=None, code="AccessDenied", status=403))
    (note,) = house.plan(tmp_path / "data").passed_over
    assert "oss:ListObjects" in note


def test_where_nothing_is_found_nothing_is_left(house: House, tmp_path: Path) -> None:
    """A glob that matches nothing leaves no unfinished upload; run again once there is a file, it sends that."""
    (tmp_path / "data").mkdir()
    transfer = house.upload(tmp_path / "data" / "*.csv")
    with pytest.raises(SourceMissing, match="has no file to upload"):
        transfer.result(LONG)
    assert [path for path in house.checkpoints.iterdir() if path.suffix != ".lock"] == []
    (tmp_path / "data" / "a.csv").write_bytes(b"a")
    assert house.upload(tmp_path / "data" / "*.csv").result(LONG).sent == 1


def test_a_glob_that_finds_nothing_any_more_keeps_what_was_sent(house: House, folder: Folder, tmp_path: Path) -> None:
    """What earlier runs have sent is still known where the files are gone meanwhile."""
    contents = folder(30)
    house.sandbox.latency_seconds = 0.05
    transfer = house.upload(tmp_path / "data", parallel=2)
    until(lambda: (files := transfer.snapshot().files) and files.sent >= 6, "some files are there")
    transfer.pause()
    assert transfer.wait(LONG)
    for key in contents:
        (tmp_path / "data" / key).unlink()
    transfer.resume()
    with pytest.raises(SourceMissing, match="has no file to upload"):
        transfer.result(LONG)
    assert list(house.checkpoints.glob("*.dataset"))
