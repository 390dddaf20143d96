"""`%oss_uploads` on datasets: files are counted, those that failed are named, and what stays in OSS is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from IPython.utils.capture import capture_output

from oss_jupyter.model.progress import Snapshot
from oss_jupyter.model.states import State
from oss_jupyter.notebook.magics.uploads import Uploads

from ..datasets import a_dataset, a_receipt, a_view, failures
from ..panel.stand_ins import StandIn
from .conftest import Shell

FAILED = a_dataset(State.COMPLETED_WITH_ERRORS, a_view(failed=12, failures=failures(12)), receipt=a_receipt(failed=12))


class OneDataset:
    """A session with one dataset in it, which obeys at once."""

    def __init__(self, now: Snapshot) -> None:
        self.transfer = StandIn(now)
        self.transfer.over = True
        self.transfer.error = None  # type: ignore[attr-defined]
        self.settings = None
        self.reporter = None
        self.on_disk = self

    def directories(self) -> tuple[()]:
        return ()  # nothing of objects lies on the disk

    def transfers(self) -> tuple[Any, ...]:
        return (self.transfer,)

    unfinished = transfers

    def problems(self) -> tuple[()]:
        return ()

    def find(self, text: str) -> Any:
        return self.transfer

    def abort(self, text: str, keep_parts: bool) -> tuple[Any, ...]:
        self.transfer.abort(keep_parts)
        return self.transfers()


@pytest.fixture
def said(shell: Shell) -> Callable[[Snapshot, Callable[[Uploads], object]], str]:
    """Return what an action says of a dataset."""

    def say(now: Snapshot, action: Callable[[Uploads], object]) -> str:
        with capture_output() as captured:
            action(Uploads(cast(Any, OneDataset(now))))
        return "\n".join([captured.stdout, *(output.data["text/plain"] for output in captured.outputs)])

    return say


Said = Callable[[Snapshot, Callable[[Uploads], object]], str]


def test_in_the_list_it_is_one_line(said: Said) -> None:
    """A row counts files, and its note is the first that failed, with the code alone: reasons are long."""
    running = said(a_dataset(), Uploads.overview).splitlines()[-1]
    assert running.split("  ") == [
        "k5ffjj43",
        "data/2026-*/**/*.parquet",
        "oss://bucket/raw/",
        "running",
        "12,403 of 88,740 files · 31.2 of 52 GiB · 84 MiB/s · 412 files/s · 3 min 10 s left",
    ]
    failed = said(FAILED, Uploads.overview)
    assert "completed with errors" in failed
    assert "12 failed" in failed
    assert failed.endswith("data/0.csv: AccessDenied")


def test_shown_by_its_id_it_counts_and_names_ten_that_failed(said: Said) -> None:
    """Counts by outcome, the first ten failures with their reasons, and how to try those again."""
    shown = said(FAILED, lambda uploads: uploads.show("k5"))
    assert "12,403 of 88,740 files: 10,000 sent, 2,000 kept from before, 403 already there, 12 failed" in shown
    assert shown.count("Reason ") == 10
    assert "data/9.csv: Reason 9." in shown
    assert "and 2 more that failed" in shown
    assert "Try those that failed once more with: %oss_uploads resume k5ffjj43" in shown


@pytest.mark.parametrize(
    ("view", "keep_parts", "words"),
    [
        (
            a_view(),
            False,
            "12,403 files (31 GiB) stay in OSS, parts of unfinished ones are removed; the local files are",
        ),
        (a_view(sent=0, kept=0, skipped=0), False, "No file was complete, parts of unfinished ones are removed"),
        (a_view(), True, "12,403 files (31 GiB) and parts of unfinished ones stay in OSS and are billed"),
    ],
)
def test_given_up_it_tells_what_stays(said: Said, view: Any, keep_parts: bool, words: str) -> None:
    """Files that were sent are objects, and stay; nobody is told that they were removed."""
    assert words in said(a_dataset(view=view), lambda uploads: uploads.abort("k5", keep_parts=keep_parts))


def test_paused_it_says_how_many_files_are_there(said: Said) -> None:
    """What counts when it goes on is told in files and bytes."""
    assert "paused, 12,403 of 88,740 files, 31 of 52 GiB already in OSS." in said(
        a_dataset(), lambda uploads: uploads.pause("k5")
    )


def test_no_part_of_a_dataset_is_said_to_be_billed(said: Said) -> None:
    """Its objects are wanted as they are, so only parts of single files are counted as waiting."""
    left = said(a_dataset(State.PAUSED), lambda uploads: print(*uploads._left()))
    assert left.strip() == "1 unfinished upload left: %oss_uploads resume ID, or %oss_uploads abort ID."
