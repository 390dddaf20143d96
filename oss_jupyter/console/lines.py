"""What a cell or a command says of an upload: from frozen values to lines, names and values, and columns. Any thread.

Names, keys and what a server said come from outside, so whatever could move a terminal's cursor is written out.
"""

from __future__ import annotations

import re

from oss_jupyter.console.spelling import MAGICS, Commands
from oss_jupyter.model.columns import shortened
from oss_jupyter.model.dataset import FileOnTheWire, FilesView
from oss_jupyter.model.dataset_text import failure_lines, files_so_far, outcomes_line, outcomes_of
from oss_jupyter.model.progress import Receipt, Snapshot
from oss_jupyter.model.prove import Proven
from oss_jupyter.model.sizes import format_size
from oss_jupyter.model.states import State
from oss_jupyter.names import printable
from oss_jupyter.session.text import goes_on, head_line, kept_and_sent, progress_line, read_again, status_line, time_of
from oss_jupyter.texts import listed, say, tr

# More would push what matters out of sight; the newest say most.
_NOTES_MAX = 5
_WIRE_MAX = 10
_SENTENCE_ENDS = re.compile(r"\.(?= )|。")


def describe(now: Snapshot, *, with_error: bool = True, commands: Commands = MAGICS) -> list[str]:
    """Return a transfer as a cell shows it: what, how far, why not further, and what else there is to say."""
    return [head_line(now), status_line(now), *remarks(now, with_error=with_error, commands=commands)]


def remarks(now: Snapshot, *, with_error: bool = True, commands: Commands = MAGICS) -> list[str]:
    """Return the lines below the progress: the four of a failure, how to carry on, and the notes."""
    view = now.files if not now.state.active else None
    named = view is not None and bool(view.failures) and now.state is State.COMPLETED_WITH_ERRORS
    lines = [line for text in now.error or () for line in text.split("\n")] if with_error and not named else []
    again = commands.act("resume", now.id)
    if now.state in (State.PAUSED, State.INTERRUPTED) and now.resumable:
        lines.append(say("carry_on_with", command=again))
    lines.append(goes_on(now))
    if view is not None:
        lines += failure_lines(view.failures, view.failed)
    if now.state is State.COMPLETED_WITH_ERRORS:
        lines.append(say("retry_failed_with", command=again))
    return [printable(line) for line in (*filter(None, lines), *now.notes[-_NOTES_MAX:])]


def short_line(now: Snapshot) -> str:
    """Return how far it is for a table, where another state than running has a column of its own."""
    if isinstance(now.receipt, Receipt):
        how = say("there") if now.receipt.sent_nothing else time_of(now.receipt)
        return f"{format_size(now.receipt.size)} · {how}"
    return progress_line(now)


def details(now: Snapshot) -> list[tuple[str, str]]:
    """Return what `%oss_uploads show` adds: names and values."""
    if now.files is not None:
        return _of_dataset(now, now.files)
    return _labelled(
        source=now.source,
        parts=_parts(now),
        on_the_wire=listed(f"{part.part_number:,}" for part in now.flights),
        retries=f"{now.retries:,}" if now.retries else "",
        upload_id=now.upload_id,
        checkpoint=_checkpoint(now),
    )


def _of_dataset(now: Snapshot, view: FilesView) -> list[tuple[str, str]]:
    outcomes = outcomes_line(outcomes_of(view))
    so_far = files_so_far(view.done, view.total, scanning=view.scanning)
    rows = _labelled(
        source=now.source,
        files=tr("{files}: {outcomes}", files=so_far, outcomes=outcomes) if outcomes else so_far,
        on_the_wire=listed(f"{shortened(one.key)} ({_percent(one)} %)" for one in view.on_the_wire[:_WIRE_MAX]),
        retries=f"{now.retries:,}" if now.retries else "",
        checkpoint=_checkpoint(now),
    )
    failed = [(say("label_failed"), line) for line in failure_lines(view.failures, view.failed)]
    return rows + (failed if now.state.active else [])  # what rests tells them above


def _checkpoint(now: Snapshot) -> str:
    """Return where the place is kept; nothing of what is complete, whose checkpoint is gone."""
    return "" if now.state is State.COMPLETED else now.checkpoint or say("no_checkpoint")


def _percent(one: FileOnTheWire) -> int:
    return 100 * one.sent_bytes // one.size if one.size else 100


def receipt_rows(receipt: Receipt) -> list[tuple[str, str]]:
    """Return a finished upload as names and values."""
    return _labelled(
        object=receipt.url,
        size=say("size_in_bytes", size=format_size(receipt.size), count=f"{receipt.size:,}"),
        crc64=say("unknown") if receipt.crc64 is None else str(receipt.crc64),
        etag=receipt.etag,
        time=time_of(receipt),
        parts=f"{receipt.parts:,}",
        kept_and_sent=kept_and_sent(receipt),
        compared=_proof(receipt),
        version=receipt.version_id,
        request_id=receipt.request_id,
        callback=receipt.callback_body,
        warning=receipt.warning,
    )


def brief(note: str) -> str:
    """Return the first sentence of a note, for a table; `%oss_uploads show` tells the rest."""
    end = _SENTENCE_ENDS.search(note)
    return note[: end.end()] if end else note


def _labelled(**values: str) -> list[tuple[str, str]]:
    return [(say(f"label_{name}"), printable(value)) for name, value in values.items() if value]


def _parts(now: Snapshot) -> str:
    done, size = now.parts_kept + now.parts_done, format_size(now.part_size)
    counts = {"done": f"{done:,}", "total": f"{now.parts_total:,}", "kept": f"{now.parts_kept:,}"}
    return say("parts_done", **counts, size=size, parallel=now.parallel)


def _proof(receipt: Receipt) -> str:
    if receipt.already_there:
        return say("proof_file" if receipt.proven is Proven.ALL else "proof_sent_before")
    return listed(filter(None, (say("proof_parts"), read_again(receipt))), ";")
