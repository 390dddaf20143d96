"""The lines of a dataset's files: what is written is read, whatever the names are, and nothing else is believed."""

from __future__ import annotations

import json
import ntpath
import posixpath
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss_jupyter.errors import CheckpointDamaged, CheckpointTooNew
from oss_jupyter.model.checked_line import checked_line
from oss_jupyter.model.dataset import FileReceipt, Outcome
from oss_jupyter.model.file_lines import (
    OUTCOMES,
    WHOLE,
    Root,
    check_first,
    digest_of,
    entry_of,
    file_line,
    is_file,
    receipt_of_entry,
    root_line,
    root_of,
    root_of_entry,
    run_line,
    totals_line,
    totals_of,
    whole_rest,
)

MD5 = "9E107D9D372BB6826BD81D3542A419D6"
PLAIN = FileReceipt("/data/a/b.jpg", "raw/a/b.jpg", 20480, 10**18, Outcome.SENT, MD5, 2**64 - 1, MD5, 0.043)

# Names as systems have them: any character but the separators, also what is no UTF-8.
_CHARACTERS = "ab.-+%# '\"é数\n\r\t\x01\x7f\u2028\u0301😀\udc80\udcff"
_SEGMENTS = st.lists(st.text(_CHARACTERS, min_size=1, max_size=6), min_size=1, max_size=4)
_MD5S = st.just("") | st.binary(min_size=16, max_size=16).map(lambda digest: digest.hex().upper())


@st.composite
def receipts(draw: st.DrawFn) -> FileReceipt:
    """Any receipt of any file, whose key is that of a folder, of a mapping, or has nothing of the path."""
    join, root = draw(st.sampled_from([(posixpath.join, "/"), (ntpath.join, "C:\\")]))
    segments = draw(_SEGMENTS)
    path = join(root, *segments)
    key = draw(st.just("/".join(segments)) | st.just(segments[-1]) | st.text(_CHARACTERS + "/\\\0", min_size=1))
    md5 = draw(_MD5S)
    outcome = draw(st.sampled_from(Outcome))
    return FileReceipt(
        path,
        draw(st.sampled_from(["", "raw/", "数据/"])) + key,
        draw(st.integers(0, 2**48)),
        draw(st.integers(-(2**63), 2**63 - 1)),
        outcome,
        draw(st.sampled_from([md5, "", "0A1B-12"])),
        draw(st.none() | st.integers(0, 2**64 - 1)),
        md5,
        draw(st.integers(0, 10**6)) / 1000,
        *(
            draw(st.tuples(st.text(_CHARACTERS), st.text(_CHARACTERS, max_size=500)))
            if outcome is Outcome.FAILED
            else ("", "")
        ),
    )


def written(receipt: FileReceipt) -> tuple[Root, bytes]:
    """Return the root and the line of a receipt."""
    root = root_of(receipt.path, receipt.key)
    rest = root.rest(receipt.path, receipt.key)
    return root, file_line(receipt, whole_rest(receipt.path, receipt.key) if rest is None else rest, 21)


@given(receipts())
def test_what_is_written_is_read(receipt: FileReceipt) -> None:
    """Every field comes back, in ASCII and on one line, and path and key of their root and rest."""
    root, line = written(receipt)
    entry = entry_of(line[:-1])
    assert is_file(entry)
    assert receipt_of_entry(entry, *root.names(entry[2]), OUTCOMES[entry[0]]) == receipt
    assert line.isascii()
    assert line.index(b"\n") == len(line) - 1
    if root != WHOLE:
        assert root_of_entry(entry_of(root_line(root)[:-1])) == root


@given(receipts())
def test_torn_anywhere(receipt: FileReceipt) -> None:
    """A line without its end is none, wherever it ends."""
    line = written(receipt)[1][:-1]
    assert entry_of(line) is not None
    assert all(entry_of(line[:length]) is None for length in range(len(line)))


def test_nothing_is_stored_twice() -> None:
    """A file of a folder has its name once; one whose key has another name has both."""
    root, line = written(PLAIN)
    assert (root, line.count(b"b.jpg"), line.count(b"/data")) == (Root("/data/", "raw/"), 1, 0)
    root, line = written(replace(PLAIN, key="other.jpg"))
    assert (root, line.count(b"/data/a/b.jpg"), line.count(b"other.jpg")) == (WHOLE, 1, 1)


def test_short() -> None:
    """A file of 20 KB with 24 characters below its folder costs less than 125 bytes."""
    receipt = replace(
        PLAIN, path=f"/home/ada/data/{'n' * 24}", key=f"raw/2026/{'n' * 24}", mtime_ns=1_700_000_000 * 10**9
    )
    assert len(written(receipt)[1]) <= 115


def test_another_root_is_noticed() -> None:
    """A root answers only for names that both begin with it and end in the same way."""
    root = Root("/data/", "raw/")
    assert root.rest("/data/a/b", "raw/a/b") == "a/b"
    others = [
        ("/data/a", "raw/b"),
        ("/dat/a", "raw/a"),
        ("/data/a", "rawa"),
        ("/data/", "raw/"),
        ("/data/a/b", "raw/b"),
    ]
    assert [root.rest(*names) for names in others] == [None] * len(others)
    assert root_of("C:\\data\\a\\b", "raw/a/b") == Root("C:\\data\\", "raw/")
    assert root_of("C:\\data\\a", "raw/x\\a") == WHOLE


GOOD = json.loads('["s",21,"a",5,6,"",0.5]')


@pytest.mark.parametrize(
    "entry",
    [
        None, {}, [], "s", 7, GOOD[:6], [*GOOD, "etag", "code"], [*GOOD, "etag", "code", "reason", "more"], [*GOOD, 5],
        *([*GOOD[:place], value, *GOOD[place + 1 :]] for place, value in [
            (0, "z"), (0, 5), (0, ["s"]), (1, -1), (1, "21"), (1, True), (2, None), (2, ["a"]), (3, -1), (3, 5.0),
            (3, 2**63), (3, True), (4, "6"), (4, -(2**63) - 1), (5, None), (5, 7), (6, -1), (6, "0.5"), (6, None),
            (6, True), (6, float("inf")), (6, float("nan")),
        ]),
    ],
)  # fmt: skip
def test_not_a_file(entry: Any) -> None:
    """What has a field of the wrong kind, or outside of its bounds, is no line of a file."""
    assert is_file(GOOD)
    assert not is_file(entry)


@pytest.mark.parametrize("digest", ["AAAA", "=", "iLg9MsMf26nRu2X0MCqwI74w21lmdn9", "é", "A" * 44])
def test_not_a_digest(digest: str) -> None:
    """A digest is nothing, a CRC-64, an MD5, or both."""
    assert digest_of([*GOOD[:5], digest, 0]) is None


@pytest.mark.parametrize("text", [b"", b"[1", b"nonsense", b"[" * 100_000, b"\xff", b'"\\ud8', b"9" * 5000])
def test_a_good_check_of_nonsense(text: bytes) -> None:
    """What is no JSON says nothing, however right its CRC is."""
    assert not is_file(entry_of(checked_line(text)[:-1]))


def test_totals() -> None:
    """Totals come back, and nothing else is taken for them."""
    assert totals_of(entry_of(totals_line(3, 10**15)[:-1])) == (3, 10**15)
    assert [totals_of(entry) for entry in (["t", -1, 5], ["t", 1], ["t", 1, 2.5], GOOD, None)] == [None] * 5


def test_the_first_line() -> None:
    """A later format is refused and stays as it is; what is no format is damaged."""
    check_first(run_line()[:-1])
    with pytest.raises(CheckpointTooNew) as refused:
        check_first(checked_line(b'{"files":2}')[:-1])
    assert all(refused.value.four_lines())
    for text in (b"", b'{"files":0}', b'{"files":"1"}', b'{"files":true}', b"[]", b'{"format":1}'):
        with pytest.raises(CheckpointDamaged) as damaged:
            check_first(checked_line(text)[:-1])
        assert all(damaged.value.four_lines())
