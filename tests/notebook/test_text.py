"""The words and the HTML of a snapshot, state by state."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from oss_jupyter.console.lines import brief, describe, details, receipt_rows, short_line
from oss_jupyter.model.columns import columns, shortened
from oss_jupyter.model.progress import Phase, Receipt, Snapshot
from oss_jupyter.model.prove import Proven
from oss_jupyter.model.sizes import GIB, MIB
from oss_jupyter.model.states import State
from oss_jupyter.model.target import Target
from oss_jupyter.names import printable
from oss_jupyter.notebook.display.html import table_html, transfer_html
from oss_jupyter.session.text import head_line, status_line

ERROR = (
    "The service refused.",
    "3 of 9 parts are kept.",
    "Ask for it\nor use another key.",
    "AccessDenied · 0003",
)
RECEIPT = Receipt("oss://bucket/key", 52 * GIB, "ABC-9", 1234567, "5F", 612.0, 6656, 16 * GIB, 36 * GIB, 3)


def _snapshot(state: State = State.RUNNING, **fields: Any) -> Snapshot:
    known: dict[str, Any] = {
        "total_bytes": 52 * GIB,
        "shown_bytes": int(19.4 * GIB),
        "confirmed_bytes": 19 * GIB,
        "elapsed_seconds": 300.0,
        "bytes_per_second": 84.2 * MIB,
        "left_seconds": 400.0,
        "checkpoint": "/state/k5ffjj43.journal",
        **fields,
    }
    return Snapshot("k5ffjj43", "/data/trips.parquet", Target("bucket", "key"), state, **known)


@pytest.mark.parametrize(
    ("snapshot", "line"),
    [
        (_snapshot(), "37 % · 19.4 of 52 GiB · 84.2 MiB/s · 6 min 40 s left"),
        (_snapshot(bytes_per_second=None, left_seconds=None), "37 % · 19.4 of 52 GiB · estimating"),
        (
            _snapshot(kept_bytes=int(16.2 * GIB), confirmed_bytes=3 * GIB),
            "37 % · 19.4 of 52 GiB · 31 % kept from before · 6 % now · 84.2 MiB/s · 6 min 40 s left",
        ),
        (_snapshot(silent_seconds=45.2), "37 % · 19.4 of 52 GiB · no data accepted for 45 s, retrying"),
        (_snapshot(silent_seconds=9e9, elapsed_seconds=1.0), "37 % · 19.4 of 52 GiB · 84.2 MiB/s · 6 min 40 s left"),
        (
            _snapshot(phase=Phase.CHECKING_PARTS, silent_seconds=90.0, elapsed_seconds=90.0),
            "37 % · 19.4 of 52 GiB · checking what is already in OSS · 1 min 30 s",
        ),
        (
            _snapshot(phase=Phase.COMPARING, compared_bytes=GIB, compare_bytes=4 * GIB),
            "37 % · 19.4 of 52 GiB · comparing what was sent with the file: 1 of 4 GiB · 5 min 00 s",
        ),
        (
            _snapshot(compared_bytes=GIB, compare_bytes=4 * GIB),
            "37 % · 19.4 of 52 GiB · 84.2 MiB/s · 6 min 40 s left · comparing what was kept: 1 of 4 GiB",
        ),
        (
            _snapshot(State.COMPLETING, phase=Phase.COMPLETING, shown_bytes=52 * GIB, elapsed_seconds=2.0),
            "99 % · 52 of 52 GiB · completing",
        ),
        (_snapshot(State.QUEUED, total_bytes=0, shown_bytes=0), "queued · 0 % · 0 of 0 B"),
        (_snapshot(State.WAITING_FOR_CREDENTIALS), "waiting for credentials · 37 % · 19.4 of 52 GiB"),
        (_snapshot(State.PAUSED), "paused · 19 of 52 GiB already in OSS"),
        (_snapshot(State.INTERRUPTED, confirmed_bytes=0), "interrupted · nothing of 52 GiB confirmed yet"),
        (_snapshot(State.FAILED), "failed · 19 of 52 GiB already in OSS"),
        (_snapshot(State.FAILED, checkpoint=None), "failed"),
        (_snapshot(State.FAILED, error=("It is sent elsewhere.", "", "", "TransferBusy")), "failed"),
        (_snapshot(State.ABORTED), "aborted"),
        (
            _snapshot(State.COMPLETED, receipt=RECEIPT),
            "completed · 52 GiB · 10 min 12 s · 60.2 MiB/s · CRC-64 1234567 · kept 16 GiB, sent 36 GiB, 3 retries"
            " · what was kept was not read again",
        ),
        (
            _snapshot(State.COMPLETED, receipt=replace(RECEIPT, already_there=True, sent_bytes=0, crc64=None)),
            "completed · already there, nothing was sent · 52 GiB",
        ),
    ],
)
def test_status_lines(snapshot: Snapshot, line: str) -> None:
    """Each state has its one line."""
    assert status_line(snapshot) == line


def test_in_a_table_an_object_that_was_there_is_short() -> None:
    """The list has a column for the state and no room for checksums."""
    assert (
        short_line(
            _snapshot(
                State.COMPLETED, receipt=replace(RECEIPT, already_there=True, kept_bytes=RECEIPT.size, sent_bytes=0)
            )
        )
        == "52 GiB · already there"
    )


def test_a_failure_is_described_by_its_lines() -> None:
    """Head, state, what happened, what is safe, what to do and the code, then the notes."""
    failed = _snapshot(State.FAILED, error=ERROR, notes=("The file changed.",))
    assert describe(failed) == [
        "trips.parquet -> oss://bucket/key (k5ffjj43)",
        "failed · 19 of 52 GiB already in OSS",
        "The service refused.",
        "3 of 9 parts are kept.",
        "Ask for it",
        "or use another key.",
        "AccessDenied · 0003",
        "The file changed.",
    ]
    assert describe(failed, with_error=False)[2:] == ["The file changed."]


def test_a_paused_one_says_how_to_go_on() -> None:
    """What rests names the line that wakes it."""
    assert describe(_snapshot(State.PAUSED))[-1] == "Carry on with: %oss_uploads resume k5ffjj43"


EVIL = "<img src=x onerror=alert(1)>.csv"


def test_html_escapes_what_comes_from_outside() -> None:
    """Names, keys, notes and server messages never become markup, and what is shown stays small."""
    evil = Snapshot(
        "k5ffjj43",
        f"/data/{EVIL}",
        Target("bucket", f"a/{EVIL}"),
        State.FAILED,
        notes=(f"note {EVIL}",),
        error=(f"server {EVIL}", "safe", "advice", "code"),
    )
    html = transfer_html(evil) + table_html([(EVIL, EVIL)], (EVIL,))
    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 7
    assert "<script" not in html
    assert len(transfer_html(evil)) < 2048
    assert len(transfer_html(_snapshot(kept_bytes=GIB))) < 400


def test_html_is_readable_without_css() -> None:
    """The text of the table is the text of the terminal; a bar is only where something moves."""
    assert "37 % · 19.4 of 52 GiB" in transfer_html(_snapshot())
    assert '<progress value="0.37">' in transfer_html(_snapshot())
    assert "<progress" not in transfer_html(_snapshot(State.COMPLETED, receipt=RECEIPT))


def test_control_characters_are_written_out() -> None:
    """A file name cannot move the cursor, and broken Unicode cannot stop the output."""
    name = "a\x1b[2Jb\r\nc\x80é"
    assert printable(name) == r"a\x1b[2Jb\r\nc\x80é"
    assert "\x1b" not in head_line(replace(_snapshot(), source=f"/data/{name}"))


def test_details_and_receipts_leave_out_what_is_unknown() -> None:
    """Rows without a value are not shown."""
    assert [name for name, _ in details(_snapshot())] == ["source", "parts", "checkpoint"]
    assert dict(receipt_rows(RECEIPT)) == {
        "object": "oss://bucket/key",
        "size": "52 GiB (55,834,574,848 bytes)",
        "CRC-64": "1234567",
        "ETag": "ABC-9",
        "time": "10 min 12 s · 60.2 MiB/s",
        "parts": "6,656",
        "kept, sent": "kept 16 GiB, sent 36 GiB, 3 retries",
        "compared": "each part when it was sent; what was kept was not read again",
        "request id": "5F",
    }


@pytest.mark.parametrize(
    ("fields", "line", "row"),
    [
        ({"proven": Proven.SENT, "kept_bytes": 0}, "", "each part when it was sent"),
        (
            {"proven": Proven.KEPT},
            " · what was kept was read again",
            "each part when it was sent; what was kept was read again",
        ),
        ({"proven": Proven.ALL}, " · every byte read again", "each part when it was sent; every byte read again"),
        ({"proven": Proven.ALL, "already_there": True}, "", "the object with the file"),
    ],
)
def test_what_was_proven(fields: dict[str, Any], line: str, row: str) -> None:
    """The line and the table of a finished upload say what was compared, and no more."""
    receipt = replace(RECEIPT, retries=0, crc64=None, **fields)
    assert dict(receipt_rows(receipt))["compared"] == row
    assert status_line(_snapshot(State.COMPLETED, receipt=receipt)).endswith(("36 GiB" if line else "") + line)


def test_columns_align() -> None:
    """Cells of a column begin at the same place, and lines have no trailing spaces."""
    assert columns([("id", "name", ""), ("abcdefgh", "x", "y")]) == "id        name\nabcdefgh  x     y"


def test_a_table_takes_the_ends_of_a_name_and_the_first_sentence_of_a_note() -> None:
    """A row stays short, whatever is in it; what is short already is left as it is."""
    assert brief("Forgotten here. In OSS 3 parts may stay.") == "Forgotten here."
    assert brief("The file /data/v1.2/x.csv is gone") == "The file /data/v1.2/x.csv is gone"
    assert shortened("oss://my-bucket/data/trips.parquet") == "oss://my-bucket/data/trips.parquet"
    long = shortened("oss://my-bucket/" + 20 * "deep/" + "trips.parquet")
    assert long.startswith("oss://my-bucket/deep/")
    assert long.endswith("/deep/trips.parquet")
    assert len(long) == 61


def test_a_cell_of_a_table_in_chinese_has_room() -> None:
    """Its line could end between any two characters; a code in it stays whole, and what is short has one line."""
    (room,) = re.findall('<td style="([^"]*)">', table_html([["存储空间不存在：请检查名称和地域 NoSuchBucket"]]))
    assert "min-width" in room
    assert "anywhere" not in room
    assert "nowrap" in table_html([["已完成，但有文件失败"]])
    assert "anywhere" in table_html([["文件 /tmp/a/long/path/with/no/blank.bin 不存在"]])
