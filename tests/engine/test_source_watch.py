"""What is said of a file that changed: what is different, and never two equal things."""

from __future__ import annotations

import re

import pytest

from oss_jupyter.engine.source_watch import describe_change
from oss_jupyter.model.parts import Fingerprint

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
