"""How the files of a dataset are told, in words that lines, tables and saved notebooks share: from values to text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from oss_jupyter.model.columns import shortened
from oss_jupyter.model.dataset import Action, FailedFile, FilesView, Outcome
from oss_jupyter.model.parted import MADE
from oss_jupyter.model.sizes import format_progress, format_size
from oss_jupyter.names import printable
from oss_jupyter.texts import about, clauses, english, is_key, say, tr

# The others are told by their number.
FAILURES_SHOWN = 10
_REASON_MAX = 160
_WILD = re.compile(r"[*?[]")
_OF_WINDOWS = re.compile(r"[A-Za-z]:\\|\\\\")
_MADE = re.compile(rf".*{re.escape(MADE)}[/\\](?=[^/\\]+$)")
_ABSOLUTE = re.compile(rf"[/~]|{_OF_WINDOWS.pattern}")

Outcomes = Iterable[tuple[Outcome, int]]
_ACTIONS = {
    Action.SEND: english("send"),
    Action.SKIP: english("skip"),
    Action.RESUME: english("resume"),
    Action.CANNOT: english("cannot"),
}
_OUTCOMES = {
    Outcome.SENT: english("sent"),
    Outcome.KEPT: english("kept"),
    Outcome.SKIPPED: english("skipped"),
    Outcome.FAILED: english("failed"),
}


def source_name(text: str) -> str:
    """Return what a dataset is called for short: ``data/`` for /home/ada/data, ``data/*.csv`` for /home/ada/data/*.csv.

    What was written without a folder above it, or is several paths, stays as it is.
    """
    if not _ABSOLUTE.match(text):
        return text
    separator = "\\" if _OF_WINDOWS.match(text) else "/"
    words = [word for word in text.split(separator)[1:] if word]
    fixed = next((at for at, word in enumerate(words) if _WILD.search(word)), len(words))
    below = "/".join(words[max(0, fixed - 1) :])
    return f"{below}/" if below and fixed == len(words) else below or text


def files(number: int) -> str:
    """Return ``1 file`` or ``88,740 files``."""
    return say("files_one" if number == 1 else "files_many", count=f"{number:,}")


def files_so_far(done: int, total: int, *, scanning: bool) -> str:
    """Return ``12,403 of 88,740 files``, or ``12,403 of at least 20,000 files`` while they are looked for."""
    return say("files_of_at_least" if scanning else "files_of", done=f"{done:,}", total=f"{total:,}")


def bytes_so_far(done_bytes: int, total_bytes: int, *, scanning: bool) -> str:
    """Return ``31.2 of 52 GiB``, likewise."""
    if scanning:
        return say("done_of_at_least", done=format_size(done_bytes), total=format_size(total_bytes))
    return format_progress(done_bytes, total_bytes)


def files_pace(files_per_second: float) -> str:
    """Return ``412 files/s``; below ten with one more digit."""
    return say("files_per_second", count=f"{files_per_second:,.{0 if files_per_second >= 9.95 else 1}f}")


def outcomes_line(outcomes: Outcomes) -> str:
    """Return ``80,000 sent, 8,737 already there, 3 failed``; what is not there is left out."""
    return clauses(*(say(f"files_{outcome}", count=f"{number:,}") for outcome, number in outcomes if number))


def outcomes_of(view: FilesView) -> Outcomes:
    """Return how many files came to which end."""
    numbers = (view.sent, view.kept, view.skipped, view.failed)
    return zip(Outcome, numbers, strict=True)


def nothing_sent(number: int) -> str:
    """Return that so many files had to be sent by nobody."""
    if not number:
        return say("nothing_to_send")
    return say("nothing_sent") if number == 1 else say("all_files_there", count=f"{number:,}")


def failure_lines(failures: Sequence[FailedFile], failed: int, most: int = FAILURES_SHOWN) -> list[str]:
    """Return a line for each of the first failures, and how many there are beside them."""
    lines = [about(_where(one), _cut(printable(one.reason or one.code))) for one in failures[:most]]
    left_out = failed - len(lines)
    return [*lines, say("failures_more", count=f"{left_out:,}")] if lines and left_out > 0 else lines


def _where(failure: FailedFile) -> str:
    """Return the path of a file; of one that was made, and is gone by now, its name."""
    return shortened(printable(_MADE.sub("", failure.path)))


def _cut(reason: str) -> str:
    return reason if len(reason) <= _REASON_MAX else f"{reason[:_REASON_MAX]}…"


def counted_bytes(number: int, size_bytes: int) -> str:
    """Return ``88,740 files, 52 GiB``."""
    return clauses(files(number), format_size(size_bytes))


def place_of(path: str, key: str, prefix: str = "") -> str:
    """Return where a file goes, for a table: its key below a prefix, led by its path where that does not end in it."""
    key = key.removeprefix(prefix)
    if not key:
        return shortened(printable(path))
    if f"/{path}".replace("\\", "/").endswith(f"/{key}"):
        return shortened(printable(key))
    return f"{shortened(printable(path))} -> {shortened(printable(key))}"


def action_word(action: Action) -> str:
    """Return what is done with a file."""
    return tr(_ACTIONS[action])


def outcome_word(outcome: Outcome) -> str:
    """Return what became of a file."""
    return tr(_OUTCOMES[outcome])


def reason_text(reason: str) -> str:
    """Return why a file is dealt with as it is: words as they are, a key by its words, and ``key: words`` by both."""
    key, _, detail = reason.partition(": ")
    known = is_key(f"why_{key}")
    return printable(about(say(f"why_{key}"), detail) if known else reason)
