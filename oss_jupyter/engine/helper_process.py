"""One helper process as the kernel sees it: started, spoken to, listened to, and let go.

It knows nothing of parts: messages go in and come out. What the process prints is kept, because it may say why it died.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

from oss_jupyter import forks
from oss_jupyter.child import child_environment, last_words, python_command
from oss_jupyter.engine.frames import Frames, send_frame
from oss_jupyter.texts import tr

# What the helper says first, and what the kernel says of each receipt that it has written down.
READY, TAKEN = "ready", "taken"
# Something to do before the first part comes.
PRELOAD = "preload"
# What the kernel says to begin a stream, and before each value for one.
STREAM, FEED = "stream", "feed"

_KEPT_BYTES = 4096  # of what it prints
_READ_BYTES = 256 * 1024
# So often it is looked whether a helper runs, before it is believed that it does not. Looks are counted, not seconds: a
# kernel that got no turn for a while, or a computer that slept, looks once when that is over, and finds that it does.
_LOOKS = 6
# What a process has printed when it ended is there at once.
_LAST_WORDS_SECONDS = 0.2


@dataclass(frozen=True)
class Told:
    """A value that a stream tells, which goes on."""

    value: Any


class _Heart:
    """Whether a process runs: it is asked for at each look."""

    def __init__(self, pulse: Callable[[], int]) -> None:
        self._pulse = pulse
        self._last = pulse()
        self._missed = 0

    def stands_still(self) -> bool:
        """Whether the system has not let it run for so many looks."""
        last, self._last = self._last, self._pulse()
        self._missed = self._missed + 1 if self._last == last else 0
        return self._missed >= _LOOKS


# What stands in the way of another process: the system's limits, or no Python to start.
REFUSALS = (OSError, ValueError, RuntimeError, MemoryError, subprocess.SubprocessError)


def helper_possible() -> bool:
    """Whether this system can hand a descriptor to a child; elsewhere parts run in threads."""
    return os.name == "posix"


class HelperProcess:
    """Any thread may call it; one thread reads. `_sending` guards _jobs, and is held while the pipe takes nothing.

    _replies, _errors and _printed are those of the thread that reads.

    locked_seconds: for so long one thread of it may keep its others from running; then the system ends it, or the
    kernel, where the system does not let it run at all. pulse: returns what changes while it runs.

    Raises OSError and its like where the system refuses another process. `ready` is true once it has said so; `useful`
    is for whoever reads, to note that it has done a job.
    """

    def __init__(self, board_descriptor: int, locked_seconds: float, pulse: Callable[[], int]) -> None:
        self._look_seconds = locked_seconds / _LOOKS
        self._pulse = pulse
        self._sending = threading.Lock()
        self._printed = b""
        self.ready = self.useful = False
        with forks.no_forks, ExitStack() as ours, ExitStack() as theirs:
            jobs, self._jobs = _pipe(theirs, ours)
            replies, self._replies = _pipe(theirs, ours, reading=True)
            printed, self._errors = _pipe(theirs, ours, reading=True)
            self._process = subprocess.Popen(
                python_command(
                    "oss_jupyter.engine.helper",
                    *map(str, (board_descriptor, jobs, replies, os.getpid(), locked_seconds)),
                ),
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                pass_fds=(board_descriptor, jobs, replies),
                cwd="/",
                # Its own session: interrupting a cell sends the signal to the kernel's whole process group.
                start_new_session=True,
            )
            ours.pop_all()
        forks.in_child(self._let_go)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def send(self, message: Any, job: int = 0) -> None:
        """Send a message. One that has gone takes none, which whoever reads notices.

        job: the number of the one that it belongs to, 0 for none. Raises MessageUnreadable where it cannot be sent.
        """
        with self._sending, suppress(OSError):
            if self._jobs >= 0:
                send_frame(self._jobs, message, job)

    def close(self) -> None:
        """Let it go: it ends when there is nobody left to speak to it."""
        with self._sending:
            jobs, self._jobs = self._jobs, -1
        if jobs >= 0:
            os.close(jobs)

    def kill(self) -> None:
        """End it now."""
        with suppress(OSError):
            self._process.kill()

    def messages(self, start_seconds: float) -> Iterator[Any]:
        """Yield what it answers, until it has gone; one that is not ready in time, or frozen, is ended.

        Raises as `Frames.feed`.
        """
        frames, until, heart = Frames(), time.monotonic() + start_seconds, _Heart(self._pulse)
        why = ""
        while True:
            patience = self._look_seconds if self.ready else max(0.0, until - time.monotonic())
            readable = self._wait(None if why else patience, self._replies, self._errors)
            if not readable and (why := self._why_late(start_seconds, heart)):
                self._printed += f"\n{why}".encode()
                self.kill()
            if self._errors in readable:
                self._listen()
            if self._replies in readable:
                content = os.read(self._replies, _READ_BYTES)
                if not content:
                    return
                for message in frames.feed(content):
                    self.ready = True
                    yield message

    def _why_late(self, start_seconds: float, heart: _Heart) -> str:
        """Return why a process that says nothing has to go, or "" where it has nothing to say."""
        if not self.ready:
            return tr("It was not ready within {seconds} s.", seconds=f"{start_seconds:.0f}")
        if not heart.stands_still():
            return ""
        return tr("It did not run for {seconds} s.", seconds=f"{self._look_seconds * _LOOKS:.0f}")

    def end(self) -> str:
        """Wait until it is no more, and return in a few words how it ended."""
        self.close()
        while self._errors >= 0 and self._wait(_LAST_WORDS_SECONDS, self._errors):
            self._listen()
        status = self._process.wait()  # no zombie
        replies, self._replies = self._replies, -1
        os.close(replies)
        self._close_errors()
        how, said = _how_it_ended(status), last_words(self._printed)
        return tr("{how} and said: {said}", how=how, said=said) if said else how

    def _let_go(self) -> None:
        """Close what a forked child inherited: the helper is its parent's, and ends when that has gone."""
        for descriptor in (self._jobs, self._replies, self._errors):
            with suppress(OSError):
                os.close(descriptor)
        self._jobs = self._replies = self._errors = -1
        self._process.returncode = 0  # not this process's child
        self._sending = threading.Lock()

    def _listen(self) -> None:
        content = os.read(self._errors, _READ_BYTES)
        self._printed = (self._printed + content)[-_KEPT_BYTES:]
        if not content:
            self._close_errors()

    def _close_errors(self) -> None:
        descriptor, self._errors = self._errors, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _wait(self, seconds: float | None, *descriptors: int) -> set[int]:
        poll = select.poll()  # select.select refuses descriptors above 1,023
        for descriptor in descriptors:
            if descriptor >= 0:
                poll.register(descriptor, select.POLLIN)
        return {descriptor for descriptor, _ in poll.poll(None if seconds is None else seconds * 1000)}


def _pipe(theirs: ExitStack, ours: ExitStack, *, reading: bool = False) -> tuple[int, int]:
    """Return the child's end of a pipe and our own. The child's is closed here once the child has it."""
    read, write = os.pipe()
    child, own = (write, read) if reading else (read, write)
    theirs.callback(os.close, child)
    ours.callback(os.close, own)
    return child, own


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return tr("it ended with status {status}", status=status)
    return tr("it was ended by {signal}", signal=_signal_name(-status))


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return tr("signal {number}", number=number)
