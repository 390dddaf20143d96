"""What is a reason to read a file again, and what is said of one that changed: never two equal things."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.engine.source_watch import SourceWatch, describe_change
from oss_jupyter.model.wire_values import Fingerprint

NOW_NS = 1_700_000_000_000_000_000
FILE = Fingerprint(1_000_000, NOW_NS, "12", NOW_NS)


@pytest.mark.parametrize(
    ("now", "said", "not_said"),
    [
        (Fingerprint(2_000_000, NOW_NS + 10**10, "12"), ["1,000,000", "2,000,000", "2023"], ["inode"]),
        (Fingerprint(2_000_000, NOW_NS, "13"), ["1,000,000", "2,000,000"], ["2023", "inode"]),
        (Fingerprint(1_000_000, NOW_NS + 10**10, "13"), ["2023"], ["bytes", "inode"]),
        (Fingerprint(1_000_000, NOW_NS + 1, "12"), ["000000000", "000000001"], ["bytes"]),
        (Fingerprint(1_000_000, NOW_NS + 2_000_000, "12"), [".002"], [".002000"]),
        (Fingerprint(1_000_000, 10**22, "12"), [f"{10**22} ns"], ["bytes"]),
        (Fingerprint(1_000_000, NOW_NS, "13"), ["inode is 13"], ["bytes", "2023"]),
        (Fingerprint(1_000_000, NOW_NS, "12", NOW_NS + 1), ["permissions"], ["bytes", "2023", "inode"]),
    ],
)
def test_what_is_said(now: Fingerprint, said: list[str], not_said: list[str]) -> None:
    """Sizes where they differ, times with as many digits as tell them apart, the inode where nothing else differs."""
    text = describe_change(FILE, now)
    assert all(word in text for word in said), text
    assert not [word for word in not_said if word in text], text
    times = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?", text)
    assert len(set(times)) == len(times)


class Restless:
    """A source that is something else at each look."""

    def __init__(self, *fingerprints: Fingerprint) -> None:
        self.path = Path("/data/file")
        self._fingerprints = iter(fingerprints)

    def fingerprint(self) -> Fingerprint:
        return next(self._fingerprints)

    def open_for_writing(self) -> bool:
        return False

    def crc64(self, offset: int, length: int, stopped: object = None) -> int:
        raise NotImplementedError

    md5: Any = crc64


def doubts(*fingerprints: Fingerprint, first: Fingerprint = FILE, began_at: float = 0.0) -> tuple[bool, bool]:
    """Return whether there is a reason to read again after these looks, and whether there is one where few count."""
    watch = SourceWatch(Restless(*fingerprints), first, began_at)
    for _ in fingerprints:
        watch.look()
    return bool(watch.doubt()), bool(watch.doubt(times_only=True))


OTHER, CHMOD = replace(FILE, file_id="13"), replace(FILE, ctime_ns=NOW_NS + 1)


def test_what_is_a_reason() -> None:
    """Another inode or mtime always, a ctime only where writers count, too; and none goes away again."""
    assert doubts(FILE, FILE) == (False, False)
    assert doubts(FILE, OTHER) == (True, True)
    assert doubts(OTHER, FILE) == (True, True)
    assert doubts(CHMOD) == (True, False)
    assert doubts(CHMOD, replace(OTHER, ctime_ns=NOW_NS + 1), CHMOD) == (True, True)


def test_times_by_the_second() -> None:
    """On such a disk a file that was written a moment ago may be written again unseen; nowhere else, and not later."""
    coarse = replace(FILE, ctime_ns=0)
    fine = replace(FILE, ctime_ns=NOW_NS + 5)
    assert doubts(coarse, first=coarse, began_at=NOW_NS / 1e9 + 1) == (True, False)
    assert doubts(coarse, first=coarse, began_at=NOW_NS / 1e9 + 3) == (False, False)
    assert doubts(fine, first=fine, began_at=NOW_NS / 1e9 + 1) == (False, False)
