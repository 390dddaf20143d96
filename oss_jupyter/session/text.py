"""What uploads look like in words: functions from frozen values to text. No IPython, no I/O, any thread.

Names, keys and what a server said come from outside, so whatever could move a terminal's cursor is written out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from oss_jupyter.model.progress import SILENCE_SECONDS, Receipt, Snapshot
from oss_jupyter.model.prove import Proven
from oss_jupyter.model.sizes import count, format_duration, format_progress, format_size, format_speed
from oss_jupyter.model.states import State
from oss_jupyter.names import printable
from oss_jupyter.texts import say

# More makes a table of uploads wider than a page, and its rows high.
_NAME_MAX = 60
# More would push what matters out of sight; the newest say most.
_NOTES_MAX = 5


def name_of(now: Snapshot) -> str:
    """Return the file's name."""
    return printable(Path(now.source).name)


def head_line(now: Snapshot) -> str:
    """Return ``trips.parquet -> oss://bucket/key (k5ffjj43)``."""
    return f"{name_of(now)} -> {printable(str(now.target))} ({now.id})"


def status_line(now: Snapshot) -> str:
    """Return ``37 % · 19.4 of 52.0 GiB · 84 MiB/s · 6 min 40 s left``, led by the state where it is another."""
    words = progress_line(now)
    if now.state in (State.RUNNING, State.COMPLETING):
        return words
    return " · ".join(filter(None, (state_word(now), words)))


def state_word(now: Snapshot) -> str:
    """Return the state, of what is queued with its place: ``queued, 3rd``."""
    state = say(f"state_{now.state.key}")
    return f"{state}, {_ordinal(now.queue_place)}" if now.queue_place else state


def progress_line(now: Snapshot) -> str:
    """Return how far it is, without the state."""
    if now.state is State.COMPLETED:
        return _done(now.receipt) if now.receipt else ""
    if now.state is State.ABORTED:
        return ""
    if now.state.active:
        return " · ".join([*_so_far(now), *_pace(now)])
    return in_oss(now) if now.checkpoint or now.state is State.PAUSED else ""


def short_line(now: Snapshot) -> str:
    """Return how far it is for a table, where another state than running has a column of its own."""
    if now.receipt:
        how = "already there" if now.receipt.sent_nothing else _time(now.receipt)
        return f"{format_size(now.receipt.size)} · {how}"
    return progress_line(now)


def in_oss(now: Snapshot) -> str:
    """Return ``18.4 of 52.0 GiB already in OSS``: what counts if it is resumed."""
    confirmed_bytes = now.kept_bytes + now.confirmed_bytes
    if not confirmed_bytes:
        return say("nothing_in_oss", total=format_size(now.total_bytes))
    return say("already_in_oss", progress=format_progress(confirmed_bytes, now.total_bytes))


def describe(now: Snapshot, *, with_error: bool = True) -> list[str]:
    """Return a transfer as a cell shows it: what, how far, why not further, and what else there is to say."""
    return [head_line(now), status_line(now), *remarks(now, with_error=with_error)]


def remarks(now: Snapshot, *, with_error: bool = True) -> list[str]:
    """Return the lines below the progress: the four of a failure, how to carry on, and the notes."""
    lines = [line for text in now.error or () for line in text.split("\n")] if with_error else []
    if now.state in (State.PAUSED, State.INTERRUPTED):
        lines.append(say("carry_on_with", command=f"%oss_uploads resume {now.id}"))
    return [printable(line) for line in (*filter(None, lines), *now.notes[-_NOTES_MAX:])]


def brief(note: str) -> str:
    """Return the first sentence of a note, for a table; `%oss_uploads show` tells the rest."""
    first, stop, _ = note.partition(". ")
    return f"{first}." if stop else note


def shortened(name: str) -> str:
    """Return a long name without its middle, for a table; `%oss_uploads show` tells all of it."""
    return name if len(name) <= _NAME_MAX else f"{name[: _NAME_MAX // 2]}…{name[-_NAME_MAX // 2 :]}"


def left_alone(now: Snapshot) -> str:
    """Return why an upload was left out where all were resumed, and what to do, as one line."""
    what, _, advice, _ = now.error or ("", "", "", "")
    return printable(" ".join(filter(None, (f"Left alone: {head_line(now)}.", what, advice))))


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
        ("time", _time(receipt)),
        ("parts", f"{receipt.parts:,}"),
        ("kept, sent", _kept_and_sent(receipt)),
        ("compared", _proof(receipt)),
        ("version", receipt.version_id),
        ("request id", receipt.request_id),
        ("callback", receipt.callback_body),
        ("warning", receipt.warning),
    ]
    return [(name, printable(value)) for name, value in rows if value]


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of equally many cells as aligned lines."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _ordinal(number: int) -> str:
    teen = 11 <= number % 100 <= 13
    which = "other" if teen else {1: "one", 2: "two", 3: "few"}.get(number % 10, "other")
    return say(f"nth_{which}", count=f"{number:,}")


def _so_far(now: Snapshot) -> list[str]:
    percent = int(100 * now.fraction)
    words = [f"{percent} %", format_progress(now.shown_bytes, now.total_bytes)]
    if now.kept_bytes:
        kept = min(percent, 100 * now.kept_bytes // now.total_bytes)
        words.append(say("kept_now", kept=kept, now=percent - kept))
    return words


def _pace(now: Snapshot) -> list[str]:
    """Say what is going on: a phase, a silence, or the speed."""
    if now.phase or now.state is not State.RUNNING:
        # Reading a large file again takes minutes; the seconds show that it is alive.
        spent = [format_duration(now.elapsed_seconds)] if now.elapsed_seconds >= SILENCE_SECONDS else []
        if not now.phase:
            return []
        phase = say(f"phase_{now.phase.key}")
        return [f"{phase}: {_compared(now)}" if now.compare_bytes else phase, *spent]
    # Before the first byte the silence is as old as the run.
    silent_seconds = min(now.silent_seconds, now.elapsed_seconds)
    if silent_seconds > SILENCE_SECONDS:
        return [say("silent_retrying", time=format_duration(silent_seconds))]
    beside = [say("comparing_kept", progress=_compared(now))] if now.compare_bytes else []
    if now.bytes_per_second is None:
        return [say("estimating"), *beside]
    left = [] if now.left_seconds is None else [say("left", time=format_duration(now.left_seconds))]
    return [format_speed(now.bytes_per_second), *left, *beside]


def _compared(now: Snapshot) -> str:
    return format_progress(now.compared_bytes, now.compare_bytes)


def _done(receipt: Receipt) -> str:
    crc = "" if receipt.crc64 is None else f"CRC-64 {receipt.crc64}"
    if receipt.sent_nothing:
        return " · ".join(filter(None, ("already there, nothing was sent", format_size(receipt.size), crc)))
    words = (format_size(receipt.size), _time(receipt), crc, _kept_and_sent(receipt), _read_again(receipt))
    return " · ".join(filter(None, words))


def _time(receipt: Receipt) -> str:
    speed = f" · {format_speed(receipt.sent_bytes / receipt.seconds)}" if receipt.sent_bytes and receipt.seconds else ""
    return format_duration(receipt.seconds, tenths=True) + speed


def _kept_and_sent(receipt: Receipt) -> str:
    if receipt.sent_nothing:
        return "already there, nothing was sent"
    retries = f", {count(receipt.retries, 'retry', 'retries')}" if receipt.retries else ""
    kept = f"kept {format_size(receipt.kept_bytes)}, " if receipt.kept_bytes else ""
    resent = f" and {format_size(receipt.resent_bytes)} once more" if receipt.resent_bytes else ""
    return f"{kept}sent {format_size(receipt.sent_bytes)}{resent}{retries}"


def _read_again(receipt: Receipt) -> str:
    """Say what was read a second time, and what might have been and was not."""
    if receipt.proven is Proven.ALL:
        return say("read_again_all")
    if not receipt.kept_bytes:
        return ""
    return say("read_again_kept" if receipt.proven is Proven.KEPT else "read_again_none")


def _proof(receipt: Receipt) -> str:
    if receipt.already_there:
        return "the object with the file" if receipt.proven is Proven.ALL else "the object with what was sent before"
    again = _read_again(receipt)
    return "each part when it was sent" + (f"; {again}" if again else "")
