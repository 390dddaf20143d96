"""What has ended is written into the history, and read from it. No upload fails because that cannot be done."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice

from oss_jupyter.engine.job import AnyJob
from oss_jupyter.engine.manager import Manager
from oss_jupyter.errors import CheckpointError, CheckpointForeign, InputError
from oss_jupyter.local.history import HistoryFile
from oss_jupyter.model.given import whole
from oss_jupyter.model.history import History
from oss_jupyter.model.history_entry import HistoryEntry, entry_of, entry_of_line, line_of_entry
from oss_jupyter.paths import state_directory
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import tr
from oss_jupyter.texts.system import system_words

# As many as the two generations of the file can hold.
_LAST_MOST = 10_000_000
# A line that a slow disk holds up for longer is missing from the list, and not from the file.
_TOLD_SECONDS = 2.0


class Recorder:
    """Writes down how uploads of this process end. Any thread; `_lock` guards _noted, whether a failure was told."""

    def __init__(self, settings: OssJupyter) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._noted = False

    def record(self, job: AnyJob) -> None:
        """Write down the end of an upload; where that fails, the first one is told so in a note."""
        if not self._settings.history:
            return
        error = job.failure
        entry = entry_of(job.snapshot(), error.code if error else "", time.time())
        if entry is None:  # it goes on already
            return
        try:
            HistoryFile(state_directory()).append(line_of_entry(entry))
        except (OSError, CheckpointError, InputError) as failure:
            self._note(job, failure)

    def _note(self, job: AnyJob, failure: OSError | CheckpointError | InputError) -> None:
        with self._lock:
            first, self._noted = not self._noted, True
        if first:
            why = system_words(failure) if isinstance(failure, OSError) else failure.what
            job.note(
                tr(
                    "The history could not be written: {why}. The upload itself is not touched by that.",
                    why=why.rstrip(".。"),
                )
            )


def find_history(manager: Manager, last: int | None) -> History:
    """Return the last entries, or all for None. Raises InputError, CheckpointError."""
    most = None if last is None else whole(last, "last", 1, _LAST_MOST)
    manager.wait_until_told(_TOLD_SECONDS)
    newest = list(islice(_newest_first(), most))
    return History(tuple(reversed(newest)), str(HistoryFile(state_directory()).unread() or ""))


def find_newest(text: str, most: int) -> tuple[tuple[HistoryEntry, ...], bool]:
    """Return the newest entries that have all words of a text, the newest first, and whether there are more.

    Raises CheckpointError.
    """
    words = text.lower().split()
    found = list(islice((entry for entry in _newest_first(words) if entry.has(words)), most + 1))
    return tuple(found[:most]), len(found) > most


def history_stamp() -> str:
    """Return a text that is another one once an upload has ended since; "" where that cannot be known."""
    with suppress(OSError, InputError):
        return HistoryFile(state_directory()).stamp()
    return ""


def _unreadable(what: str, advice: str) -> CheckpointError:
    return CheckpointError(
        what,
        advice,
        safe=tr("Uploads are not touched by that."),
        code="HistoryUnreadable",
    )


def _newest_first(words: Sequence[str] = ()) -> Iterator[HistoryEntry]:
    """Return all entries, but for such as cannot have the words."""
    # JSON writes these as they are, and to look for them is far quicker than to read all lines.
    seen = [word.encode() for word in words if word.isascii() and word.isprintable() and not set(word) & {'"', "\\"}]
    file = HistoryFile(state_directory())
    try:
        lines = file.lines()
    except OSError as error:
        raise _unreadable(
            tr("The history in {path} cannot be read: {why}.", path=file.path, why=system_words(error)),
            tr("Allow reading there; or choose another place with OSS_JUPYTER_STATE_DIR."),
        ) from None
    except CheckpointForeign as foreign:
        raise _unreadable(
            foreign.what,
            tr("Find out who put it there, and remove it; or choose another place with OSS_JUPYTER_STATE_DIR."),
        ) from None
    chosen = (line for line in reversed(lines) if all(word in line.lower() for word in seen))
    return filter(None, map(entry_of_line, chosen))
