"""Whether the file is still the one that the run began with: by its size and times, and by who has it open.

Only another size is a change by itself. Everything else is a reason to read the bytes again, see proving.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from oss_jupyter.errors import SourceChanged
from oss_jupyter.model.sizes import count, format_size

if TYPE_CHECKING:
    from oss_jupyter.engine.ports import Source
    from oss_jupyter.model.wire_values import Fingerprint

_WRITER = "Somebody has the file open for writing"
# Some disks keep times by the second, or by two (FAT). What is written within them is not seen.
_COARSE_SECONDS = 2.0


class Watch(Protocol):
    """What is asked about the source while its parts are sent."""

    def confirmed(self) -> None:
        """Look after the service has taken a part. Raises SourceError."""

    def look(self) -> None:
        """Look whether it is still the same. Raises SourceError."""


class SourceWatch:
    """The source of one run. Only the run's own thread uses it.

    first: what the file was when the run began, before any byte was read. now: what it was at the last look.
    began_at: epoch seconds. in_one_piece: one PutObject sends it, so what was confirmed is the object already.
    """

    def __init__(self, source: Source, first: Fingerprint, began_at: float, *, in_one_piece: bool = False) -> None:
        self._source = source
        self.first = self.now = first
        self._other = first  # what it was when it was not the first one, for a while at least
        self._fresh = _is_coarse(first) and abs(began_at - first.mtime_ns / 1e9) < _COARSE_SECONDS
        self._in_one_piece = in_one_piece
        self._stored = False
        self._written_to = False

    def confirmed(self) -> None:
        """Look after the service has taken a part: what was read may be old or new bytes. Raises as `look` does."""
        self._stored = self._in_one_piece
        self.look()

    def look(self) -> None:
        """Look at size and times. Raises SourceChanged where the size is another one, SourceError."""
        self.now = self._source.fingerprint()
        if self.now.size != self.first.size:
            raise self._resized()
        if self._other == self.first:
            self._other = self.now if self.first.moved_to(self.now) else self._other

    def look_for_writers(self) -> None:
        """Look at who has the file open. Raises SourceChanged where it is empty only for now, SourceError."""
        self._written_to = self._written_to or self._source.open_for_writing()
        if self._written_to and not self.first.size:
            raise SourceChanged(
                f"{self._source.path} is empty, and somebody has it open for writing.",
                "Close it there first (in Python: file.close()); then run the upload again.",
            )

    def doubt(self, *, times_only: bool = False) -> str:
        """Return why the file may not hold what was sent, as a sentence without its end; empty without a reason.

        times_only: only another mtime or inode is one.
        """
        if self._written_to and not times_only:
            return _WRITER
        if self.first != self._other or (self.first.moved_to(self._other) and not times_only):
            return f"The file was touched while it was being sent: {describe_change(self.first, self._other)}"
        fresh = self._fresh and not times_only
        return "The file was written just before, and its disk keeps times by the second" if fresh else ""

    def restless(self, parts_count: int) -> SourceChanged:
        """Return the error for a file whose bytes were others at every reading."""
        who = _WRITER if self._written_to else "Something writes to it"
        return SourceChanged(
            f"{self._source.path} keeps changing while it is being sent: {count(parts_count, 'part')} had other bytes "
            f"when they were read again. {who}.{self._aftermath()}",
            "Close it there, or copy it and upload the copy. Resuming keeps what is still the same.",
        )

    def _resized(self) -> SourceChanged:
        grew = self.now.size > self.first.size
        return SourceChanged(
            f"{self._source.path} {'grew' if grew else 'became shorter'} while it was being sent: "
            f"{describe_change(self.first, self.now)}.{self._aftermath()}",
            "Something appends to it. Wait until that has finished, then resume: what is still the same is kept. If it "
            "never ends, as with a log, copy the file and upload the copy."
            if grew
            else "Wait until whoever writes it has finished, then resume: what is still the same is kept.",
        )

    def _aftermath(self) -> str:
        return " The object that is in OSS now is the file of an earlier moment." if self._stored else ""


def _is_coarse(fingerprint: Fingerprint) -> bool:
    return fingerprint.mtime_ns % 10**9 == 0 and fingerprint.ctime_ns % 10**9 == 0


def describe_change(before: Fingerprint, now: Fingerprint) -> str:
    """Return what is different, and nothing that is the same."""
    times = _different_times(before.mtime_ns, now.mtime_ns)
    if before.size != now.size:
        was, has = (f" of {time}" if time else "" for time in times or ("", ""))
        return (
            f"it had {before.size:,} bytes ({format_size(before.size)}){was}, "
            f"and has {now.size:,} bytes ({format_size(now.size)}){has}"
        )
    if times:
        return f"it was written at {times[0]}, and is of {times[1]} now"
    if before.file_id != now.file_id:
        return f"another file is in its place, with the same size and time (its inode is {now.file_id} now)"
    return "its owner, its permissions or one of its names changed"


def _different_times(before_ns: int, now_ns: int) -> tuple[str, str] | None:
    """Return two times with as many digits as it takes to tell them apart, or None where they are the same."""
    if before_ns == now_ns:
        return None
    for digits in (0, 3, 6):
        texts = _time(before_ns, digits), _time(now_ns, digits)
        if texts[0] != texts[1]:
            return texts
    return _time(before_ns, 9), _time(now_ns, 9)


def _time(time_ns: int, digits: int) -> str:
    seconds, rest_ns = divmod(time_ns, 10**9)
    fraction = f".{rest_ns:09}"[: digits + 1] if digits else ""
    try:
        return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S") + fraction
    except (OverflowError, ValueError, OSError):
        return f"{time_ns} ns"  # a time that no calendar has
