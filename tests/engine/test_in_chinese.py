"""What the engine puts together of several sentences and phrases, in Chinese."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from oss_jupyter.engine.adopting import Unrecorded
from oss_jupyter.engine.dataset.messages import ScanEnded
from oss_jupyter.engine.dataset.notes import nothing_found, scan_notes
from oss_jupyter.engine.driver import unexpected
from oss_jupyter.engine.executor_lane import check_executor
from oss_jupyter.engine.source_watch import SourceWatch, describe_change
from oss_jupyter.errors import InputError, SourceChanged
from oss_jupyter.model.dataset import FoundFile, Trouble
from oss_jupyter.model.passed_over import Passed, PassedOver
from oss_jupyter.model.plan import make_plan
from oss_jupyter.model.wire_values import Fingerprint, ListedPart

from .test_source_watch import Restless

FILE = Fingerprint(100, 1_700_000_000_000_000_000, "1", 1_700_000_000_000_000_000)
LARGER = replace(FILE, size=200, mtime_ns=FILE.mtime_ns + 1)
TWO_WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")


@pytest.fixture(autouse=True)
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads it reads Chinese."""
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")


def is_chinese(text: str) -> bool:
    return not TWO_WORDS.search(text) and re.search(r"[\u4e00-\u9fff]", text) is not None


@pytest.mark.parametrize(
    "now", [LARGER, replace(LARGER, size=100), replace(FILE, file_id="2"), replace(FILE, ctime_ns=0)]
)
def test_a_change_is_told_in_one_language(now: Fingerprint) -> None:
    """Whatever differs of a file is told in the language of the sentence around it."""
    assert is_chinese(describe_change(FILE, now))


def test_a_restless_file_is_told_in_one_language() -> None:
    """What was seen, who writes and what that means for the object become one text."""
    watch = SourceWatch(Restless(LARGER), FILE, 0.0, in_one_piece=True)
    with pytest.raises(SourceChanged) as grown:
        watch.confirmed()
    assert is_chinese(str(grown.value))
    assert is_chinese(str(watch.restless(3)))


def test_notes_on_a_scan_are_told_in_one_language() -> None:
    """Of one thing as of several, and with the permissions that are lacking."""
    files = [FoundFile(path, path, trouble=kind) for kind in (Trouble.NOT_A_FILE, Trouble.LINK_LOOP) for path in "ab"]
    for number in (1, 2):
        passed = PassedOver(*[Passed(number, "data/x")] * 4)
        ended = ScanEnded(passed, tuple(files[::2] if number == 1 else files), may_list=False, may_look=False)
        assert [note for note in scan_notes(ended) if not is_chinese(note)] == []
        assert is_chinese(str(nothing_found("data/", passed)))


def test_refusals_are_told_in_one_language() -> None:
    """An executor that is none, an error that nobody expected, and an upload that no checkpoint knows."""
    with pytest.raises(InputError) as refused:
        check_executor(Path())
    assert is_chinese(str(refused.value))
    assert is_chinese(str(unexpected(KeyError())))
    assert is_chinese(str(Unrecorded("0004B9", make_plan(10**6, 2 * 10**5), (ListedPart(1, 1, "", age_seconds=9e5),))))
