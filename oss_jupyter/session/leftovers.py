"""Unfinished uploads of a bucket: whose they are, how much they hold, and removing them. Any thread may call it."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from typing import Any, TypeVar, cast

from oss_jupyter.engine.transfer import Transfer
from oss_jupyter.errors import OssJupyterError, ServiceError
from oss_jupyter.model.ages import DAY_SECONDS
from oss_jupyter.model.arguments import UploadOptions
from oss_jupyter.model.leftover import Leftover, Leftovers, Owner, Removed
from oss_jupyter.model.sizes import count
from oss_jupyter.model.storage_prices import CURRENCY, PRICES
from oss_jupyter.model.target import Target, address
from oss_jupyter.oss.unfinished import list_uploads
from oss_jupyter.session.adopting import adopt
from oss_jupyter.session.driven import driven_by, driven_by_host, driven_by_kernel
from oss_jupyter.session.interrupts import ToldInterrupt
from oss_jupyter.session.neighbours.place import places
from oss_jupyter.session.session import Session
from oss_jupyter.texts import english, tr

# Beyond so many, a request for each takes minutes.
COUNTED_MOST = 1000
_AT_ONCE = 8
# What is live is looked at anew before each batch that is removed.
_BATCH = 100
_TOLD_EACH = 100
_LIVE = english("a kernel of this computer is sending it")
_KEPT = english("a checkpoint here can carry on with it: oj.transfers(); force=True removes it all the same")
_YOUNG = english("begun within the last day, so another computer may be sending it; force=True removes it")
_FORBIDDEN = 403

T = TypeVar("T")
R = TypeVar("R")
# Takes a few words on how far it is, from the thread that asked.
Told = Callable[[str], object]


def find_leftovers(
    session: Session, place: str, count_most: int = COUNTED_MOST, told: Told = lambda words: None, **reach: Any
) -> Leftovers:
    """Return the unfinished uploads below `place`; the parts of the first `count_most` are counted.

    told: what is told how far it is. Raises InputError, ToldInterrupt, and what stands in the way of asking.
    """
    where = address(place)
    bucket = BucketOfSession(session, where.bucket, reach, told)
    prices = dict(session.settings.storage_prices)
    currency = CURRENCY if prices == PRICES else ""
    found = Leftovers(where, tuple(bucket.listed(where.key)), prices, currency, (), bucket)
    return found.counted(found.rows, count_most) if count_most and found.rows else found


class BucketOfSession:
    """What a session can do with the unfinished uploads of a bucket. reach: how the service is reached."""

    def __init__(self, session: Session, bucket: str, reach: dict[str, Any], told: Told) -> None:
        self._session = session
        self._bucket = bucket
        self._reach = {name: value for name, value in reach.items() if value is not None}
        self._control = session.wiring.control_at(cast("UploadOptions", self._reach))
        self._told = told

    def listed(self, prefix: str) -> list[Leftover]:
        """Return all of them below a prefix, with whose they are."""
        now = datetime.fromtimestamp(time.time(), timezone.utc)
        rows: list[Leftover] = []
        try:
            owners = _owners(self._session)
            for one in list_uploads(self._control.requests, self._bucket, prefix, now):
                rows.append(replace(one, owner=owners.get(one.upload_id, Owner.UNKNOWN)))
                if len(rows) % _TOLD_EACH == 0:
                    self._told(tr("{uploads} listed …", uploads=_unfinished(len(rows))))
        except KeyboardInterrupt:
            raise ToldInterrupt(
                tr(
                    "Interrupted when {uploads} had been listed. Nothing was changed.",
                    uploads=_unfinished(len(rows)),
                )
            ) from None
        return rows

    def counted(self, rows: Sequence[Leftover], most: int) -> tuple[list[Leftover], list[str]]:
        """Return the rows, the first `most` with their parts, and what hindered that. Raises ToldInterrupt."""
        refused: list[str] = []
        done: dict[str, Leftover] = {}
        wanted = min(most, len(rows))
        try:
            for one in _beside(lambda one: self._with_parts(one, refused), rows[:most]):
                done[one.upload_id] = one
                self._told(
                    tr(
                        "parts of {done} of {all} unfinished uploads counted …",
                        done=f"{len(done):,}",
                        all=f"{wanted:,}",
                    )
                )
        except KeyboardInterrupt:
            raise _counting_interrupted(len(done), wanted) from None
        few = len(rows) > most and not refused
        notes = [tr("Parts are counted of {most} uploads.", most=f"{most:,}")] if few else []
        return [done.get(one.upload_id, one) for one in rows], refused[:1] + notes

    def judged(self, chosen: Sequence[Leftover], *, force: bool) -> Removed:
        """Return what `remove` would do at this moment."""
        owners = _owners(self._session)
        judged = [(one, _why_stays(one, owners.get(one.upload_id, Owner.UNKNOWN), force)) for one in chosen]
        free, stay = ([pair for pair in judged if bool(pair[1]) is kept] for kept in (False, True))
        return Removed(tuple(one for one, _ in free), tuple(stay))

    def remove(self, chosen: Sequence[Leftover], *, force: bool) -> Removed:
        """Remove what may be removed. Raises ToldInterrupt, and a failure with how many are gone by then."""
        asked: list[Leftover] = []
        gone: list[Leftover] = []
        stay: list[tuple[Leftover, str]] = []

        def without(one: Leftover) -> None:
            # Noted beside the request itself: whoever waits for the answers may be stopped before it has seen them.
            asked.append(one)
            self._control.abort(Target(self._bucket, one.key), one.upload_id)
            gone.append(one)

        try:
            for batch in _batches(chosen):
                free = self.judged(batch, force=force)
                stay += free.stay
                for _ in _beside(without, free.gone):
                    self._told(
                        tr(
                            "{gone} of {uploads} removed …",
                            gone=f"{len(gone):,}",
                            uploads=_unfinished(len(chosen)),
                        )
                    )
        except KeyboardInterrupt:
            so_far = _so_far(len(gone), len(chosen), len(asked) - len(gone))
            raise ToldInterrupt(tr("Interrupted: {so_far}", so_far=so_far)) from None
        except OssJupyterError as error:
            mine = copy.copy(error)
            mine.safe = _so_far(len(gone), len(chosen)) if gone else tr("Nothing was removed.")
            raise mine from None
        return Removed(tuple(gone), tuple(stay))

    def adopt(self, one: Leftover, file: Any) -> Transfer:
        """Carry on with an upload, as in `adopt`."""
        # Looked at anew: a kernel may have begun to send it since it was listed.
        now = replace(one, owner=_owners(self._session).get(one.upload_id, Owner.UNKNOWN))
        return adopt(self._session, self._control, self._bucket, now, file, self._reach)

    def _with_parts(self, one: Leftover, refused: list[str]) -> Leftover:
        if refused:
            return one
        try:
            parts = self._control.list_parts(Target(self._bucket, one.key), one.upload_id)
        except ServiceError as error:
            if error.reply.status == _FORBIDDEN:
                refused.append(tr("Parts were not counted: these credentials may not list them (oss:ListParts)."))
            elif error.reply.code != "NoSuchUpload":  # it has ended since it was listed
                raise
            return one
        return replace(one, parts=len(parts), size_bytes=sum(part.size for part in parts))


def _owners(session: Session) -> dict[str, Owner]:
    """Return whose the uploads are that this computer knows, by upload id."""
    owners: dict[str, Owner] = {}
    for store in session.on_disk.directories():
        busy_ids = session.on_disk.busy_children(store)
        for found in store.inventory():
            if found.record is not None and found.record.header.upload_id:
                live = found.busy or found.transfer_id in busy_ids
                owners[found.record.header.upload_id] = Owner.LIVE if live else Owner.KEPT
    # No checkpoint here tells of what has none, or has it elsewhere.
    others: list[Callable[[], list[str]]] = [driven_by_host, *(partial(driven_by_kernel, one) for one in places())]
    for upload_ids in (driven_by(session.manager), *_beside(lambda asked: asked(), others)):
        owners.update(dict.fromkeys(upload_ids, Owner.LIVE))
    return owners


def _why_stays(one: Leftover, owner: Owner, force: bool) -> str:
    """Return why an upload is not removed, or "". What is sent from here stays whatever is asked."""
    if owner is Owner.LIVE:
        return tr(_LIVE)
    if force:
        return ""
    if owner is Owner.KEPT:
        return tr(_KEPT)
    return tr(_YOUNG) if one.age_seconds < DAY_SECONDS else ""


def _so_far(gone: int, chosen: int, under_way: int = 0) -> str:
    """Return how many are gone; some that are being asked for may be soon."""
    uploads, removed = _unfinished(chosen), f"{gone:,}"
    if under_way:
        return tr(
            "{gone} of {uploads} are removed, and maybe {more} more.", gone=removed, uploads=uploads, more=under_way
        )
    return tr("{gone} of {uploads} are removed.", gone=removed, uploads=uploads)


def _unfinished(number: int) -> str:
    return count(number, "unfinished upload")


def _counting_interrupted(done: int, wanted: int) -> ToldInterrupt:
    return ToldInterrupt(
        tr(
            "Interrupted when the parts of {done} of {uploads} were counted. Nothing was changed. "
            "oj.leftovers(…, count_most=0) counts none.",
            done=f"{done:,}",
            uploads=_unfinished(wanted),
        )
    )


def _beside(call: Callable[[T], R], values: Sequence[T]) -> Iterator[R]:
    """Yield what a call returns for each value, as it comes, a few at once.

    What fails or interrupts lets nothing more begin. A failure is raised once all that had begun has ended.
    """
    from concurrent.futures import ThreadPoolExecutor, as_completed  # an interpreter that is ending cannot load it

    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="oss-leftovers")
    try:
        for batch in _batches(values):
            for done in as_completed([pool.submit(call, value) for value in batch]):
                yield done.result()
    except Exception:
        pool.shutdown(cancel_futures=True)
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _batches(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while batch := list(islice(rest, _BATCH)):
        yield batch
