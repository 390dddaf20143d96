"""A plan is a value: small, in order, unchanging, and it tells what it would do before anything is sent."""

from __future__ import annotations

import hashlib
import pickle
import re
import tracemalloc
from dataclasses import FrozenInstanceError
from typing import Any

import pandas as pd
import pytest

from oss_jupyter.errors import InputError
from oss_jupyter.model.dataset import Action, Trouble
from oss_jupyter.model.dataset_plan import DatasetPlan, PlanBuilder, Total
from oss_jupyter.model.dataset_text import place_of, reason_text
from oss_jupyter.model.planned_rows import PlannedFile
from oss_jupyter.model.sizes import GIB, KIB, MIB

from ..datasets import EVIL, ODD, a_plan, odd_plan


def plan_of(*rows: PlannedFile, part_size: int | None = None) -> DatasetPlan:
    builder = PlanBuilder("oss://bucket/", "data/", part_size)
    for row in rows:
        builder.add(row)
    return builder.plan()


def small_files(count: int, size: int, name: str) -> DatasetPlan:
    names = (name.format(n, hash=hashlib.sha256(str(n).encode()).hexdigest()) for n in range(count))
    return plan_of(*(PlannedFile("", key, size, Action.SEND) for key in sorted(names)))


@pytest.mark.parametrize("count", [1, 999, 1000, 1001, 2500])
def test_it_is_a_sequence_of_its_rows(count: int) -> None:
    """Length, order, indexes from both ends and slices are those of a list, also where blocks of rows meet."""
    plan, rows = a_plan(count), list(a_plan(count))
    assert len(plan) == len(rows) == count
    assert [plan[number] for number in range(-count, count)] == rows + rows
    for part in (slice(None), slice(-5, None), slice(990, 1010), slice(None, None, -7), slice(5, 2)):
        assert plan[part] == tuple(rows[part])
    assert list(reversed(plan)) == rows[::-1]
    assert rows[-1] in plan
    for wrong in (count, -count - 1):
        with pytest.raises(IndexError):
            plan[wrong]


def test_it_is_told_in_chinese_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its actions and reasons are words there; what programs compare is the same in every language."""
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    trouble = f"{Trouble.UNREADABLE}: EACCES"
    plan = plan_of(PlannedFile("/a", "a", 1, Action.SEND, "new"), PlannedFile("/b", "b", 0, Action.CANNOT, trouble))
    assert repr(plan) == "<DatasetPlan data/ -> oss://bucket/：2 个文件，发送 1，无法发送 1>"
    assert [line.split() for line in str(plan).splitlines()[-2:]] == [
        ["发送", "a", "1", "B", "新文件"],
        ["无法发送", "b", "无法读取：EACCES"],
    ]
    assert plan.totals["cannot"].files == 1  # type: ignore[index]


def test_many_rows_are_small() -> None:
    """A million files fit into memory beside the data: a row takes less than 60 bytes, and building not much more."""
    tracemalloc.start()
    try:
        plan = a_plan(10_000)
        now_bytes, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert now_bytes / len(plan) < 60
    assert most_bytes / len(plan) < 200
    assert plan[5_432].path.endswith("class_005/img_0005432.jpg")


def test_totals_and_rows_by_action() -> None:
    """The sums are those of the rows, for each action and in all."""
    plan = a_plan(40)
    for action in Action:
        rows = [row for row in plan if row.action is action]
        assert plan.totals[action] == Total(len(rows), sum(row.size for row in rows))
        assert list(plan.rows(action)) == list(plan.rows(action.value)) == rows
    assert plan.total == Total(40, sum(row.size for row in plan))
    assert plan.cannot == tuple(row for row in plan if row.action == "cannot")
    with pytest.raises(InputError, match="no action 'upload'"):
        plan.rows("upload")


def test_it_does_not_change() -> None:
    """What was shown is what is carried out: neither plan nor row can be set, and the builder begins anew."""
    builder = PlanBuilder("oss://bucket/", "data/")
    builder.add(PlannedFile("/a", "a", 1, Action.SEND))
    plan = builder.plan()
    builder.add(PlannedFile("/b", "b", 1, Action.SEND))
    assert len(plan) == 1
    with pytest.raises(FrozenInstanceError):
        plan.target = "oss://other/"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        plan[0].action = Action.SKIP  # type: ignore[misc]


def test_requests_are_estimated_from_sizes() -> None:
    """A small file is one PutObject; a large one is looked at, begun, sent in parts, completed; of others none."""
    rows = (
        PlannedFile("", "a", 0, Action.SEND),
        PlannedFile("", "b", 8 * MIB, Action.SEND),
        PlannedFile("", "c", 8 * MIB + 1, Action.SEND),
        PlannedFile("", "d", 80 * MIB, Action.RESUME),
        PlannedFile("", "e", GIB, Action.SKIP),
        PlannedFile("", "f", GIB, Action.CANNOT),
    )
    requests = plan_of(*rows).requests
    assert [count for _, count in requests.by_name] == [0, 1, 2, 1, 1, 12, 2]
    assert requests.total == 19
    assert plan_of(*rows, part_size=MIB).requests.upload_parts == 8 + 9 + 80
    assert a_plan().requests.lists == 1


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ((10_000, 20 * KIB, "img_{:06d}.jpg"), "share 2,000 requests a second .* 39.1 MiB/s .* least 5 s"),
        ((10_000, 0, "2026-01-01T{:06d}.jpg"), "share 2,000 .* beyond 0 B/s"),
        ((50_000, 20 * KIB, "{hash}.jpg"), "10,000 requests a second .* 195 MiB/s .* least 5 s"),
        ((9_999, 20 * KIB, "img_{:06d}.jpg"), ""),
        ((49_999, 20 * KIB, "{hash}.jpg"), ""),
        ((10_000, 700 * KIB, "img_{:06d}.jpg"), ""),
    ],
    ids=["sequential", "empty files", "account", "few", "few of an account", "the line is slower"],
)
def test_it_warns_where_the_services_limits_would_be_met(files: tuple[int, int, str], words: str) -> None:
    """Many small files with names that count up meet 2,000 a second, any others 10,000; who does not is not warned."""
    plan = small_files(*files)
    assert bool(plan.warning) == bool(words)
    assert re.search(words, plan.warning)
    assert plan.warning in str(plan)


def test_printing_it_shows_both_ends_and_all_sums() -> None:
    """A script that prints a plan sees what goes where, how much of each, the requests, and fifteen rows of it."""
    lines = str(a_plan(2000)).splitlines()
    assert lines[0].startswith("data/ -> oss://bucket/raw/: 2,000 files, ")
    assert [line.split()[:2] for line in lines[1:5]] == [
        ["send", "1,400"], ["skip", "400"], ["resume", "1"], ["cannot", "199"]
    ]  # fmt: skip
    assert lines[5].startswith("Requests, estimated: 1 ListObjectsV2, 1,400 PutObject, 1 ListParts, 3 UploadPart, ")
    assert lines[7].split() == ["action", "file", "size", "reason"]
    assert lines[8].split() == ["send", "class_000/img_0000000.jpg", "4.9", "KiB", "new"]
    assert lines[18].strip() == "(1,985 more)"
    assert lines[-1].split() == ["resume", "z.bin", "20", "MiB", "some", "of", "it", "is", "there"]
    assert len(lines) == 24
    assert max(map(len, lines)) < 160


def test_totals_are_found_by_the_word_that_is_shown() -> None:
    """Who reads "send" in the table writes it."""
    plan = PlanBuilder("oss://bucket/", "data/").plan()
    totals: dict[Any, Any] = dict(plan.totals)
    assert [totals[word] for word in ("send", "skip", "resume", "cannot")] == list(totals.values())


@pytest.mark.parametrize(("files", "shown"), [(1, 1), (16, 16), (17, 16)])
def test_nothing_is_left_out_where_that_saves_no_line(files: int, shown: int) -> None:
    """A line that says that one more row is there would be as long as the row."""
    assert len(str(a_plan(files)).partition("\n\n")[2].splitlines()) == 1 + shown


def test_an_empty_plan_is_one_line() -> None:
    """A folder without files is told as it is."""
    plan = plan_of()
    assert (str(plan), repr(plan)) == (
        "data/ -> oss://bucket/: 0 files, 0 B",
        "<DatasetPlan data/ -> oss://bucket/: 0 files>",
    )
    assert not plan
    assert repr(a_plan()) == ("<DatasetPlan data/ -> oss://bucket/raw/: 40 files, send 28, skip 8, resume 1, cannot 3>")


@pytest.mark.parametrize("name", [EVIL, *ODD])
def test_odd_names_come_out_as_they_went_in_and_are_shown_in_letters(name: str) -> None:
    """Names that are no Unicode, or that would move a cursor, are kept exactly and printed harmlessly."""
    plan = odd_plan(name)
    assert [row.key for row in plan] == [name, name]
    assert pickle.loads(pickle.dumps(plan)) == plan
    assert str(plan).replace("\n", "").isprintable()
    assert repr(plan).isprintable()
    assert plan.to_frame()["key"].notna().all()


def test_reasons_are_told_in_words() -> None:
    """Every trouble of a scan has its words, and what are words already is left as it is."""
    for trouble in Trouble:
        assert not trouble or " " in reason_text(trouble)
    assert reason_text("Permission denied:\n/x") == "Permission denied:\\n/x"
    assert reason_text("unreadable: Permission denied") == "it cannot be read: Permission denied"
    assert reason_text("No such file: /x: y") == "No such file: /x: y"
    assert reason_text("") == ""


@pytest.mark.parametrize(
    ("path", "key", "shown"),
    [
        ("/data/a/b.csv", "a/b.csv", "a/b.csv"),
        ("C:\\data\\a\\b.csv", "a/b.csv", "a/b.csv"),
        ("/data/a/b.csv", "c.csv", "/data/a/b.csv -> c.csv"),
        ("/data/ab.csv", "b.csv", "/data/ab.csv -> b.csv"),
        ("/data/fifo", "", "/data/fifo"),
        ("/data/a/b.csv", "raw/a/b.csv", "a/b.csv"),
        ("/data/a/b.csv", "raw/2026/b.csv", "/data/a/b.csv -> 2026/b.csv"),
    ],
)
def test_a_row_shows_the_path_only_where_the_key_does_not_tell_it(path: str, key: str, shown: str) -> None:
    """Folders give a column that can be read, and a mapping shows both names."""
    assert place_of(path, key, "raw/") == shown


def test_as_a_frame_it_can_be_filtered() -> None:
    """Whoever knows pandas has no interface to learn, and the times keep their nanoseconds."""
    plan = a_plan(1500)
    table = plan.to_frame()
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == ["path", "key", "size", "action", "reason", "mtime_ns"]
    assert len(table[table.action == "skip"]) == plan.totals[Action.SKIP].files
    assert table["mtime_ns"].iloc[3] == plan[3].mtime_ns
    assert table["size"].sum() == plan.total.bytes


def test_it_carries_out_what_it_shows() -> None:
    """Who made the plan gets the very same one back, and a copy in another process has nobody to ask."""
    asked: list[Any] = []

    def begin(plan: DatasetPlan, **how: Any) -> str:
        asked.append((plan, how))
        return "transfer"

    plan = a_plan(begin=begin)
    assert plan.upload(parallel=8) == "transfer"
    assert asked == [(plan, {"parallel": 8})]
    copy = pickle.loads(pickle.dumps(plan))
    assert copy == plan
    with pytest.raises(InputError) as refused:
        copy.upload()
    assert (refused.value.code, bool(refused.value.advice)) == ("PlanIsACopy", True)
