"""What of an earlier run still counts: the journal's word, the service's word, and the file as it is now.

The journal is believed for what it records. ListParts, where it is permitted, adds parts whose receipts were lost and
removes parts the service no longer has; where it stays broken, the journal's word has to do. Neither a source that
changed is mixed with its old parts, nor is a part kept that only the list knows, without a look at the file: they are
named here, to be compared with it while the rest is sent (rereading.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from oss_jupyter.engine.source_watch import describe_change
from oss_jupyter.errors import InputError, ServiceError
from oss_jupyter.model.plan import Plan, make_plan
from oss_jupyter.model.prove import Prove
from oss_jupyter.model.retry import Action, classify
from oss_jupyter.model.sizes import count
from oss_jupyter.model.wire_values import Fingerprint, ListedPart, PartReceipt
from oss_jupyter.texts import tr

if TYPE_CHECKING:
    from oss_jupyter.engine.ports import Source
    from oss_jupyter.engine.service_requests import ServiceRequests
    from oss_jupyter.engine.spec import TransferSpec
    from oss_jupyter.model.record import CheckpointHeader, CheckpointRecord


@dataclass(frozen=True)
class Restored:
    """What a run starts from.

    header: with the file as it is now. unread: parts with a receipt that have to be compared with the file.
    lost: the service does not know the upload id.
    """

    header: CheckpointHeader
    plan: Plan
    receipts: dict[int, PartReceipt]
    unread: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    lost: bool = False


@dataclass
class _Workings:
    header: CheckpointHeader
    plan: Plan
    receipts: dict[int, PartReceipt]
    sent_here: frozenset[int] = frozenset()  # parts that this kernel has sent to their end
    found: set[int] = field(default_factory=set)  # parts that only the service knew of
    notes: list[str] = field(default_factory=list)


def restore(
    record: CheckpointRecord,
    fingerprint: Fingerprint,
    spec: TransferSpec,
    requests: ServiceRequests,
    sent_here: frozenset[int] = frozenset(),
) -> Restored | None:
    """Return what still counts of `record`, or None where the upload has to start anew with a new upload id.

    sent_here: parts that this kernel has sent to their end. That a pause came before the answer is nothing to tell.

    Raises Interrupted, PartStopped, SourceError, and what the service answers to ListParts unless it forbids it.
    """
    header = record.header
    if not header.upload_id:
        return None
    work = _Workings(replace(header, fingerprint=fingerprint), header.plan, dict(record.receipts), sent_here)
    if record.damaged_lines:
        work.notes.append(
            tr(
                "{lines} of the checkpoint cannot be read; a copy was set aside.",
                lines=count(record.damaged_lines, "line"),
            )
        )
    if fingerprint != header.fingerprint and not _follow_change(work, header.fingerprint, fingerprint):
        return None
    listed = _list_parts(requests, header.upload_id)
    if not isinstance(listed, ServiceError):
        _follow_service(work, listed, spec.source, requests.stopped)
    elif _is_forgotten(listed):
        return _restored(work, spec, lost=True)
    elif _passes(listed):
        # Complete is the judge in any case, and names parts that are missing.
        work.notes.append(
            tr("OSS could not list its parts ({code}), so the checkpoint's own word counts.", code=listed.code)
        )
    return _restored(work, spec)


def taken_over(
    header: CheckpointHeader, listed: Sequence[ListedPart], spec: TransferSpec, requests: ServiceRequests
) -> Restored:
    """Return what counts of an upload of which only the parts are known that the service lists.

    Raises PartStopped, SourceError.
    """
    work = _Workings(header, header.plan, {})
    _follow_service(work, listed, spec.source, requests.stopped)
    return _restored(work, spec)


def still_there(record: CheckpointRecord, requests: ServiceRequests) -> dict[int, PartReceipt] | None:
    """Return the receipts of parts that the service still has, or None where it has forgotten the upload.

    Where it does not list them, the journal's word counts. Raises Interrupted, and what else the service answers.
    """
    listed = _list_parts(requests, record.header.upload_id)
    if isinstance(listed, ServiceError):
        return None if _is_forgotten(listed) else dict(record.receipts)
    there = {part.part_number: part for part in listed}
    return {number: known for number, known in record.receipts.items() if _is_listed(known, there.get(number))}


def _list_parts(requests: ServiceRequests, upload_id: str) -> Sequence[ListedPart] | ServiceError:
    """Return the parts that the service has, or why it lists none where an upload can do without.

    Raises Interrupted, and what else the service answers.
    """
    try:
        return requests.list_parts(upload_id)
    except ServiceError as error:
        if _passes(error) or error.reply.status == 403 or _is_forgotten(error):
            return error
        raise


def _passes(error: ServiceError) -> bool:
    return classify(error) in (Action.RETRY, Action.SLOW_DOWN)


def _is_forgotten(error: ServiceError) -> bool:
    return error.reply.code == "NoSuchUpload"


def _restored(work: _Workings, spec: TransferSpec, *, lost: bool = False) -> Restored:
    reads = spec.prove is not Prove.NONE or work.header.unread
    unread = frozenset(work.receipts) if reads else frozenset(work.found)
    # Until they have been compared, the journal must not be believed for them, whoever reads it.
    header = replace(work.header, unread=True) if work.found else work.header
    return Restored(header, work.plan, work.receipts, unread, tuple(work.notes), lost)


def _follow_change(work: _Workings, before: Fingerprint, fingerprint: Fingerprint) -> bool:
    """Take over the file as it is now; return whether any part of it can be kept."""
    try:
        plan = make_plan(fingerprint.size, work.header.part_size)
    except InputError:
        return False  # it grew beyond 10,000 parts of this size
    if fingerprint.size == 0:
        return False
    work.receipts = {
        number: receipt
        for number, receipt in work.receipts.items()
        if number <= len(plan) and plan.part(number) == work.plan.part(number)
    }
    work.plan = plan
    work.header = replace(work.header, unread=True)
    work.notes.append(
        tr(
            "The file changed since the upload began: {change}. What is in OSS is compared with it, and only what "
            "differs is sent again.",
            change=describe_change(before, fingerprint),
        )
    )
    return True


def _follow_service(work: _Workings, listed: Sequence[ListedPart], source: Source, stopped: Callable[[], bool]) -> None:
    there = {part.part_number: part for part in listed}
    gone = [number for number, receipt in work.receipts.items() if not _is_listed(receipt, there.get(number))]
    for number in gone:
        del work.receipts[number]
    if gone:
        work.notes.append(tr("Sending again what is no longer in OSS: {parts}.", parts=count(len(gone), "part")))
    for number, part in there.items():
        if number not in work.receipts and number <= len(work.plan):
            receipt = _receipt_of(part, work.plan, source, stopped)
            if receipt is not None:
                work.receipts[number] = receipt
                work.found.add(number)
    lost = len(work.found - work.sent_here)
    if lost:
        work.notes.append(
            tr(
                "Found {parts} in OSS whose receipts were lost; compared with the file, what is equal need not be sent "
                "again.",
                parts=count(lost, "part"),
            )
        )


def _is_listed(receipt: PartReceipt, listed: ListedPart | None) -> bool:
    return listed is not None and listed.etag.strip('"').upper() == receipt.etag.upper()


def _receipt_of(part: ListedPart, plan: Plan, source: Source, stopped: Callable[[], bool]) -> PartReceipt | None:
    """Return a receipt for a listed part, to be compared with the file; None where it cannot be the file's."""
    mine, crc = plan.part(part.part_number), part.crc64
    if part.size != mine.length:
        return None
    if crc is None:
        if not is_of_file(part, plan, source, stopped):
            return None
        crc = source.crc64(mine.offset, mine.length, stopped)
    return PartReceipt(part.part_number, part.etag.strip('"'), crc)


def is_of_file(part: ListedPart, plan: Plan, source: Source, stopped: Callable[[], bool]) -> bool:
    """Whether a listed part has the bytes that the file has there now. Raises PartStopped, SourceError."""
    mine = plan.part(part.part_number)
    if part.crc64 is not None:
        return part.crc64 == source.crc64(mine.offset, mine.length, stopped)
    # Some listings leave the CRC-64 out; a part's ETag is the MD5 of its bytes.
    return part.etag.strip('"').upper() == source.md5(mine.offset, mine.length, stopped)
