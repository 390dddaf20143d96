"""Unfinished uploads of a bucket: whose they are, how much they hold, and removing them. Any thread may call it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from typing import Any, TypeVar, cast

from oss_jupyter.engine.transfer import coordinator_of
from oss_jupyter.errors import ServiceError
from oss_jupyter.model.arguments import UploadOptions
from oss_jupyter.model.leftover import DAY_SECONDS, Leftover, Leftovers, Owner, Removed
from oss_jupyter.model.storage_prices import AS_OF, CURRENCY, PRICES
from oss_jupyter.model.target import Target, address
from oss_jupyter.oss.control import SdkControl
from oss_jupyter.oss.unfinished import list_uploads
from oss_jupyter.session.adopting import adopt
from oss_jupyter.session.session import Session

# Beyond so many, a request for each takes minutes.
COUNTED_MOST = 1000
_AT_ONCE = 8
# What is live is looked at anew before each batch that is removed.
_BATCH = 100
_LIVE = "a kernel of this computer is sending it"
_KEPT = "a checkpoint here can carry on with it: oj.transfers(); force=True removes it all the same"
_YOUNG = "begun within the last day, so another computer may be sending it; force=True removes it"

T = TypeVar("T")
R = TypeVar("R")


def find_leftovers(session: Session, place: str, count_most: int = COUNTED_MOST, **reach: Any) -> Leftovers:
    """Return the unfinished uploads below `place`; the parts of the first `count_most` are counted.

    Raises InputError, and what stands in the way of asking the service.
    """
    where = address(place)
    given = {name: value for name, value in reach.items() if value is not None}
    control = session.wiring.control_at(cast("UploadOptions", given))
    owners, now = _owners(session), datetime.fromtimestamp(time.time(), timezone.utc)
    listed = list_uploads(control.requests, where.bucket, where.key, now)
    rows = [replace(one, owner=owners.get(one.upload_id, Owner.UNKNOWN)) for one in listed]
    rows, notes = _counted(control, where.bucket, rows, count_most)
    prices, currency = dict(session.settings.storage_prices), ""
    if prices == PRICES:
        currency = CURRENCY
        if any(one.size_bytes for one in rows):
            notes.append(
                f"Prices are list prices of {AS_OF} in mainland China, locally redundant; OssJupyter.storage_prices "
                "takes yours."
            )
    remover = partial(_remove, session, control, where.bucket)
    return Leftovers(
        where,
        tuple(rows),
        prices,
        currency,
        tuple(notes),
        remover,
        partial(_adopt, session, control, where.bucket, reach),
    )


def _adopt(session: Session, control: SdkControl, bucket: str, reach: dict[str, Any], one: Leftover, file: Any) -> Any:
    # Looked at anew: a kernel may have begun to send it since it was listed.
    now = replace(one, owner=_owners(session).get(one.upload_id, Owner.UNKNOWN))
    return adopt(session, control, bucket, now, file, reach)


def _owners(session: Session) -> dict[str, Owner]:
    """Return whose the uploads are that this computer knows, by upload id."""
    owners: dict[str, Owner] = {}
    for store in session.on_disk.directories():
        busy_ids = session.on_disk.busy_children(store)
        for found in store.inventory():
            if found.record is not None and found.record.header.upload_id:
                live = found.busy or found.transfer_id in busy_ids
                owners[found.record.header.upload_id] = Owner.LIVE if live else Owner.KEPT
    for transfer in session.manager.transfers():  # also those without a checkpoint
        upload_id = transfer.snapshot().upload_id
        if upload_id and not coordinator_of(transfer).resting:
            owners[upload_id] = Owner.LIVE
    return owners


def _counted(control: SdkControl, bucket: str, rows: list[Leftover], most: int) -> tuple[list[Leftover], list[str]]:
    """Return the rows, the first `most` with their parts, and what hindered that."""
    refused: list[str] = []

    def counted(one: Leftover) -> Leftover:
        if refused:
            return one
        try:
            parts = control.list_parts(Target(bucket, one.key), one.upload_id)
        except ServiceError as error:
            if error.reply.status == 403:
                refused.append("Parts were not counted: these credentials may not list them (oss:ListParts).")
            elif error.reply.code != "NoSuchUpload":  # it has ended since it was listed
                raise
            return one
        return replace(one, parts=len(parts), size_bytes=sum(part.size for part in parts))

    done = _beside(counted, rows[:most])
    notes = [f"Parts are counted of {most:,} uploads."] if len(rows) > most and not refused else []
    return [*done, *rows[most:]], refused[:1] + notes


def _remove(session: Session, control: SdkControl, bucket: str, chosen: Sequence[Leftover], force: bool) -> Removed:
    gone: list[Leftover] = []
    stay: list[tuple[Leftover, str]] = []
    for batch in _batches(chosen):
        owners = _owners(session)
        judged = [(one, _why_stays(one, owners.get(one.upload_id, Owner.UNKNOWN), force)) for one in batch]
        stay += [(one, why) for one, why in judged if why]
        free = [one for one, why in judged if not why]
        _beside(lambda one: control.abort(Target(bucket, one.key), one.upload_id), free)
        gone += free
    return Removed(tuple(gone), tuple(stay))


def _why_stays(one: Leftover, owner: Owner, force: bool) -> str:
    """Return why an upload is not removed, or "". What is sent from here stays whatever is asked."""
    if owner is Owner.LIVE:
        return _LIVE
    if force:
        return ""
    if owner is Owner.KEPT:
        return _KEPT
    return _YOUNG if one.age_seconds < DAY_SECONDS else ""


def _beside(call: Callable[[T], R], values: Sequence[T]) -> list[R]:
    """Call for each value, a few at once; what fails or interrupts lets nothing more begin."""
    from concurrent.futures import ThreadPoolExecutor  # an interpreter that is ending cannot load it

    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="oss-leftovers")
    try:
        return [result for batch in _batches(values) for result in pool.map(call, batch)]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while batch := list(islice(rest, _BATCH)):
        yield batch
