"""Whether a file has to be sent: the rule, from what is known of the file and of the object that is there.

A file is skipped only where its bytes are proven to be the object's, or where its user wanted less than that. Each
thing that must be found out costs something, so the rule asks for one at a time, the cheapest first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, Flag, auto

from oss_jupyter.model.dataset import Checksums, Compare, FileReceipt, FoundFile, Outcome
from oss_jupyter.model.wire_values import ListedObject, ObjectHead
from oss_jupyter.texts import say

_EMPTY = Checksums("D41D8CD98F00B204E9800998ECF8427E", 0)
_LINK = "Symlink"
_ETAG_IS_NO_MD5 = ("KMS", "SM4")
_RACY_NS = 2_000_000_000


class Next(str, Enum):
    """What to do with a file now: send it, skip it, or find something out and decide again."""

    SEND = "send"
    SKIP = "skip"
    CHECKSUMS = "checksums"  # read the file
    HEAD = "head"  # ask for the object

    __str__ = str.__str__


class Sum(Flag):
    """Which checksums are wanted of a file."""

    NONE = 0
    MD5 = auto()
    CRC64 = auto()


class Why(str, Enum):
    """Why a file is sent or skipped. People are told it by the texts `why_…`."""

    NEW = "new"
    OTHER_SIZE = "changed: other size"
    OTHER_BYTES = "changed: other bytes"
    LINK = "a link is there"
    NO_CHECKSUM = "what is there has no checksum"
    NOT_COMPARED = "not compared"
    FORCED = "sent whatever is there"
    MAY_NOT_LIST = "what is there may not be listed"
    MAY_NOT_LOOK = "what is there may not be looked at"
    SAME_BYTES = "same bytes"
    SAME_SIZE = "same size"
    SENT_EARLIER = "sent by an earlier run"

    __str__ = str.__str__

    @property
    def key(self) -> str:
        """What its texts are looked up by."""
        return self.name.lower()


class Lack(str, Enum):
    """A permission that would save something. The values are keys of the texts `lack_…`."""

    LIST_OBJECTS = "list_objects"
    GET_OBJECT = "get_object"

    def __str__(self) -> str:
        """Return the note about it."""
        return say(f"lack_{self.key}")

    @property
    def key(self) -> str:
        """What its texts are looked up by."""
        return self.value


class Unknown(Enum):
    """What is not known of an object: nobody has asked, or it may not be asked."""

    NOT_ASKED = "not asked"
    NOT_PERMITTED = "not permitted"


@dataclass(frozen=True)
class Facts:
    """What is known of a file and of what is there.

    there: the object as it was listed, None where there is none. remembered: the receipt that an earlier run for the
    same object has left. checksums: of the file as it is now. head: what HEAD said, None where there is no object.
    """

    file: FoundFile
    there: ListedObject | Unknown | None
    remembered: FileReceipt | None = None
    checksums: Checksums | None = None
    head: ObjectHead | Unknown | None = Unknown.NOT_ASKED


@dataclass(frozen=True)
class Step:
    """What to do next. why: of SEND and SKIP. wanted: of CHECKSUMS, all to be computed in one reading."""

    next: Next
    why: Why | None = None
    wanted: Sum = Sum.NONE


def may_be_remembered(mtime_ns: int, now_ns: int) -> bool:
    """Whether a file read now can be known again by size and mtime: not where it was written a moment ago.

    It may be written once more within what its file system takes for the same moment, up to two seconds on FAT.
    """
    return now_ns - mtime_ns > _RACY_NS


def needs_listing(compare: Compare, force: bool) -> bool:
    """Whether it matters what is there."""
    return not force and compare is not Compare.NONE


def decide(facts: Facts, compare: Compare = Compare.CONTENT, *, force: bool = False) -> Step:
    """Return what to do with a file. After CHECKSUMS and HEAD decide again, with what was found out.

    A receipt counts only for the file as it was: the same path, size and mtime.
    """
    there, receipt = facts.there, _receipt_of(facts)
    if not needs_listing(compare, force):
        return Step(Next.SEND, Why.FORCED if force else Why.NOT_COMPARED)
    if isinstance(there, Unknown):
        vouched = receipt is not None and vouches(receipt)
        return Step(Next.SKIP, Why.SENT_EARLIER) if vouched else Step(Next.SEND, Why.MAY_NOT_LIST)
    if there is None:
        return Step(Next.SEND, Why.NEW)
    if there.kind == _LINK:  # what it leads to may change or go
        return Step(Next.SEND, Why.LINK)
    if there.size != facts.file.size:
        return Step(Next.SEND, Why.OTHER_SIZE)
    if compare is Compare.SIZE:
        return Step(Next.SKIP, Why.SAME_SIZE)
    if not there.size and there.kind:
        return Step(Next.SKIP, Why.SAME_BYTES)
    return _by_content(facts, there, receipt)


def proven_etag(facts: Facts, step: Step) -> str:
    """Return the ETag that the receipt of a skipped file has to keep, so that the next run knows the object by it.

    "" where only sizes were compared: that vouches for nothing.
    """
    if step.why is Why.SAME_SIZE:
        return ""
    if isinstance(facts.head, ObjectHead) and facts.head.etag:
        return facts.head.etag
    if isinstance(facts.there, ListedObject):
        return facts.there.etag
    return facts.remembered.etag if facts.remembered else ""


def vouches(receipt: FileReceipt) -> bool:
    """Whether the object was the file's bytes then: it was sent, or proven to be them by more than its size."""
    if receipt.outcome is Outcome.SKIPPED:
        return bool(receipt.etag)
    return receipt.outcome is not Outcome.FAILED


def checksums_of(facts: Facts) -> Checksums:
    """Return what is known of the file's checksums, computed now or remembered of the file as it is."""
    if not facts.file.size:
        return _EMPTY
    now, receipt = facts.checksums or Checksums(), _receipt_of(facts)
    if receipt is None:
        return now
    return Checksums(now.md5 or receipt.md5, receipt.crc64 if now.crc64 is None else now.crc64)


def _by_content(facts: Facts, there: ListedObject, receipt: FileReceipt | None) -> Step:
    if receipt and receipt.etag and receipt.etag == there.etag:
        return Step(Next.SKIP, Why.SAME_BYTES if receipt.outcome is Outcome.SKIPPED else Why.SENT_EARLIER)
    ours = checksums_of(facts)
    if there.md5 and not ours.md5:
        return Step(Next.CHECKSUMS, wanted=Sum.MD5 | Sum.CRC64)
    if there.md5 and ours.md5 == there.md5:
        return Step(Next.SKIP, Why.SAME_BYTES)
    # Another MD5 proves nothing yet: the ETag of an object encrypted with KMS looks like one and is none.
    return _by_head(facts, there, receipt, ours)


def _by_head(facts: Facts, there: ListedObject, receipt: FileReceipt | None, ours: Checksums) -> Step:
    head = facts.head
    if head is Unknown.NOT_ASKED:
        return Step(Next.HEAD)
    if isinstance(head, Unknown):
        # A receipt with an ETag is of an object that is no longer there.
        vouched = receipt is not None and not receipt.etag and vouches(receipt)
        return Step(Next.SKIP, Why.SENT_EARLIER) if vouched else Step(Next.SEND, Why.MAY_NOT_LOOK)
    if head is None:
        return Step(Next.SEND, Why.NEW)
    if head.size != facts.file.size:
        return Step(Next.SEND, Why.OTHER_SIZE)
    if head.crc64 is None:
        return Step(Next.SEND, Why.NO_CHECKSUM if _is_no_md5(there, head) else Why.OTHER_BYTES)
    if ours.crc64 is None:
        return Step(Next.CHECKSUMS, wanted=Sum.CRC64)
    same = ours.crc64 == head.crc64
    return Step(Next.SKIP, Why.SAME_BYTES) if same else Step(Next.SEND, Why.OTHER_BYTES)


def _is_no_md5(there: ListedObject, head: ObjectHead) -> bool:
    return not there.md5 or head.options.get("server_side_encryption") in _ETAG_IS_NO_MD5


def _receipt_of(facts: Facts) -> FileReceipt | None:
    receipt = facts.remembered
    if receipt is None or receipt.outcome is Outcome.FAILED:
        return None
    return receipt if (receipt.path, receipt.size, receipt.mtime_ns) == facts.file.fingerprint else None
