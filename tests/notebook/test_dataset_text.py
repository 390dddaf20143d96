"""The words of a dataset, state by state: files and bytes, and never its parts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oss_jupyter.console.lines import describe, details, short_line
from oss_jupyter.model.dataset import FailedFile, FilesView
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.progress import Phase, Snapshot
from oss_jupyter.model.sizes import GIB
from oss_jupyter.model.states import State
from oss_jupyter.notebook.display.html import transfer_html
from oss_jupyter.notebook.panel.common.row import row_of
from oss_jupyter.session.text import head_line, status_line

from ..datasets import EVIL, ODD, a_dataset, a_receipt, a_view, failures

FOUR = ("3 of 88,740 files could not be sent.", "88,737 files are in OSS.", "Resume it.", "FilesFailed")
NO_FAILURE = a_receipt(failed=0, failed_bytes=0, failures=())


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (a_dataset(), "12,403 of 88,740 files · 31.2 of 52 GiB · 84 MiB/s · 412 files/s · 3 min 10 s left"),
        (
            a_dataset(view=a_view(scanning=True)),
            "12,403 of at least 88,740 files · 31.2 GiB of at least 52 GiB · 84 MiB/s · 412 files/s"
            " · at least 3 min 10 s left",
        ),
        (
            a_dataset(view=a_view(failed=2, files_per_second=3.44), left_seconds=None),
            "12,403 of 88,740 files · 2 failed · 31.2 of 52 GiB · 84 MiB/s · 3.4 files/s",
        ),
        (
            a_dataset(view=a_view(files_per_second=None), bytes_per_second=None),
            "12,403 of 88,740 files · 31.2 of 52 GiB · estimating",
        ),
        (
            a_dataset(phase=Phase.CHECKING_OBJECT, elapsed_seconds=1.0),
            "12,403 of 88,740 files · 31.2 of 52 GiB · checking whether it is already there",
        ),
        (
            a_dataset(State.QUEUED, a_view(total=0, sent=0, kept=0, skipped=0, scanning=True), total_bytes=0,
                      shown_bytes=0, queue_place=2),
            "queued, 2nd",
        ),
        (a_dataset(State.PAUSED), "paused · 12,403 of 88,740 files, 31 of 52 GiB already in OSS"),
        (
            a_dataset(State.INTERRUPTED, a_view(scanning=True)),
            "interrupted · 12,403 of at least 88,740 files, 31 GiB of at least 52 GiB already in OSS",
        ),
        (a_dataset(State.ABORTED), "aborted · 12,403 files (31 GiB) stay in OSS"),
        (a_dataset(State.ABORTED, a_view(sent=0, kept=0, skipped=0)), "aborted"),
        (
            a_dataset(State.COMPLETED, receipt=NO_FAILURE),
            "completed · 88,737 files · 52 GiB · 10 min 12 s · 66.9 MiB/s · 131 files/s"
            " · 80,000 sent, 1,000 kept from before, 7,737 already there",
        ),
        (
            a_dataset(State.COMPLETED_WITH_ERRORS, receipt=a_receipt()),
            "completed with errors · 88,740 files · 52.0 GiB · 10 min 12 s · 66.9 MiB/s · 131 files/s"
            " · 80,000 sent, 1,000 kept from before, 7,737 already there, 3 failed",
        ),
        (
            a_dataset(State.COMPLETED, receipt=a_receipt(sent=0, sent_bytes=0, failed=0, failed_bytes=0)),
            "completed · all 8,737 files are there already, nothing was sent · 12 GiB",
        ),
        (
            a_dataset(State.COMPLETED, receipt=DatasetReceipt("k5ffjj43", "oss://bucket/raw/", skipped=1,
                                                              skipped_bytes=11 * GIB)),
            "completed · already there, nothing was sent · 11 GiB",
        ),
        # Its receipt is of the run before, and says nothing of this one.
        (
            a_dataset(receipt=a_receipt(), left_seconds=None),
            "12,403 of 88,740 files · 31.2 of 52 GiB · 84 MiB/s · 412 files/s",
        ),
    ],
)  # fmt: skip
def test_status_lines(now: Snapshot, line: str) -> None:
    """Each state has its one line, which counts files."""
    assert status_line(now) == line
    assert "part" not in " ".join((line, *describe(now)[1:]))


def test_it_is_called_what_its_user_wrote() -> None:
    """A glob or a folder has no name at its end that would say which it is."""
    assert head_line(a_dataset()) == "data/2026-*/**/*.parquet -> oss://bucket/raw/ (k5ffjj43)"
    assert short_line(a_dataset()).startswith("12,403 of 88,740 files")


def test_what_failed_is_told_when_it_rests() -> None:
    """Ten files with their reasons, how many more there are, and the line that takes only those."""
    view = a_view(failed=2_000, failures=failures(1_000))
    lines = describe(a_dataset(State.COMPLETED_WITH_ERRORS, view, receipt=a_receipt()))
    assert lines[2:5] == ["data/0.csv: Reason 0.", "data/1.csv: Reason 1.", "data/2.csv: Reason 2."]
    assert lines[-2:] == [
        "and 1,990 more that failed",
        "Try those that failed once more with: %oss_uploads resume k5ffjj43",
    ]
    assert len(lines) == 14
    assert len(describe(a_dataset(view=view))) == 2


def test_details_count_files_and_show_what_is_on_the_wire() -> None:
    """`show ID` says which files are being sent, how far, and what has failed by now."""
    rows = details(a_dataset(view=a_view(failed=2, failures=failures(2)), retries=3))
    assert rows == [
        ("source", "data/2026-*/**/*.parquet"),
        ("files", "12,403 of 88,740 files: 10,000 sent, 2,000 kept from before, 403 already there, 2 failed"),
        ("on the wire", "raw/big.bin (25 %), raw/0.bin (100 %)"),
        ("retries", "3"),
        ("checkpoint", "/state/k5ffjj43.dataset"),
        ("failed", "data/0.csv: Reason 0."),
        ("failed", "data/1.csv: Reason 1."),
    ]


@pytest.mark.parametrize("name", [EVIL, *ODD])
def test_odd_names_are_shown_and_do_nothing(name: str) -> None:
    """Whatever a file is called: no markup, no control character, and it can be written as UTF-8."""
    failed = (FailedFile(name, name, name, name), FailedFile(name, name, name, ""))
    now = a_dataset(State.COMPLETED_WITH_ERRORS, a_view(failed=2, failures=failed), source=name, total_bytes=GIB)
    text, html = "\n".join(describe(now)), transfer_html(now)
    html.encode()
    assert text.replace("\n", "").isprintable()
    assert html.isprintable()
    assert "<img" not in html


def test_a_failure_is_not_told_twice() -> None:
    """The error names three files of those that are listed anyway; where none is known, it is what there is to say."""
    now = a_dataset(
        State.COMPLETED_WITH_ERRORS, a_view(failed=3, failures=failures(3)), error=FOUR, receipt=a_receipt()
    )
    assert FOUR[0] not in describe(now)
    assert "data/2.csv: Reason 2." in describe(now)
    assert describe(replace(now, files=a_view(failed=3)))[2:6] == list(FOUR)
    assert describe(replace(now, state=State.FAILED))[2:6] == list(FOUR)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("/home/ada/data", "data/"),
        ("/home/ada/data/", "data/"),
        ("/data", "data/"),
        ("/home/ada/data/*.csv", "data/*.csv"),
        ("/home/ada/data/2026-*/**/*.csv", "data/2026-*/**/*.csv"),
        ("/*.csv", "*.csv"),
        ("C:\\Users\\ada\\data", "data/"),
        ("\\\\server\\share\\data\\*.csv", "data/*.csv"),
        ("~/data/", "data/"),
        ("/", "/"),
        ("data/", "data/"),
        ("raw/2026/*.csv", "raw/2026/*.csv"),
        ("a.csv, b.csv and 3 more", "a.csv, b.csv and 3 more"),
    ],
)
def test_a_dataset_is_called_by_its_own_name(source: str, name: str) -> None:
    """A folder from the chooser has a long path; lists show its name, and the desk the path under the pointer."""
    now = a_dataset(source=source)
    assert head_line(now) == f"{name} -> oss://bucket/raw/ (k5ffjj43)"
    assert (row_of(now)["name"], row_of(now)["source"]) == (name, source)


def test_before_the_first_file_is_found_nothing_is_counted() -> None:
    """Nobody reads of zero of at least zero files; and who had nothing to send is told that."""
    view = FilesView(scanning=True)
    assert status_line(a_dataset(view=view, total_bytes=0, bytes_per_second=None)) == "looking for files"
    assert DatasetReceipt("k", "oss://bucket/").heading == "oss://bucket/: there was nothing to send"


def test_what_is_complete_has_no_checkpoint_to_look_for() -> None:
    """Its file is gone, so its path would lead nowhere; of what rests on the way it is named."""
    assert "checkpoint" in dict(details(a_dataset(State.PAUSED)))
    assert "checkpoint" not in dict(details(a_dataset(State.COMPLETED)))
