"""The rule by which a file is sent or skipped."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oss_jupyter.crc64 import crc64
from oss_jupyter.model.compare import (
    Facts,
    Next,
    Step,
    Sum,
    Unknown,
    Why,
    decide,
    may_be_remembered,
    needs_listing,
    proven_etag,
)
from oss_jupyter.model.dataset import Checksums, Compare, FileReceipt, FoundFile, Outcome
from oss_jupyter.model.wire_values import ListedObject, ObjectHead

DATA = b"some bytes"
OTHER = b"same size!"
PARTS = "5B3C1A2E053D763E1B002CC607C5A0FE-3"
OPAQUE = "0123456789ABCDEF0123456789ABCDEF"  # as an MD5 looks, and is none


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest().upper()


def found(data: bytes = DATA) -> FoundFile:
    return FoundFile("/d/a", "a", len(data), 1_000)


def listed(data: bytes = DATA, etag: str | None = None, kind: str = "Normal") -> ListedObject:
    return ListedObject("p/a", len(data), md5(data) if etag is None else etag, kind)


def head(data: bytes = DATA, crc: int | None = -1, **options: Any) -> ObjectHead:
    return ObjectHead(len(data), crc64=crc64(data) if crc == -1 else crc, options=options)


def receipt(outcome: Outcome = Outcome.SENT, **more: Any) -> FileReceipt:
    file = found()
    return FileReceipt(file.path, "p/a", file.size, file.mtime_ns, outcome, **more)


@dataclass
class Walk:
    """Decides to the end as a worker does, and notes what it cost."""

    there: ListedObject | Unknown | None
    head: ObjectHead | Unknown | None = None
    data: bytes = DATA
    remembered: FileReceipt | None = None
    compare: Compare = Compare.CONTENT
    force: bool = False

    def end(self) -> tuple[Next, Why | None, list[str]]:
        """Return what is done with the file, why, and what had to be found out."""
        facts, cost = Facts(found(self.data), self.there, self.remembered), list[str]()
        for _ in range(4):
            step = decide(facts, self.compare, force=self.force)
            if step.next is Next.HEAD:
                cost.append("HEAD")
                facts = replace(facts, head=self.head)
            elif step.next is Next.CHECKSUMS:
                cost.append("read")
                sums = Checksums(
                    md5(self.data) if Sum.MD5 in step.wanted else "",
                    crc64(self.data) if Sum.CRC64 in step.wanted else None,
                )
                facts = replace(facts, checksums=sums)
            else:
                return step.next, step.why, cost
        raise AssertionError("it never ends")


SEND, SKIP = Next.SEND, Next.SKIP
NO, UNASKED = Unknown.NOT_PERMITTED, Unknown.NOT_ASKED
ROWS: dict[str, tuple[Walk, tuple[Next, Why, list[str]]]] = {
    "nothing there": (Walk(None), (SEND, Why.NEW, [])),
    "the same bytes": (Walk(listed()), (SKIP, Why.SAME_BYTES, ["read"])),
    "an ETag in lower case": (Walk(listed(etag=md5(DATA).lower())), (SKIP, Why.SAME_BYTES, ["read"])),
    "another size": (Walk(listed(b"more bytes than that")), (SEND, Why.OTHER_SIZE, [])),
    "other bytes": (Walk(listed(OTHER), head(OTHER)), (SEND, Why.OTHER_BYTES, ["read", "HEAD"])),
    "encrypted by KMS": (
        Walk(listed(etag=OPAQUE), head(server_side_encryption="KMS")),
        (SKIP, Why.SAME_BYTES, ["read", "HEAD"]),
    ),
    "encrypted by SM4": (
        Walk(listed(etag=OPAQUE), head(server_side_encryption="SM4")),
        (SKIP, Why.SAME_BYTES, ["read", "HEAD"]),
    ),
    "encrypted, other bytes": (
        Walk(listed(OTHER, etag=OPAQUE), head(OTHER, server_side_encryption="KMS")),
        (SEND, Why.OTHER_BYTES, ["read", "HEAD"]),
    ),
    "encrypted, no CRC-64": (
        Walk(listed(etag=OPAQUE), head(crc=None, server_side_encryption="KMS")),
        (SEND, Why.NO_CHECKSUM, ["read", "HEAD"]),
    ),
    "of parts": (Walk(listed(etag=PARTS, kind="Multipart"), head()), (SKIP, Why.SAME_BYTES, ["HEAD", "read"])),
    "of parts, other bytes": (
        Walk(listed(OTHER, PARTS, "Multipart"), head(OTHER)),
        (SEND, Why.OTHER_BYTES, ["HEAD", "read"]),
    ),
    "of parts, no CRC-64": (Walk(listed(etag=PARTS), head(crc=None)), (SEND, Why.NO_CHECKSUM, ["HEAD"])),
    "of parts, gone since": (Walk(listed(etag=PARTS), None), (SEND, Why.NEW, ["HEAD"])),
    "of parts, replaced since": (Walk(listed(etag=PARTS), head(b"x")), (SEND, Why.OTHER_SIZE, ["HEAD"])),
    "a gateway without CRC-64": (Walk(listed(OTHER), head(crc=None)), (SEND, Why.OTHER_BYTES, ["read", "HEAD"])),
    "a gateway without kinds": (Walk(listed(kind="")), (SKIP, Why.SAME_BYTES, ["read"])),
    "no ETag": (Walk(listed(etag=""), head()), (SKIP, Why.SAME_BYTES, ["HEAD", "read"])),
    "appended to": (Walk(listed(kind="Appendable"), head()), (SKIP, Why.SAME_BYTES, ["HEAD", "read"])),
    "appended to, an ETag like ours": (
        Walk(listed(OTHER, md5(DATA), "Appendable"), head(OTHER)),
        (SEND, Why.OTHER_BYTES, ["HEAD", "read"]),
    ),
    "a link": (Walk(listed(kind="Symlink"), head()), (SEND, Why.LINK, [])),
    "a link, by size": (Walk(listed(kind="Symlink"), compare=Compare.SIZE), (SEND, Why.LINK, [])),
    "an empty file": (Walk(listed(b""), data=b""), (SKIP, Why.SAME_BYTES, [])),
    "an empty file, encrypted": (Walk(listed(b"", OPAQUE), data=b""), (SKIP, Why.SAME_BYTES, [])),
    "an empty file, a link": (Walk(listed(b"", "", "Symlink"), data=b""), (SEND, Why.LINK, [])),
    "an empty file, no kind": (Walk(listed(b"", kind=""), data=b""), (SKIP, Why.SAME_BYTES, [])),
    "an empty file, maybe a link": (Walk(listed(b"", "", ""), head(), data=b""), (SEND, Why.OTHER_SIZE, ["HEAD"])),
    "an empty file, something there": (Walk(listed(), data=b""), (SEND, Why.OTHER_SIZE, [])),
    "by size": (Walk(listed(OTHER, PARTS), compare=Compare.SIZE), (SKIP, Why.SAME_SIZE, [])),
    "by size, another": (Walk(listed(b"x"), compare=Compare.SIZE), (SEND, Why.OTHER_SIZE, [])),
    "not compared": (Walk(listed(), compare=Compare.NONE), (SEND, Why.NOT_COMPARED, [])),
    "not compared, sent before": (
        Walk(UNASKED, remembered=receipt(), compare=Compare.NONE),
        (SEND, Why.NOT_COMPARED, []),
    ),
    "forced": (Walk(listed(), remembered=receipt(), force=True), (SEND, Why.FORCED, [])),
    "may not list": (Walk(NO), (SEND, Why.MAY_NOT_LIST, [])),
    "may not list, sent before": (Walk(NO, remembered=receipt()), (SKIP, Why.SENT_EARLIER, [])),
    "may not list, there before": (
        Walk(NO, remembered=receipt(Outcome.SKIPPED, etag=OPAQUE)),
        (SKIP, Why.SENT_EARLIER, []),
    ),
    "may not list, of the same size before": (
        Walk(NO, remembered=receipt(Outcome.SKIPPED, md5=md5(DATA))),
        (SEND, Why.MAY_NOT_LIST, []),
    ),
    "may not look, of the same size before": (
        Walk(listed(etag=PARTS), NO, remembered=receipt(Outcome.SKIPPED)),
        (SEND, Why.MAY_NOT_LOOK, ["HEAD"]),
    ),
    "may not list, by size": (
        Walk(NO, remembered=receipt(), compare=Compare.SIZE),
        (SKIP, Why.SENT_EARLIER, []),
    ),
    "may not list, failed before": (Walk(NO, remembered=receipt(Outcome.FAILED)), (SEND, Why.MAY_NOT_LIST, [])),
    "may not list, changed since": (
        Walk(NO, remembered=replace(receipt(), mtime_ns=999)),
        (SEND, Why.MAY_NOT_LIST, []),
    ),
    "may not list, of another file": (
        Walk(NO, remembered=replace(receipt(), path="/d/b")),
        (SEND, Why.MAY_NOT_LIST, []),
    ),
    "may not look": (Walk(listed(etag=PARTS), NO), (SEND, Why.MAY_NOT_LOOK, ["HEAD"])),
    "may not look, one request": (Walk(listed(), NO), (SKIP, Why.SAME_BYTES, ["read"])),
    "may not look, sent before": (
        Walk(listed(etag=PARTS), NO, remembered=receipt(etag=PARTS)),
        (SKIP, Why.SENT_EARLIER, []),
    ),
    "may not look, sent before, ETag not known": (
        Walk(listed(etag=PARTS), NO, remembered=receipt()),
        (SKIP, Why.SENT_EARLIER, ["HEAD"]),
    ),
    "may not look, replaced by somebody": (
        Walk(listed(etag=PARTS), NO, remembered=receipt(etag="E-2")),
        (SEND, Why.MAY_NOT_LOOK, ["HEAD"]),
    ),
    "remembered MD5": (Walk(listed(), remembered=receipt(md5=md5(DATA))), (SKIP, Why.SAME_BYTES, [])),
    "remembered CRC-64": (
        Walk(listed(etag=PARTS), head(), remembered=receipt(crc64=crc64(DATA))),
        (SKIP, Why.SAME_BYTES, ["HEAD"]),
    ),
    "remembered ETag": (
        Walk(listed(etag=PARTS), remembered=receipt(etag=PARTS)),
        (SKIP, Why.SENT_EARLIER, []),
    ),
    "remembered ETag of what was there": (
        Walk(listed(etag=OPAQUE), remembered=receipt(Outcome.SKIPPED, etag=OPAQUE)),
        (SKIP, Why.SAME_BYTES, []),
    ),
    "remembered of a file before it changed": (
        Walk(listed(etag=PARTS), head(OTHER), remembered=replace(receipt(etag=PARTS), mtime_ns=5)),
        (SEND, Why.OTHER_BYTES, ["HEAD", "read"]),
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_done_and_what_it_costs(name: str) -> None:
    """A file is skipped where its bytes are proven to be there, and nothing is found out that does not matter."""
    walk, expected = ROWS[name]
    assert walk.end() == expected


CONTENTS = st.sampled_from([b"", b"a", b"b", b"ab", b"cd"])


@given(
    ours=CONTENTS,
    theirs=CONTENTS,
    etag=st.sampled_from(["md5", "parts", "opaque", "none"]),
    kind=st.sampled_from(["Normal", "Multipart", "Appendable", ""]),
    has_crc64=st.booleans(),
    may_look=st.booleans(),
)
def test_no_file_is_skipped_for_other_bytes(
    ours: bytes, theirs: bytes, etag: str, kind: str, has_crc64: bool, may_look: bool
) -> None:
    """Whatever is there, and whatever of it is told: what is skipped is the object's bytes."""
    text = {"md5": md5(theirs), "parts": PARTS, "opaque": OPAQUE, "none": ""}[etag]
    there = listed(theirs, text, kind)
    looked = head(theirs, -1 if has_crc64 else None) if may_look else Unknown.NOT_PERMITTED
    step, _, cost = Walk(there, looked, ours).end()
    assert step is Next.SEND or ours == theirs
    if ours == theirs and may_look and has_crc64:
        assert step is Next.SKIP
    assert cost.count("HEAD") <= 1
    assert cost.count("read") <= 1


def end_of(walk: Walk) -> FileReceipt:
    """Return the receipt that a skipped file leaves."""
    next_step, why, _ = walk.end()
    assert next_step is Next.SKIP
    etag = proven_etag(Facts(found(), walk.there, walk.remembered), Step(next_step, why))
    return receipt(Outcome.SKIPPED, etag=etag)


@pytest.mark.parametrize("there", [listed(), listed(etag=OPAQUE), listed(etag=PARTS, kind="Multipart")])
def test_a_file_that_was_skipped_costs_nothing_the_next_time(there: ListedObject) -> None:
    """What was proven once is known by the object's ETag, run after run, also while nothing may be listed."""
    first = end_of(Walk(there, head()))
    second = end_of(Walk(there, remembered=first))
    assert first == second
    assert end_of(Walk(Unknown.NOT_PERMITTED, remembered=second)) == second
    assert Walk(there, remembered=second).end() == (SKIP, Why.SAME_BYTES, [])


def test_a_file_that_was_skipped_by_its_size_is_compared_the_next_time() -> None:
    """Nobody has seen its bytes: the object's ETag says nothing of them."""
    there = listed(OTHER, PARTS, "Multipart")
    first = end_of(Walk(there, compare=Compare.SIZE))
    assert Walk(there, head(OTHER), remembered=first).end() == (SEND, Why.OTHER_BYTES, ["HEAD", "read"])


def test_both_checksums_come_of_one_reading() -> None:
    """Where the MD5 differs, the CRC-64 that HEAD is compared with is there already."""
    assert decide(Facts(found(), listed(OTHER))) == Step(Next.CHECKSUMS, wanted=Sum.MD5 | Sum.CRC64)


@pytest.mark.parametrize(("compare", "force", "needed"), [
    (Compare.CONTENT, False, True), (Compare.SIZE, False, True), (Compare.NONE, False, False),
    (Compare.CONTENT, True, False),
])  # fmt: skip
def test_what_is_there_is_asked_for_where_it_matters(compare: Compare, force: bool, needed: bool) -> None:
    """No list is asked for what is sent in any case."""
    assert needs_listing(compare, force) is needed


def test_a_file_of_this_moment_is_not_remembered() -> None:
    """It may be written once more within the same tick of its file system's clock."""
    now = 1_700_000_000_000_000_000
    assert [may_be_remembered(now - age, now) for age in (2_000_000_001, 2_000_000_000, 0, -10**12)] == [
        True, False, False, False,
    ]  # fmt: skip
