"""How an upload stands, in one line: functions from frozen values to text, for scripts and notebooks. Any thread.

Names, keys and what a server said come from outside, so whatever could move a terminal's cursor is written out.
"""

from __future__ import annotations

from pathlib import Path

from oss_jupyter.errors import TransferBusy
from oss_jupyter.model.compare import Lack, Why
from oss_jupyter.model.dataset import FilesView
from oss_jupyter.model.dataset_receipt import receipt_line
from oss_jupyter.model.dataset_text import bytes_so_far, files, files_pace, files_so_far, source_name
from oss_jupyter.model.progress import SILENCE_SECONDS, Receipt, Snapshot
from oss_jupyter.model.prove import Proven
from oss_jupyter.model.sizes import format_duration, format_progress, format_size, format_speed
from oss_jupyter.model.states import State
from oss_jupyter.names import printable
from oss_jupyter.texts import about, clauses, say, sentences


def name_of(now: Snapshot) -> str:
    """Return the file's name, or what a dataset is made of; without the folders above it."""
    return printable(Path(now.source).name if now.files is None else source_name(now.source))


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
    state = in_a_word(now.state)
    return clauses(state, _ordinal(now.queue_place)) if now.queue_place else state


def in_a_word(state: State) -> str:
    """Return a state as it is told."""
    return say(f"state_{state.key}")


def why_words(why: Why, language: str = "") -> str:
    """Return why a file of a dataset is sent or skipped."""
    return say(f"why_{why.key}", language)


def lack_words(lack: Lack, language: str = "") -> str:
    """Return the note about a permission that would have files skipped."""
    return say(f"lack_{lack.key}", language)


def progress_line(now: Snapshot) -> str:
    """Return how far it is, without the state."""
    if now.state in (State.COMPLETED, State.COMPLETED_WITH_ERRORS) and now.receipt:
        return _done(now.receipt) if isinstance(now.receipt, Receipt) else receipt_line(now.receipt)
    if now.state is State.COMPLETED:
        return ""
    if now.state is State.ABORTED:
        return _stays(now)
    if now.state.active:
        return " · ".join([*_so_far(now), *_pace(now)])
    known = now.checkpoint or now.state is State.PAUSED
    return in_oss(now) if known and not _sent_elsewhere(now) else ""


def in_oss(now: Snapshot) -> str:
    """Return ``18.4 of 52.0 GiB already in OSS``: what counts if it is resumed. More may be there, unconfirmed."""
    confirmed_bytes = now.kept_bytes + now.confirmed_bytes
    if now.files is not None:
        return say("already_in_oss", progress=clauses(*_files_so_far(now, now.files, confirmed_bytes)))
    if now.open_ended:
        return say("already_in_oss", progress=format_size(confirmed_bytes))
    if not confirmed_bytes:
        return say("nothing_confirmed", total=format_size(now.total_bytes))
    return say("already_in_oss", progress=format_progress(confirmed_bytes, now.total_bytes))


def _sent_elsewhere(now: Snapshot) -> bool:
    """Whether it failed because another process sends it, which alone knows how far that is."""
    return now.error is not None and now.error[3].partition(" · ")[0] == TransferBusy.__name__


def goes_on(now: Snapshot) -> str:
    """Return that an upload outlives its kernel, while it moves by itself; else nothing."""
    moves = now.state.active and now.state is not State.WAITING_FOR_CREDENTIALS  # a note says what it waits for
    return say("goes_on_detached") if now.detached and moves else ""


def left_alone(now: Snapshot) -> str:
    """Return why an upload was left out where all were resumed, and what to do, as one line."""
    what, _, advice, _ = now.error or ("", "", "", "")
    which = head_line(now) if now.resumable else clauses(head_line(now), in_oss(now))
    return printable(sentences(say("left_alone", what=which), what, advice))


def _ordinal(number: int) -> str:
    teen = 11 <= number % 100 <= 13
    which = "other" if teen else {1: "one", 2: "two", 3: "few"}.get(number % 10, "other")
    return say(f"nth_{which}", count=f"{number:,}")


def _stays(now: Snapshot) -> str:
    """Say what is left of what was given up: of a dataset complete objects, of one file the parts that were kept."""
    if now.files is None:
        return in_oss(now) if now.keeps_parts and now.kept_bytes + now.confirmed_bytes else ""
    if not now.files.done:
        return ""
    return say("files_stay", files=files(now.files.done), size=format_size(now.kept_bytes + now.confirmed_bytes))


def _files_so_far(now: Snapshot, view: FilesView, done_bytes: int) -> list[str]:
    if view.scanning and not view.total and now.state in (State.QUEUED, State.RUNNING):
        return [say("looking_for_files")] if now.state is State.RUNNING else []
    failed = [say("files_failed", count=f"{view.failed:,}")] if view.failed else []
    return [
        files_so_far(view.done, view.total, scanning=view.scanning),
        *failed,
        bytes_so_far(done_bytes, now.total_bytes, scanning=view.scanning),
    ]


def _so_far(now: Snapshot) -> list[str]:
    if now.files is not None:
        return _files_so_far(now, now.files, now.shown_bytes)
    if now.open_ended:
        return [say("so_far", size=format_size(now.shown_bytes))]
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
        return [about(phase, _compared(now)) if now.compare_bytes else phase, *spent]
    if now.long_silence_seconds:
        met = [say("last_error", error=printable(now.latest_error))] if now.latest_error else []
        return [say("silent_retrying", time=format_duration(now.long_silence_seconds)), *met]
    beside = [say("comparing_kept", progress=_compared(now))] if now.compare_bytes else []
    if now.files and not now.files.total:
        return beside
    if now.bytes_per_second is None:
        return [say("estimating"), *beside]
    return [format_speed(now.bytes_per_second), *_files_pace(now), *_left(now), *beside]


def _files_pace(now: Snapshot) -> list[str]:
    pace = now.files.files_per_second if now.files else None
    return [] if pace is None else [files_pace(pace)]


def _left(now: Snapshot) -> list[str]:
    if now.left_seconds is None:
        return []
    scanning = now.files is not None and now.files.scanning
    return [say("left_at_least" if scanning else "left", time=format_duration(now.left_seconds))]


def _compared(now: Snapshot) -> str:
    return format_progress(now.compared_bytes, now.compare_bytes)


def _done(receipt: Receipt) -> str:
    crc = "" if receipt.crc64 is None else f"CRC-64 {receipt.crc64}"
    if receipt.sent_nothing:
        return " · ".join(filter(None, (say("nothing_sent"), format_size(receipt.size), crc)))
    words = (format_size(receipt.size), time_of(receipt), crc, kept_and_sent(receipt), read_again(receipt))
    return " · ".join(filter(None, words))


def time_of(receipt: Receipt) -> str:
    """Return how long it took, and how fast that was."""
    speed = f" · {format_speed(receipt.sent_bytes / receipt.seconds)}" if receipt.sent_bytes and receipt.seconds else ""
    return format_duration(receipt.seconds, tenths=True) + speed


def kept_and_sent(receipt: Receipt) -> str:
    """Return how many bytes were there already, and how many were sent, how often."""
    if receipt.sent_nothing:
        return say("nothing_sent")
    size, again = format_size(receipt.sent_bytes), format_size(receipt.resent_bytes)
    kept = say("kept", size=format_size(receipt.kept_bytes)) if receipt.kept_bytes else ""
    sent = say("sent_and_again", size=size, again=again) if receipt.resent_bytes else say("sent", size=size)
    retries = say("retries_one" if receipt.retries == 1 else "retries_many", count=f"{receipt.retries:,}")
    return clauses(kept, sent, retries if receipt.retries else "")


def read_again(receipt: Receipt) -> str:
    """Return what was read a second time, and what might have been and was not."""
    if receipt.proven is Proven.ALL:
        return say("read_again_all")
    if not receipt.kept_bytes:
        return ""
    return say("read_again_kept" if receipt.proven is Proven.KEPT else "read_again_none")
