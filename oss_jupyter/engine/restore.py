"""What of an earlier run still counts: the journal's word, the service's word, and the file as it is now.

The journal is believed for what it records. ListParts, where it is permitted, adds parts whose receipts were lost and
removes parts the service no longer has; where it stays broken, the journal's word has to do. A source that changed is
never mixed with its old parts: only parts whose bytes still have the recorded CRC-64 are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from oss_jupyter.errors import InputError, ServiceError
from oss_jupyter.model.parts import Fingerprint, ListedPart, PartReceipt
from oss_jupyter.model.plan import Plan, make_plan
from oss_jupyter.model.retry import Action, classify
from oss_jupyter.model.sizes import count, format_size

if TYPE_CHECKING:
    from oss_jupyter.engine.asking import Asking
    from oss_jupyter.engine.order import Order
    from oss_jupyter.engine.ports import Source
    from oss_jupyter.model.record import CheckpointHeader, CheckpointRecord


@dataclass(frozen=True)
class Restored:
    """What a run starts from. `lost`: the service does not know the upload id. `listed`: ListParts was permitted."""

    header: CheckpointHeader
    plan: Plan
    receipts: dict[int, PartReceipt]
    notes: tuple[str, ...] = ()
    lost: bool = False
    changed: bool = False


@dataclass
class _Workings:
    header: CheckpointHeader
    plan: Plan
    receipts: dict[int, PartReceipt]
    notes: list[str] = field(default_factory=list)


def restore(record: CheckpointRecord, mark: Fingerprint, order: Order, asking: Asking) -> Restored | None:
    """Return what still counts of `record`, or None where the upload has to start anew with a new upload id.

    Raises WishChanged, PartStopped, SourceError, and what the service answers to ListParts unless it forbids it.
    """
    header = record.header
    if not header.upload_id:
        return None
    work = _Workings(header, header.plan, dict(record.receipts))
    if record.damaged_lines:
        work.notes.append(
            f"{count(record.damaged_lines, 'line')} of the checkpoint cannot be read; a copy was set aside."
        )
    changed = mark != header.fingerprint
    if changed and not _follow_change(work, mark, order, asking.stopped):
        return None
    try:
        listed = asking.ask(lambda control: control.list_parts(header.target, header.upload_id))
    except ServiceError as error:
        if error.reply.code == "NoSuchUpload":
            return Restored(work.header, work.plan, work.receipts, tuple(work.notes), lost=True, changed=changed)
        if classify(error) in (Action.RETRY, Action.SLOW_DOWN):
            # Complete is the judge in any case, and names parts that are missing.
            work.notes.append(f"OSS could not list its parts ({error.code}), so the checkpoint's own word counts.")
        elif error.reply.status != 403:
            raise
    else:
        _follow_service(work, listed, order.source, asking.stopped)
    return Restored(work.header, work.plan, work.receipts, tuple(work.notes), changed=changed)


def describe_change(before: Fingerprint, now: Fingerprint) -> str:
    """Return one sentence with both sizes and times."""
    return (
        f"it had {before.size:,} bytes ({format_size(before.size)}) of {_time(before)}, "
        f"and has {now.size:,} bytes ({format_size(now.size)}) of {_time(now)}"
    )


def _follow_change(work: _Workings, mark: Fingerprint, order: Order, stopped: Callable[[], bool]) -> bool:
    before = work.header.fingerprint
    try:
        plan = make_plan(mark.size, work.header.part_size)
    except InputError:
        return False  # it grew beyond 10,000 parts of this size
    if mark.size == 0:
        return False
    work.plan = plan
    work.receipts = {
        number: receipt
        for number, receipt in work.receipts.items()
        if number <= len(plan) and _same_bytes(order.source, plan, receipt, stopped)
    }
    work.header = replace(work.header, fingerprint=mark)
    work.notes.append(
        f"The file changed since the upload began: {describe_change(before, mark)}. "
        f"{len(work.receipts):,} of {len(plan):,} parts still have the same bytes and are kept; the rest is sent again."
    )
    return True


def _follow_service(work: _Workings, listed: Sequence[ListedPart], source: Source, stopped: Callable[[], bool]) -> None:
    there = {part.part_number: part for part in listed}
    gone = [number for number, receipt in work.receipts.items() if not _is_listed(receipt, there.get(number))]
    for number in gone:
        del work.receipts[number]
    if gone:
        work.notes.append(f"Sending again what is no longer in OSS: {count(len(gone), 'part')}.")
    found = 0
    for number, part in there.items():
        if number not in work.receipts and number <= len(work.plan):
            receipt = _proven(part, work.plan, source, stopped)
            if receipt is not None:
                work.receipts[number] = receipt
                found += 1
    if found:
        work.notes.append(
            f"Found {count(found, 'part')} in OSS whose receipts were lost; that much need not be sent again."
        )


def _is_listed(receipt: PartReceipt, listed: ListedPart | None) -> bool:
    return listed is not None and listed.etag.strip('"').upper() == receipt.etag.upper()


def _proven(part: ListedPart, plan: Plan, source: Source, stopped: Callable[[], bool]) -> PartReceipt | None:
    """Return a receipt for a listed part whose bytes are those of the file, else None."""
    mine = plan.part(part.part_number)
    if part.size != mine.length:
        return None
    crc = source.crc64(mine.offset, mine.length, stopped)
    if part.crc64 is not None:
        same = part.crc64 == crc
    else:
        # Some listings leave the CRC-64 out; a part's ETag is the MD5 of its bytes.
        same = part.etag.strip('"').upper() == source.md5(mine.offset, mine.length, stopped)
    return PartReceipt(part.part_number, part.etag.strip('"'), crc) if same else None


def _same_bytes(source: Source, plan: Plan, receipt: PartReceipt, stopped: Callable[[], bool]) -> bool:
    part = plan.part(receipt.part_number)
    return source.crc64(part.offset, part.length, stopped) == receipt.crc64


def _time(mark: Fingerprint) -> str:
    return datetime.fromtimestamp(mark.mtime_ns / 1e9).astimezone().strftime("%Y-%m-%d %H:%M:%S")
