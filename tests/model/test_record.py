"""The journal's text: safe at every byte at which a process may die, or a disk may lie."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace

import pytest

from oss_jupyter.errors import CheckpointDamaged, CheckpointTooNew
from oss_jupyter.model.prove import Prove
from oss_jupyter.model.record import (
    FORMAT,
    CheckpointHeader,
    completing_line,
    gone_line,
    header_line,
    read_journal,
    receipt_line,
)
from oss_jupyter.model.target import Target
from oss_jupyter.model.wire_values import Fingerprint, PartReceipt

HEADER = CheckpointHeader(
    "k3v9x2qa",
    "/data/é\udcff big.bin",
    Target("bucket", "数据/a.bin"),
    Fingerprint(1_000_001, 1_700_000_000_123_456_789, "42"),
    102_400,
    "0004B9894A22E5B1888A1E29F8236E2D",
    {"content_type": "text/plain", "metadata": {"a": "b"}},
    {"region": "cn-hangzhou"},
    1_700_000_000.5,
)
RECEIPTS = [PartReceipt(n, f"{n:032X}", 2**64 - n) for n in range(1, 6)]
JOURNAL = header_line(HEADER) + b"".join(map(receipt_line, RECEIPTS))


def test_what_is_written_is_read() -> None:
    """Header and receipts come back as they were, whatever is in the names."""
    record = read_journal(JOURNAL)
    assert record.header == HEADER
    assert list(record.receipts.values()) == RECEIPTS
    assert (record.completing, record.damaged_lines, record.torn) == (False, 0, False)
    assert record.kept_bytes == 5 * 102_400
    assert JOURNAL.isascii()


def test_completing() -> None:
    """Events count in their order: a part that comes again after Complete was asked ends completing."""
    data = JOURNAL + completing_line()
    assert read_journal(data).completing
    data += receipt_line(RECEIPTS[1])
    assert set(read_journal(data).receipts) == {1, 2, 3, 4, 5}
    assert not read_journal(data).completing


@pytest.mark.parametrize("last", [receipt_line(RECEIPTS[4]), completing_line()])
def test_torn_at_every_byte_of_the_last_line(last: bytes) -> None:
    """A last line without its end is as if it had never been written."""
    before = header_line(HEADER) + b"".join(map(receipt_line, RECEIPTS[:4]))
    whole = read_journal(before)
    for length in range(len(last)):
        torn = read_journal(before + last[:length])
        assert (torn.receipts, torn.completing, torn.damaged_lines) == (whole.receipts, False, 0)
        assert torn.torn is (length > 0)


def test_damaged_at_every_byte() -> None:
    """Wherever one byte is wrong, in whatever way, the lines it does not touch still count."""
    starts = [index + 1 for index, byte in enumerate(JOURNAL) if byte == 10]
    for position in range(starts[0], len(JOURNAL)):
        line = sum(start <= position for start in starts)
        hurt = {line, line + 1} if JOURNAL[position] == 10 else {line}
        for flip in (0x01, 0x20, 0x80, JOURNAL[position] ^ 10 or 1):
            data = bytearray(JOURNAL)
            data[position] ^= flip
            record = read_journal(bytes(data))
            assert record.header == HEADER
            assert set(record.receipts) == {1, 2, 3, 4, 5} - hurt
            assert record.damaged_lines or record.torn


@pytest.mark.parametrize("position", range(0, len(header_line(HEADER)) - 1, 7))
def test_a_damaged_header(position: int) -> None:
    """Without its first line a journal says nothing that could be trusted."""
    data = bytearray(JOURNAL)
    data[position] ^= 1
    with pytest.raises(CheckpointDamaged):
        read_journal(bytes(data))


@pytest.mark.parametrize("data", [b"", b"\n", b"hello", receipt_line(RECEIPTS[0])])
def test_no_journal_at_all(data: bytes) -> None:
    """Something else in its place is a damaged journal."""
    with pytest.raises(CheckpointDamaged):
        read_journal(data)


def test_a_newer_format() -> None:
    """A later version's journal is refused by its number, whatever else it holds."""
    text = json.dumps({"format": FORMAT + 1, "something": "else"}).encode()
    with pytest.raises(CheckpointTooNew) as newer:
        read_journal(b"%s %08x\n" % (text, zlib.crc32(text)) + b"?" * 100)
    assert "untouched" in newer.value.safe
    assert all(newer.value.four_lines())


def test_ten_thousand_parts_are_small() -> None:
    """10,000 receipts cost less than 2 MB in all."""
    longest = PartReceipt(10_000, "F" * 32, 2**64 - 1)
    assert len(header_line(HEADER)) + 10_000 * len(receipt_line(longest)) < 2_000_000


def test_no_request_id_no_secret() -> None:
    """A line holds the number, the ETag and the CRC-64 of a part, and nothing else."""
    line = receipt_line(PartReceipt(7, "E" * 32, 5, request_id="R" * 24, version_id="V", callback_body="body"))
    assert json.loads(line.rpartition(b" ")[0]) == {"p": 7, "e": "E" * 32, "c": 5}


def test_a_receipt_taken_back() -> None:
    """The last line about a part counts: taken back it is missing, sent again it is there."""
    first, second = RECEIPTS[:2]
    again = PartReceipt(first.part_number, "A" * 32, 7)
    data = header_line(HEADER) + receipt_line(first) + receipt_line(second) + gone_line(first.part_number)
    assert set(read_journal(data).receipts) == {second.part_number}
    assert read_journal(data + receipt_line(again)).receipts[first.part_number] == again
    assert set(read_journal(data + gone_line(9_999)).receipts) == {second.part_number}


@pytest.mark.parametrize("unread", [True, False])
def test_whether_kept_parts_were_compared(unread: bool) -> None:
    """The header says so; one of a version that did not know of it counts as compared."""
    assert read_journal(header_line(replace(HEADER, unread=unread))).header.unread is unread
    assert b"unread" not in header_line(HEADER)


def test_what_is_to_be_read_again() -> None:
    """What was asked for is kept; an unknown word is no header, and a journal of an earlier version has none."""
    line = header_line(replace(HEADER, prove=Prove.ALL))
    assert read_journal(line).header.prove is Prove.ALL
    assert read_journal(header_line(HEADER)).header.prove is None
    text = line.rpartition(b" ")[0].replace(b'"all"', b'"some"')
    with pytest.raises(CheckpointDamaged):
        read_journal(b"%s %08x\n" % (text, zlib.crc32(text)))
