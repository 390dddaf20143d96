"""What is kept of a dataset beside its files: written and read, torn, damaged, edited by hand, of later versions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss_jupyter.errors import CheckpointDamaged, CheckpointTooNew
from oss_jupyter.model.checked_line import checked_line, text_of
from oss_jupyter.model.dataset import Compare, DatasetSource, Piece, Rule, Selection
from oss_jupyter.model.dataset_record import (
    Child,
    DatasetHeader,
    child_line,
    dataset_line,
    errors_line,
    read_dataset,
)
from oss_jupyter.model.prove import Prove
from oss_jupyter.model.target import Target

_NAMES = st.text("ab.*/ é数\n\"'\\😀\udcff", max_size=8)
_PIECES = st.builds(Piece, _NAMES.map("/{}".format) | st.just("C:\\data"), _NAMES, _NAMES, st.booleans())
_SELECTIONS = st.builds(
    Selection, st.lists(st.builds(Rule, _NAMES, st.booleans()), max_size=3).map(tuple), st.booleans(), st.booleans()
)
_HEADERS = st.builds(
    DatasetHeader,
    transfer_id=st.just("k3v9x2qa"),
    source=st.builds(DatasetSource, st.lists(_PIECES, max_size=3).map(tuple), _NAMES),
    target=st.sampled_from([Target("bucket", ""), Target("bucket", "raw/2026 数据/")]),
    selection=_SELECTIONS,
    compare=st.sampled_from(Compare),
    options=st.sampled_from([{}, {"metadata": {"a": "b"}, "content_type": "text/plain"}]),
    place=st.sampled_from([{}, {"region": "cn-hangzhou", "path_style": True}]),
    created_at=st.floats(0, 2e9),
    profile=st.sampled_from(["", "prod"]),
    credentials_given=st.booleans(),
    limit=st.none() | st.integers(1, 2**40).map(float),
    parallel=st.none() | st.just("auto") | st.integers(1, 256),
    part_size=st.none() | st.integers(102_400, 2**30),
    prove=st.none() | st.sampled_from(Prove),
    force=st.booleans(),
)
HEADER = DatasetHeader("k3v9x2qa", DatasetSource((Piece("/data"),), "data/"), Target("bucket", ""))
CHILDREN = [Child(f"child{number}", f"/data/{number}\udcff", f"raw/{number}\n") for number in range(3)]
JOURNAL = dataset_line(HEADER) + b"".join(map(child_line, CHILDREN)) + errors_line()


@given(_HEADERS)
def test_what_is_written_is_read(header: DatasetHeader) -> None:
    """Every field comes back, whatever is in the names, in ASCII and on one line."""
    line = dataset_line(header)
    record = read_dataset(line)
    assert record.header == header
    assert (record.children, record.with_errors, record.damaged_lines, record.torn) == ({}, False, 0, False)
    assert line.isascii()
    assert line.index(b"\n") == len(line) - 1


def test_children_and_the_mark() -> None:
    """Children come back under their ids, and that the dataset has ended with errors."""
    record = read_dataset(JOURNAL)
    assert list(record.children.values()) == CHILDREN
    assert (record.with_errors, record.damaged_lines, record.torn) == (True, 0, False)


def test_torn_at_every_byte() -> None:
    """Whole lines count, and the last one without its end is as if it had never been written."""
    first = len(dataset_line(HEADER))
    for length in range(first, len(JOURNAL)):
        data = JOURNAL[:length]
        record = read_dataset(data)
        assert len(record.children) == min(3, data.count(b"\n") - 1)
        assert (record.torn, record.damaged_lines) == (not data.endswith(b"\n"), 0)


def test_damaged_at_every_byte() -> None:
    """A line with a wrong byte is counted and left out; the others still count."""
    for place in range(len(dataset_line(HEADER)), len(JOURNAL) - 1):
        data = bytearray(JOURNAL)
        data[place] ^= 0x01
        record = read_dataset(bytes(data))
        assert record.damaged_lines >= 1
        assert len(record.children) + record.with_errors >= 2
        assert set(record.children.values()) <= set(CHILDREN)


def edited(**changes: Any) -> bytes:
    entry = json.loads(text_of(dataset_line(HEADER)[:-1]) or b"")
    return checked_line(json.dumps({**entry, **changes}).encode("ascii"))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "../../etc"}, {"id": 5}, {"pieces": None}, {"pieces": [["data", "", "", False]]},
        {"pieces": [["/data"]]},
        {"pieces": [["/da\0ta", "", "", False]]}, {"pieces": [["/data", "", "", 0]]}, {"pieces": {"/data": ""}},
        {"pieces": [["/data", "a\0", "", False]]}, {"text": None}, {"rules": [["*"]]}, {"rules": "*"},
        {"rules": [["*", 1]]}, {"hidden": "yes"}, {"follow_links": 1}, {"compare": "sha"}, {"compare": None},
        {"bucket": "B"}, {"key": "/a"}, {"key": "a" * 1024}, {"key": "\udcff"}, {"options": []},
        {"place": {"internal": 1}},
        {"created_at": -1}, {"limit": 0}, {"parallel": 0}, {"part_size": 5}, {"part_size": True}, {"prove": "some"},
        {"force": "no"}, {"credentials_given": None}, {"format": 0}, {"format": "1"}, {"format": True},
    ],
)  # fmt: skip
def test_what_cannot_be(changes: dict[str, Any]) -> None:
    """A header whose CRC is right and whose values are not is refused as a whole."""
    assert read_dataset(edited()).header == HEADER
    with pytest.raises(CheckpointDamaged):
        read_dataset(edited(**changes))


@pytest.mark.parametrize("child", [{"child": "../x"}, {"path": "data"}, {"key": 5}, {"child": None}])
def test_a_child_that_cannot_be(child: dict[str, Any]) -> None:
    """The same for a child's line, which is then a damaged line."""
    entry = {"child": "child1", "path": "/data/1", "key": "raw/1", **child}
    record = read_dataset(dataset_line(HEADER) + checked_line(json.dumps(entry).encode("ascii")))
    assert (record.children, record.damaged_lines) == ({}, 1)


def test_a_later_format() -> None:
    """What a later version wrote is refused, in words that say what to do."""
    with pytest.raises(CheckpointTooNew) as refused:
        read_dataset(edited(format=2))
    assert all(refused.value.four_lines())
    for data in (b"", b"nonsense", JOURNAL[1:]):
        with pytest.raises(CheckpointDamaged) as damaged:
            read_dataset(data)
        assert all(damaged.value.four_lines())


def test_many_names_in_one_cell() -> None:
    """A list of very many files is kept, with the beginning of what was typed."""
    pieces = tuple(Piece(f"/data/{number}", str(number), is_file=True) for number in range(5_000))
    source = DatasetSource(pieces, " ".join(piece.path for piece in pieces))
    kept = read_dataset(dataset_line(DatasetHeader("k3v9x2qa", source, Target("bucket", "")))).header.source
    assert kept.pieces == pieces
    assert source.text.startswith(kept.text)
    assert len(kept.text) > 1_000
