"""A table of Dask goes up as its partitions, one after the other, and comes back equal in their order."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.errors import InputError
from oss_jupyter.model.states import State
from oss_jupyter.sandbox import Fault, Sandbox
from tests.engine.dataset.conftest import KEYS, House

np, pd, dd = map(importlib.import_module, ("numpy", "pandas", "dask.dataframe"))  # they have no annotations
LONG = 60.0
TABLE = "oss://test-bucket/raw/"
# Nothing is in the first half of c: alone it would have another type there.
ROWS = pd.DataFrame({"a": range(120), "b": [f"ü{n}" for n in range(120)], "c": [None] * 60 + ["x"] * 60})


@pytest.fixture
def house(sandbox: Sandbox, tmp_path: Path) -> Iterator[House]:
    """A session that sends in its own threads."""
    made = House(sandbox, tmp_path / "checkpoints", helper="never")
    yield made
    made.session.manager.pause_all(10.0)


def frame(parts: int = 6) -> Any:
    return dd.from_pandas(ROWS, npartitions=parts)


def failing(broken: set[int], calls: list[int] | None = None) -> Any:
    """A table of twelve partitions; those in `broken` raise as long as they are there."""

    def work(part: Any) -> Any:
        number = int(part.a.iloc[0]) // 10
        if calls is not None:
            calls.append(number)
        if number in broken:
            raise ZeroDivisionError(f"no {number}")
        return part

    return frame(12).map_partitions(work, meta=ROWS.iloc[:0])


def files(house: House, prefix: str = "raw/") -> list[Path]:
    control = house.session.wiring.control(house.session.wiring.endpoint({}), KEYS, None)
    keys = [one.key for one in control.list_objects("test-bucket", prefix).objects]
    return [house.sandbox.object_path("test-bucket", key) for key in keys]


def table(house: House, prefix: str = "raw/") -> Any:
    """What lies below a prefix, as a table."""
    return pd.concat([pd.read_parquet(path) for path in files(house, prefix)])


def assert_equal(read: Any, made: Any) -> None:
    """Compare values: what type texts have is the library's; an older Dask makes Arrow's, pandas reads its own."""
    texts = {"b": object, "c": object}
    pd.testing.assert_frame_equal(read.astype(texts), made.astype(texts))


def test_partitions_come_back_equal_and_are_sent_once(house: House) -> None:
    """Their names sort as they do, their types are the same in all, and a second run sends nothing."""
    receipt = house.upload(frame(12)).result(LONG)
    assert (receipt.sent, receipt.failed) == (12, 0)
    assert list(house.there()) == [f"part.{number:04}.parquet" for number in range(12)]
    assert_equal(table(house), frame().compute())
    types = {pd.read_parquet(path).dtypes["c"] for path in files(house)}
    assert len(types) == 1
    house.operations()
    again = house.upload(frame(12)).result(LONG)
    assert (again.sent, again.skipped) == (0, 12)
    assert set(house.operations()) == {"ListObjectsV2"}
    changed = dd.from_pandas(ROWS.assign(a=ROWS.a.where(ROWS.a != 35, 0)), npartitions=12)
    assert house.upload(changed).result(LONG).sent == 1
    assert_equal(table(house), changed.compute())
    assert sorted(path.suffix for path in house.checkpoints.iterdir()) == [".receipts"]


@pytest.mark.parametrize(
    ("target", "names", "read"),
    [
        ("oss://test-bucket/t/day-*.csv", "t/day-{:04}.csv", pd.read_csv),
        ("oss://test-bucket/t.csv.gz", "t.csv.gz/part.{:04}.csv.gz", pd.read_csv),
        ("oss://test-bucket/v1.table/", "v1.table/part.{:04}.parquet", pd.read_parquet),
    ],
)
def test_the_target_says_format_and_names(house: House, target: str, names: str, read: Any) -> None:
    """A * in the last name is the number; the format follows that name's ending, else the target's, else Parquet."""
    options = {"index": False}
    house.upload(frame(2), target, writer_options=options).result(LONG)
    parts = [house.sandbox.object_path("test-bucket", names.format(number)) for number in range(2)]
    suffix = {"compression": "gzip"} if names.endswith(".gz") else {}
    found = pd.concat([read(part, **suffix) for part in parts], ignore_index=True)
    assert found.a.tolist() == ROWS.a.tolist()
    assert list(found.columns) == list(ROWS.columns)


@pytest.mark.parametrize("column", [False, True])
def test_what_is_empty_or_one_column_is_a_table_too(house: House, column: bool) -> None:
    """Partitions without rows go up, with their columns; a column goes up as a table of one."""
    wanted = frame(3).b if column else frame(3).query("a < 0")
    assert house.upload(wanted).result(LONG).sent == 3
    expected = ROWS[["b"]] if column else ROWS.iloc[:0]
    found = table(house)
    assert found.shape == expected.shape
    assert list(found.columns) == list(expected.columns)


def test_a_partition_that_raises_is_named_and_stops_no_other(house: House) -> None:
    """The library's words and the number are in the failure; resuming computes and sends that one alone."""
    broken, calls = {3, 7}, list[int]()
    transfer = house.upload(failing(broken, calls))
    receipt = transfer.result(LONG)
    assert (transfer.state, receipt.sent, receipt.failed) == (State.COMPLETED_WITH_ERRORS, 10, 2)
    reasons = sorted(failure.reason for failure in transfer.failures)
    assert reasons == [f"it could not be made: partition {number}: ZeroDivisionError: no {number}" for number in (3, 7)]
    assert f"part.0003.parquet: {reasons[0]}" in str(receipt).splitlines()
    broken.clear()
    calls.clear()
    house.operations()
    transfer.resume()
    assert transfer.result(LONG).sent == 2
    assert sorted(calls) == [3, 7]
    assert Counter(house.operations())["PutObject"] == 2
    assert_equal(table(house), frame().compute())


def test_where_all_partitions_raise_it_is_said_once(house: House) -> None:
    """What is common to all, a column that is missing for example, does not fail a thousand times."""

    def work(part: Any) -> Any:
        raise KeyError("price")

    transfer = house.upload(frame(60).map_partitions(work, meta=ROWS.iloc[:0]))
    with pytest.raises(InputError, match="KeyError: 'price'"):
        transfer.result(LONG)
    assert not house.there()


def test_a_pause_computes_nothing_again_that_is_sent(house: House) -> None:
    """What is in OSS is kept, and what lies on the disk goes from there."""
    calls = list[int]()
    house.sandbox.faults.add(Fault("PutObject", key="raw/part.0005.parquet", kind="stall", times=None))
    transfer = house.upload(failing(set(), calls))
    while transfer.snapshot().files.done < 11:  # type: ignore[union-attr]
        transfer.wait(0.01)
    transfer.pause()
    assert transfer.wait(20)
    house.sandbox.faults.clear()
    assert sorted(calls) == list(range(12))
    transfer.resume()
    receipt = transfer.result(LONG)
    assert (receipt.sent, receipt.kept) == (1, 11)
    assert sorted(calls) == list(range(12))
    assert_equal(table(house), frame().compute())


def test_only_what_is_kept_by_another_kernel_is_left_when_the_maker_is_gone(house: House, tmp_path: Path) -> None:
    """Resuming it by its id says to run the cell again; that sends what is missing, and aborting leaves no file."""
    house.sandbox.faults.add(Fault("PutObject", key="raw/part.0005.parquet", kind="stall", times=None))
    first = house.upload(failing(set()))
    while first.snapshot().files.done < 11:  # type: ignore[union-attr]
        first.wait(0.01)
    first.pause()
    assert first.wait(20)
    house.sandbox.faults.clear()
    other = House(house.sandbox, house.checkpoints, helper="never")
    (left,) = other.session.transfers()
    assert (left.id, left.snapshot().source) == (first.id, first.snapshot().source)
    other.session.resume(left.id, credentials=KEYS)
    left.wait(20)
    assert "Run the cell again" in str(left.error)
    house.operations()
    again = other.upload(failing(set()))
    assert again.id == first.id
    assert again.result(LONG).sent == 1
    assert Counter(house.operations())["PutObject"] == 1
    assert_equal(table(house), frame().compute())
    assert sorted(path.suffix for path in house.checkpoints.iterdir()) == [".receipts"]


def test_aborting_leaves_no_file(house: House) -> None:
    """What was written and not sent goes with the upload, and so does its folder."""
    house.sandbox.faults.add(Fault("PutObject", kind="stall", times=None))
    transfer = house.upload(frame(12))
    while not list(house.checkpoints.glob("*.made/part.*")):
        transfer.wait(0.01)
    folder = next(house.checkpoints.glob("*.made"))
    assert (folder.stat().st_mode & 0o777, next(folder.iterdir()).stat().st_mode & 0o777) == (0o700, 0o600)
    transfer.abort()
    assert transfer.wait(20)
    assert not list(house.checkpoints.glob("*.made"))


@pytest.mark.parametrize(
    ("target", "given", "word"),
    [
        ("oss://test-bucket/a*/t.parquet", {}, "no number can stand"),
        ("oss://test-bucket/t/*-*.parquet", {}, "no number can stand"),
        ("oss://test-bucket/t/part-*.foo", {}, "does not say what a partition"),
        (TABLE, {"include": "*.csv"}, "every file is named"),
        (TABLE, {"writer_options": 7}, "no dictionary"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_computed(
    house: House, target: str, given: dict[str, Any], word: str
) -> None:
    """The error comes from the call, and nothing was sent."""
    with pytest.raises(InputError, match=word):
        house.upload(failing(set()), target, **given)
    assert not house.operations()


def test_a_plan_is_refused_and_computes_nothing(house: House) -> None:
    """Nothing of a table, or of a column, is computed to look at it."""
    calls = list[int]()
    for wanted in (failing(set(), calls), failing(set(), calls).b):
        with pytest.raises(InputError, match="is an object"):
            house.plan(wanted)
    assert not calls


def test_nothing_of_dask_is_loaded_before_there_is_such_a_table(tmp_path: Path) -> None:
    """It is no dependency, and asking what an object is costs no import."""
    code = "import sys, oss_jupyter.session.session as s; print([m for m in sys.modules if m.startswith('dask')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
