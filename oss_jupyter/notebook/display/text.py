"""What a cell says of an upload: functions from frozen values to lines, names and values, and columns. Any thread.

Names, keys and what a server said come from outside, so whatever could move a terminal's cursor is written out.
"""

from __future__ import annotations

from collections.abc import Sequence

from oss_jupyter.model.progress import Receipt, Snapshot
from oss_jupyter.model.prove import Proven
from oss_jupyter.model.sizes import format_size
from oss_jupyter.model.states import State
from oss_jupyter.names import printable
from oss_jupyter.session.text import head_line, kept_and_sent, progress_line, read_again, status_line, time_of
from oss_jupyter.texts import say

# More makes a table of uploads wider than a page, and its rows high.
_NAME_MAX = 60
# More would push what matters out of sight; the newest say most.
_NOTES_MAX = 5


def describe(now: Snapshot, *, with_error: bool = True) -> list[str]:
    """Return a transfer as a cell shows it: what, how far, why not further, and what else there is to say."""
    return [head_line(now), status_line(now), *remarks(now, with_error=with_error)]


def remarks(now: Snapshot, *, with_error: bool = True) -> list[str]:
    """Return the lines below the progress: the four of a failure, how to carry on, and the notes."""
    lines = [line for text in now.error or () for line in text.split("\n")] if with_error else []
    if now.state in (State.PAUSED, State.INTERRUPTED):
        lines.append(say("carry_on_with", command=f"%oss_uploads resume {now.id}"))
    return [printable(line) for line in (*filter(None, lines), *now.notes[-_NOTES_MAX:])]


def short_line(now: Snapshot) -> str:
    """Return how far it is for a table, where another state than running has a column of its own."""
    if now.receipt:
        how = "already there" if now.receipt.sent_nothing else time_of(now.receipt)
        return f"{format_size(now.receipt.size)} · {how}"
    return progress_line(now)


def details(now: Snapshot) -> list[tuple[str, str]]:
    """Return what `%oss_uploads show` adds: names and values."""
    done = now.parts_kept + now.parts_done
    parts = f"{done:,} of {now.parts_total:,} done, {now.parts_kept:,} of them kept from before"
    rows = [
        ("source", now.source),
        ("parts", f"{parts}; {format_size(now.part_size)} each, {now.parallel} at once"),
        ("on the wire", ", ".join(f"{part.part_number:,}" for part in now.flights)),
        ("retries", f"{now.retries:,}" if now.retries else ""),
        ("upload id", now.upload_id),
        ("checkpoint", now.checkpoint or "none: resuming is off"),
    ]
    return [(name, printable(value)) for name, value in rows if value]


def receipt_rows(receipt: Receipt) -> list[tuple[str, str]]:
    """Return a finished upload as names and values."""
    rows = [
        ("object", receipt.url),
        ("size", f"{format_size(receipt.size)} ({receipt.size:,} bytes)"),
        ("CRC-64", "unknown" if receipt.crc64 is None else str(receipt.crc64)),
        ("ETag", receipt.etag),
        ("time", time_of(receipt)),
        ("parts", f"{receipt.parts:,}"),
        ("kept, sent", kept_and_sent(receipt)),
        ("compared", _proof(receipt)),
        ("version", receipt.version_id),
        ("request id", receipt.request_id),
        ("callback", receipt.callback_body),
        ("warning", receipt.warning),
    ]
    return [(name, printable(value)) for name, value in rows if value]


def brief(note: str) -> str:
    """Return the first sentence of a note, for a table; `%oss_uploads show` tells the rest."""
    first, stop, _ = note.partition(". ")
    return f"{first}." if stop else note


def shortened(name: str) -> str:
    """Return a long name without its middle, for a table; `%oss_uploads show` tells all of it."""
    return name if len(name) <= _NAME_MAX else f"{name[: _NAME_MAX // 2]}…{name[-_NAME_MAX // 2 :]}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of equally many cells as aligned lines."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _proof(receipt: Receipt) -> str:
    if receipt.already_there:
        return "the object with the file" if receipt.proven is Proven.ALL else "the object with what was sent before"
    again = read_again(receipt)
    return "each part when it was sent" + (f"; {again}" if again else "")
