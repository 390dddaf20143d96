"""The files that a sender has taken from its feed: those that wait, and the memory of those that are read."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace

from oss_jupyter.errors import Shortage
from oss_jupyter.model.small_files import Feed, FileToSend, Snag
from oss_jupyter.oss.file_connection import Job
from oss_jupyter.oss.put_signer import quoted_path
from oss_jupyter.oss.whole_file import NotAsFound, read_whole

# Of all files that are on their way together; one that is larger goes alone.
HELD_MOST_BYTES = 64 * 1024 * 1024


class Backlog:
    """Takes files from the feed, reads them, and tells the feed of those that cannot be sent as they are.

    One thread uses it. Each job that `next` has given comes back by `again` or `done`.
    """

    def __init__(self, feed: Feed, held_most_bytes: int = HELD_MOST_BYTES) -> None:
        self._feed = feed
        self._held_most_bytes = held_most_bytes
        self._files: deque[FileToSend] = deque()
        self._again: deque[Job] = deque()
        self._starved = False
        self._ended = False
        self._held_bytes = 0
        self._held = 0
        self.shortage = ""
        """What the system had no more of for the next file, if that is why there was none: a descriptor, or memory."""

    @property
    def over(self) -> bool:
        """Whether everything has been told of and no more will come."""
        return self._ended and not self._files and not self._held

    @property
    def known(self) -> int:
        """How many files wait for a connection."""
        return len(self._files) + len(self._again)

    @property
    def lost(self) -> int:
        """How many of them wait for a fresh one."""
        return len(self._again)

    def fed(self) -> None:
        """Ask the feed again: it may have something by now."""
        self._starved = False

    def look_ahead(self, count: int) -> None:
        """Take files until so many are known."""
        while self.known < count and (file := self._taken()) is not None:
            self._files.append(file)

    def next(self, *, fresh: bool) -> Job | None:
        """Return the next file for a connection, or None where there is none at this moment, or no room for it."""
        self.shortage = ""
        if fresh and self._again:
            return self._again.popleft()
        while (file := self._files.popleft() if self._files else self._taken()) is not None:
            if self._held and self._held_bytes + file.size > self._held_most_bytes:
                self._files.appendleft(file)
                return None
            try:
                job = Job(file, _quoted_key(file), read_whole(file), time.monotonic())
            except NotAsFound as found:
                self._feed.snagged(file, found.why, found.detail)
                continue
            except Shortage as shortage:
                self._files.appendleft(file)
                self.shortage = shortage.code
                return None
            self._held += 1
            self._held_bytes += file.size
            return job
        return None

    def again(self, job: Job) -> None:
        """Take back a file that was lost with a connection that lay idle before."""
        self._again.append(replace(job, again=True))

    def done(self, job: Job) -> None:
        """Let go of a file, whatever became of it."""
        self._held -= 1
        self._held_bytes -= job.file.size

    def give_up(self) -> FileToSend | None:
        """Let go of the next file, because there is no way to send it."""
        if self._again:
            job = self._again.popleft()
            self.done(job)
            return job.file
        return self._files.popleft() if self._files else self._taken()

    def _taken(self) -> FileToSend | None:
        if self._starved or self._ended:
            return None
        # Asked before, because what comes between the two questions would be overlooked.
        ended = self._feed.ended
        file = self._feed.take()
        self._starved = file is None
        self._ended = ended and file is None
        return file


def _quoted_key(file: FileToSend) -> str:
    try:
        return quoted_path(file.key)
    except ValueError:
        raise NotAsFound(Snag.UNREADABLE, "its key is no Unicode") from None
