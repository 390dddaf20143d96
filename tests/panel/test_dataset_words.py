"""The summary of a dataset that stays in the notebook: counts, and the first failures with their reasons."""

from __future__ import annotations

import re

import pytest

from oss_jupyter.model.dataset import FailedFile
from oss_jupyter.model.states import State
from oss_jupyter.notebook.panel.card.card_summary import FILES_SIZE_MAX_BYTES, summary
from oss_jupyter.notebook.panel.desk.desk_summary import desk_summary
from oss_jupyter.notebook.panel.desk.rows import row_of_transfer

from ..datasets import EVIL, a_dataset, a_receipt, a_view, failures


def test_it_has_the_counts_and_ten_failures_with_their_reasons() -> None:
    """Who opens the notebook without a kernel reads what is missing, and why."""
    view = a_view(sent=80_000, kept=1_000, skipped=7_728, failed=12, failures=failures(12))
    now = a_dataset(State.COMPLETED_WITH_ERRORS, view, receipt=a_receipt(failed=12, failures=failures(12)))
    words = summary(now)
    bare = re.sub(r"<style>.*?</style>|<[^>]+>", " ", words["text/html"])
    for text in (bare, words["text/plain"]):
        assert "completed with errors" in text
        assert "80,000 sent, 1,000 kept from before, 7,737 already there, 12 failed" in text
        assert text.count("Reason ") == 10
        assert "data/9.csv: Reason 9." in text
        assert "and 2 more that failed" in text
        assert "%oss_uploads resume k5ffjj43" in text
    assert len(words["text/html"].encode()) <= FILES_SIZE_MAX_BYTES


@pytest.mark.parametrize(
    ("name", "reason"), [("n" * 2000, "r" * 5000), ("图" * 900, "不" * 900), (EVIL * 40, EVIL * 40)]
)
def test_it_stays_small_whatever_the_files_are_called(name: str, reason: str) -> None:
    """Long names, letters of three bytes, and marks that are written out cost no more than three kilobytes."""
    failed = tuple(FailedFile(f"{number}{name}", name, "AccessDenied", reason) for number in range(12))
    now = a_dataset(State.COMPLETED_WITH_ERRORS, a_view(failed=12, failures=failed), notes=("note " * 300,) * 3)
    html = summary(now)["text/html"]
    assert len(html.encode()) <= FILES_SIZE_MAX_BYTES
    assert "<img" not in html
    assert "more that failed" in html


def test_on_the_desk_it_is_one_line_with_files() -> None:
    """The list of all uploads tells a dataset by its files as well."""
    row = row_of_transfer(a_dataset(State.COMPLETED_WITH_ERRORS, a_view(failed=3)))
    words = desk_summary([row])["text/plain"]
    assert "completed with errors" in words
    assert "12,403 of 88,740 files, 3 failed, 31 of 52 GiB" in words
