"""Whether the file is still the one that the run began with: by its size and times, and by who has it open.

Only another size is a change by itself. Everything else is a reason to read the bytes again, see proving.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from oss_jupyter.errors import SourceChanged
from oss_jupyter.model.sizes import count, format_size
from oss_jupyter.texts import english, tr

if TYPE_CHECKING:
    from oss_jupyter.engine.ports import Source
    from oss_jupyter.model.wire_values import Fingerprint

_WRITER = english("Somebody has the file open for writing")
_OTHER_SIZE = english("it had {before} bytes ({size_before}), and has {now} bytes ({size_now})")
_OTHER_SIZE_AND_TIME = english(
    "it had {before} bytes ({size_before}) of {was}, and has {now} bytes ({size_now}) of {has}"
)
_GREW = (
    english("{path} grew while it was being sent: {change}. {aftermath}"),
    english(
        "Something appends to it. Wait until that has finished, then resume: what is still the same is kept. If it "
        "never ends, as with a log, copy the file and upload the copy."
    ),
)
_SHRANK = (
    english("{path} became shorter while it was being sent: {change}. {aftermath}"),
    english("Wait until whoever writes it has finished, then resume: what is still the same is kept."),
)
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
                tr("{path} is empty, and somebody has it open for writing.", path=self._source.path),
                tr("Close it there first (in Python: file.close()); then run the upload again."),
            )

    def doubt(self, *, times_only: bool = False) -> str:
        """Return why the file may not hold what was sent, as a sentence without its end; empty without a reason.

        times_only: only another mtime or inode is one.
        """
        if self._written_to and not times_only:
            return tr(_WRITER)
        if self.first != self._other or (self.first.moved_to(self._other) and not times_only):
            change = describe_change(self.first, self._other)
            return tr("The file was touched while it was being sent: {change}", change=change)
        fresh = self._fresh and not times_only
        return tr("The file was written just before, and its disk keeps times by the second") if fresh else ""

    def restless(self, parts_count: int) -> SourceChanged:
        """Return the error for a file whose bytes were others at every reading."""
        return SourceChanged(
            tr(
                "{path} keeps changing while it is being sent: {parts} had other bytes when they were read again. "
                "{who}. {aftermath}",
                path=self._source.path,
                parts=count(parts_count, "part"),
                who=tr(_WRITER) if self._written_to else tr("Something writes to it"),
                aftermath=self._aftermath(),
            ).rstrip(),
            tr("Close it there, or copy it and upload the copy. Resuming keeps what is still the same."),
        )

    def _resized(self) -> SourceChanged:
        what, advice = _GREW if self.now.size > self.first.size else _SHRANK
        change, aftermath = describe_change(self.first, self.now), self._aftermath()
        return SourceChanged(
            tr(what, path=self._source.path, change=change, aftermath=aftermath).rstrip(),
            tr(advice),
        )

    def _aftermath(self) -> str:
        return tr("The object that is in OSS now is the file of an earlier moment.") if self._stored else ""


def _is_coarse(fingerprint: Fingerprint) -> bool:
    return fingerprint.mtime_ns % 10**9 == 0 and fingerprint.ctime_ns % 10**9 == 0


def describe_change(before: Fingerprint, now: Fingerprint) -> str:
    """Return what is different, and nothing that is the same."""
    times = _different_times(before.mtime_ns, now.mtime_ns)
    if before.size != now.size:
        return _other_size(before.size, now.size, times)
    if times:
        return tr("it was written at {before}, and is of {now} now", before=times[0], now=times[1])
    if before.file_id != now.file_id:
        return tr(
            "another file is in its place, with the same size and time (its inode is {inode} now)", inode=now.file_id
        )
    return tr("its owner, its permissions or one of its names changed")


def _other_size(before: int, now: int, times: tuple[str, str] | None) -> str:
    was, has = times or ("", "")
    return tr(
        _OTHER_SIZE_AND_TIME if times else _OTHER_SIZE,
        before=f"{before:,}",
        size_before=format_size(before),
        was=was,
        now=f"{now:,}",
        size_now=format_size(now),
        has=has,
    )


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
