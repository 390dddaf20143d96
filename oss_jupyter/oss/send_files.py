"""Whole small files, thousands a second: one thread, one loop over many kept-alive connections, one PutObject a file.

It knows only clean success. Whatever else happens to a file, it is handed back as a snag, without a verdict and without
a second try: another way knows all that can happen to a file. The one exception is a connection that died while it lay
idle. That says nothing about the file, which goes once more, over a fresh one.
"""

from __future__ import annotations

import time

from oss_jupyter.model.small_files import Dials, Feed, FileSent, FilesRoute, Snag
from oss_jupyter.oss.backlog import Backlog
from oss_jupyter.oss.clean_reply import Confirmed, Doubt
from oss_jupyter.oss.connections import reply_most_seconds
from oss_jupyter.oss.dialler import through_two_layers
from oss_jupyter.oss.file_connection import FileConnection
from oss_jupyter.oss.file_connections import READ, WRITE, FileConnections
from oss_jupyter.oss.put_head import PutHeads

# How late a stop, another width or a silence may be noticed.
_TICK_SECONDS = 0.25
# How long a sender waits before it asks an empty bucket again.
_PACE_SECONDS = 0.02
_TWO_LAYERS = "TLS in TLS"


def send_files(feed: Feed, route: FilesRoute, dials: Dials) -> None:
    """Send files until the feed has ended, or `dials.stopped`.

    Each file that was taken is told of as sent or as a snag, in any order, but for those that a stop meets on the way:
    of these nothing is told, and they may be there or not. `feed.wake_with` gets what ends the wait for files.

    Where no connection can be made, one file at a time comes back as a snag (NETWORK), with growing waits of up to 5 s
    between them, so that whoever feeds may see it and stop. What the feed raises ends it, too.
    """
    with FileConnections(route) as line:
        feed.wake_with(line.wake)
        try:
            sender = _Sender(feed, route, dials, line)
            if through_two_layers(route):
                sender.hand_back()
            else:
                sender.send()
        finally:
            feed.wake_with(None)


class _Sender:
    """What becomes of files and of connections. One thread uses it."""

    def __init__(self, feed: Feed, route: FilesRoute, dials: Dials, line: FileConnections) -> None:
        self._feed = feed
        self._dials = dials
        self._line = line
        self._backlog = Backlog(feed)
        self._heads = PutHeads(route)
        self._stall_seconds = route.route.stall_seconds
        self._limited: set[FileConnection] = set()
        self._width = 0
        self._look_at = 0.0

    def send(self) -> None:
        """Send until everything has been told of."""
        while not self._dials.stopped and not self._backlog.over:
            self._width = self._dials.width
            self._staff()
            found, woken = self._line.select(_PACE_SECONDS if self._limited else _TICK_SECONDS)
            if woken:
                self._backlog.fed()
            for connection, events in found:
                self._serve(connection, events)
            self._go_on()
            if time.monotonic() >= self._look_at:
                self._look_around()

    def hand_back(self) -> None:
        """Send nothing: the way to the service is none that this loop can go."""
        while not self._dials.stopped and not self._backlog.over:
            while (file := self._backlog.give_up()) is not None:
                self._feed.snagged(file, Snag.UNCLEAR, _TWO_LAYERS)
            if not self._backlog.over:
                self._line.select(_TICK_SECONDS)
                self._backlog.fed()

    def _staff(self) -> None:
        """Give files to connections that have none, and open more for the files that are left."""
        line, backlog = self._line, self._backlog
        for made in line.dialled():
            if isinstance(made, FileConnection):
                self._employ(made)
            else:
                self._give_one_up(Snag.NETWORK, made.code)
        while (connection := line.take_idle()) is not None:
            if not self._employ(connection):
                break
        if not line.idle and len(line) + line.dialling < self._width:
            backlog.look_ahead(self._width - len(line))
        wanted = min(backlog.known - line.dialling, self._width - len(line) - line.dialling)
        line.dial(max(wanted if not line.idle else 0, backlog.lost - line.dialling))

    def _employ(self, connection: FileConnection) -> bool:
        """Send the next file over a connection, or let it rest; return whether it has one now."""
        job = self._backlog.next(fresh=connection.fresh) if len(self._line) <= self._width else None
        if job is None:
            self._unemployed(connection)
            return False
        head = self._heads.head(job.file, job.quoted_key, job.whole.content_md5, self._dials.keys())
        connection.begin(job, head)
        self._push(connection)
        return True

    def _unemployed(self, connection: FileConnection) -> None:
        """Let a connection rest, or close it to make room for files: each needs a descriptor, too."""
        shortage = self._backlog.shortage
        if not shortage:
            self._line.rest(connection)
            return
        self._line.close(connection)
        self._line.failed()
        self._give_one_up(Snag.UNREADABLE, shortage)

    def _serve(self, connection: FileConnection, events: int) -> None:
        try:
            meaning = connection.pull() if events & READ else None
        except OSError as error:
            self._lost(connection, type(error).__name__)
            return
        if meaning is not None:
            self._answered(connection, meaning)
        elif not connection.answered:
            if connection.sending:
                self._push(connection)
        elif connection.job is None:
            self._line.close(connection)  # nobody asked
        else:
            self._line.watch(connection, READ)  # who answers has heard enough

    def _push(self, connection: FileConnection) -> None:
        try:
            limited = connection.push(self._dials)
        except OSError as error:
            self._broken(connection, type(error).__name__)
            return
        if limited:
            self._limited.add(connection)
        self._line.watch(connection, READ | WRITE if connection.sending and not limited else READ)

    def _broken(self, connection: FileConnection, detail: str) -> None:
        """Look for the answer of somebody who closed the connection before he had heard all."""
        try:
            meaning = connection.pull()
        except OSError:
            meaning = None
        if meaning:
            self._answered(connection, meaning)
        else:
            self._lost(connection, detail)

    def _answered(self, connection: FileConnection, meaning: Confirmed | Doubt | bytes) -> None:
        job = connection.job
        if job is None:
            self._line.close(connection)
        elif isinstance(meaning, bytes):
            self._lost(connection, "it was closed")
        elif isinstance(meaning, Doubt):
            self._snag(connection, meaning.why, meaning.detail)
        elif connection.sending:
            self._snag(connection, Snag.UNCLEAR, "it was answered before it was sent")
        elif meaning.crc64 not in (None, job.whole.crc64):
            self._snag(connection, Snag.UNCLEAR, "it arrived with another CRC-64")
        else:
            if connection.fresh:
                self._line.served()
            connection.rest()
            self._backlog.done(job)
            whole, seconds = job.whole, time.monotonic() - job.began_at
            self._feed.sent(FileSent(job.file, meaning.etag, whole.crc64, whole.md5, seconds))
            if not meaning.keeps:
                self._line.close(connection)
            else:
                self._employ(connection)

    def _lost(self, connection: FileConnection, detail: str) -> None:
        job = connection.job
        if job is None:
            self._line.close(connection)
        elif connection.fresh or connection.answered or job.again:
            if not connection.answered:
                self._line.failed()
            self._snag(connection, Snag.NETWORK, detail)
        else:
            self._line.close(connection)
            self._backlog.again(job)

    def _snag(self, connection: FileConnection, why: Snag, detail: str) -> None:
        job = connection.job
        self._line.close(connection)
        if job is not None:
            self._backlog.done(job)
            self._feed.snagged(job.file, why, detail)

    def _give_one_up(self, why: Snag, detail: str) -> None:
        """Hand a file back where there is no connection, and none to come."""
        if not len(self._line) and not self._line.dialling and (file := self._backlog.give_up()) is not None:
            self._feed.snagged(file, why, detail)

    def _go_on(self) -> None:
        """Ask for those that the speed limit held up."""
        limited, self._limited = self._limited, set()
        for connection in limited:
            if connection.job is not None and not connection.answered:
                self._push(connection)

    def _look_around(self) -> None:
        """Find what is silent, what is old and what is too much; now and then, because it takes a look at each."""
        now = time.monotonic()
        self._look_at = now + _TICK_SECONDS
        for connection in self._line:
            if connection.job is None:
                continue
            if connection.silent_seconds(now) > self._stall_seconds:
                self._snag(connection, Snag.NETWORK, "nothing moved")
            elif connection.answering_seconds(now) > reply_most_seconds(self._stall_seconds):
                self._snag(connection, Snag.NETWORK, "the answer drips")
        self._line.close_old(self._width)
        self._backlog.fed()
        self._backlog.look_ahead(1)  # where there are no connections, nobody else asks
