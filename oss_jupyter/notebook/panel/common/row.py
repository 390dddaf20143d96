"""What card and desk both show of a transfer: a few texts and numbers, as they travel to the page.

Sizes are in bytes; times in whole seconds, so that they do not change all the time. States and phases go by their keys,
under which the page finds their words. Nothing in it is secret, because a notebook may save it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import TypedDict

from oss_jupyter.model.dataset import FilesView
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.dataset_text import source_name
from oss_jupyter.model.parallel import PARALLEL_MOST
from oss_jupyter.model.parted import MAKER_GONE
from oss_jupyter.model.pieces import STREAM_GONE
from oss_jupyter.model.progress import Receipt, Snapshot
from oss_jupyter.model.states import Event, State, allowed

_GONE = (STREAM_GONE, MAKER_GONE)


class ReceiptRow(TypedDict):
    """A finished upload. crc64: as text, because it has more digits than a JavaScript number holds."""

    seconds: float
    crc64: str | None
    etag: str
    request_id: str
    version_id: str
    sent: int
    resent: int
    already_there: bool
    proven: str


class Standing(TypedDict):
    """Which transfer, and where it stands.

    can: what the buttons may ask now. parts_gone: whether an abort removed the parts from the service. detached: it
    moves, and goes on when the kernel ends.
    """

    id: str
    source: str
    name: str
    url: str
    state: str
    detached: bool
    phase: str
    moving: bool
    parts_gone: bool
    error: list[str] | None
    receipt: ReceiptRow | None
    can: list[str]


class Amounts(TypedDict):
    """How much: in all, in OSS from before and from now, and on the bar. finished: parts that are in OSS.

    open_ended: more may come than is known in all.
    """

    total: int
    open_ended: bool
    kept: int
    confirmed: int
    shown: int
    fraction: float
    finished: int


class Pace(TypedDict):
    """How it goes on. retry: [which retry, of how many] of the part that was tried most often, after a long silence;
    met: what a part met last, then.

    compare, compared: to be read again, and read by now.
    """

    speed: int | None
    left: int | None
    silent: int
    retry: list[int] | None
    met: str
    compared: int
    compare: int


class FilesRow(TypedDict):
    """The files of a dataset, as in FilesView. done: need nothing more; speed: files per second, few ones in tenths."""

    total: int
    scanning: bool
    done: int
    sent: int
    kept: int
    skipped: int
    failed: int
    failed_bytes: int
    left: int
    speed: float | None


class Row(Standing, Amounts):
    """What is known of every row of the desk, also of a checkpoint that cannot be used. files: None where it is one."""

    files: FilesRow | None


class RowElsewhere(Row):
    """The row of another kernel. kernel: its notebook, "" where nobody knows the name."""

    kernel: str


class TransferRow(Row, Pace):
    """What is known of a transfer.

    started: seconds since the epoch. place: in the queue, 0 where it does not wait. kept_here: whether running the cell
    again carries on what was given up.
    """

    started: int
    place: int
    kept_here: bool
    parts: int
    parallel: int
    parallel_auto: bool
    parallel_most: int
    limit: float | None


def row_of(snapshot: Snapshot) -> TransferRow:
    """Return what card and desk show of a transfer."""
    return {
        **_standing(snapshot),
        **_amounts(snapshot),
        **_pace(snapshot),
        "files": files_row(snapshot.files) if snapshot.files else None,
        "started": int(snapshot.started_at),
        "place": snapshot.queue_place,
        "kept_here": snapshot.checkpoint_kept,
        "parts": snapshot.parts_total,
        "parallel": snapshot.parallel_wanted or snapshot.parallel,
        "parallel_auto": snapshot.parallel_auto,
        "parallel_most": PARALLEL_MOST,
        "limit": snapshot.limit_bytes_per_second,
    }


def files_row(files: FilesView) -> FilesRow:
    """Return what is counted of the files of a dataset."""
    return {
        "total": files.total,
        "scanning": files.scanning,
        "done": files.done,
        "sent": files.sent,
        "kept": files.kept,
        "skipped": files.skipped,
        "failed": files.failed,
        "failed_bytes": files.failed_bytes,
        "left": files.left,
        "speed": _tenths(files.files_per_second),
    }


def _standing(snapshot: Snapshot) -> Standing:
    return {
        "id": snapshot.id,
        "source": snapshot.source,
        "name": PurePath(snapshot.source).name if snapshot.files is None else source_name(snapshot.source),
        "url": str(snapshot.target),
        "state": snapshot.state.key,
        "detached": snapshot.detached and snapshot.state.active,
        "phase": snapshot.phase.key,
        "moving": snapshot.state.active,
        "parts_gone": snapshot.state is State.ABORTED and not snapshot.keeps_parts,
        "error": list(snapshot.error) if snapshot.error else None,
        "receipt": _receipt(snapshot.receipt) if snapshot.receipt else None,
        "can": list(_possible(snapshot)),
    }


def _amounts(snapshot: Snapshot) -> Amounts:
    return {
        "total": snapshot.total_bytes,
        "open_ended": snapshot.open_ended,
        "kept": snapshot.kept_bytes,
        "confirmed": snapshot.confirmed_bytes,
        "shown": snapshot.shown_bytes,
        "fraction": round(snapshot.fraction, 4),
        "finished": snapshot.parts_kept + snapshot.parts_done,
    }


def _pace(snapshot: Snapshot) -> Pace:
    silent = int(snapshot.long_silence_seconds)
    return {
        "speed": _rounded(snapshot.bytes_per_second),
        "left": _rounded(snapshot.left_seconds),
        "silent": silent,
        "retry": [snapshot.retry, snapshot.retries_max] if snapshot.retry and silent else None,
        "met": snapshot.latest_error if silent else "",
        "compared": snapshot.compared_bytes,
        "compare": snapshot.compare_bytes,
    }


def _possible(snapshot: Snapshot) -> Iterable[str]:
    state = snapshot.state
    if allowed(state, Event.PAUSE):
        yield Event.PAUSE.value
    if may_resume(snapshot):
        yield Event.RESUME.value
    if allowed(state, Event.ABORT):
        yield Event.ABORT.value
    if snapshot.adoptable and not snapshot.detached and not state.ended_for_good and state is not State.COMPLETING:
        yield "adopt"
    abort_failed = state is State.FAILED and snapshot.aborting
    if abort_failed or (state is State.INTERRUPTED and snapshot.error and snapshot.error[-1] not in _GONE):
        yield "forget"
    if not state.ended_for_good and (state.active or snapshot.resumable):
        yield "settings"


def may_resume(snapshot: Snapshot) -> bool:
    """Whether resuming is offered: it is allowed, and can lead on."""
    return snapshot.resumable and allowed(snapshot.state, Event.RESUME)


def _receipt(receipt: Receipt | DatasetReceipt) -> ReceiptRow:
    """Return the row; the files of a dataset have their checksums each, and it has none."""
    one = receipt if isinstance(receipt, Receipt) else None
    return {
        "seconds": round(receipt.seconds, 1),
        "crc64": None if one is None or one.crc64 is None else str(one.crc64),
        "etag": one.etag if one else "",
        "request_id": one.request_id if one else "",
        "version_id": one.version_id if one else "",
        "sent": receipt.sent_bytes,
        "resent": receipt.resent_bytes,
        "already_there": receipt.sent_nothing,
        "proven": one.proven.value if one else "",
    }


def _tenths(value: float | None) -> float | None:
    return value if value is None else round(value, 1) if value < 9.95 else round(value)


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)
