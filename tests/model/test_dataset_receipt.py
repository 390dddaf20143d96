"""The receipt of a dataset: counts that add up, reasons that are raised, and the files as a table."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import oss_jupyter
from oss_jupyter.errors import FilesFailed, InputError, OssJupyterError
from oss_jupyter.model.dataset import FailedFile, FileReceipt, Outcome
from oss_jupyter.model.dataset_receipt import DatasetReceipt
from oss_jupyter.model.sizes import GIB

from ..datasets import ODD, a_receipt, failures

LARGEST = 2**64 - 1
FILES = (
    FileReceipt("/data/a.csv", "a.csv", 3, 1_790_000_000_123_456_789, Outcome.SENT, "E", LARGEST, "M", 0.5),
    FileReceipt('/data/b\n,".csv', "b", 0, 0, Outcome.FAILED, code="AccessDenied", reason="No, it may not."),
    *(FileReceipt(f"/data/{name}", name, 1, 1, Outcome.SKIPPED) for name in ODD),
)


def saved() -> Iterator[FileReceipt]:
    return iter(FILES)


def test_every_file_counts_once() -> None:
    """The sums are those of the outcomes, so nothing is ever more than all of it."""
    receipt = a_receipt()
    assert (receipt.total, receipt.total_bytes) == (88_740, 52 * GIB + 3 * 1024)
    assert repr(receipt) == (
        "<DatasetReceipt oss://bucket/raw/: 88,740 files, 80,000 sent, 1,000 kept, 7,737 skipped, 3 failed>"
    )
    assert repr(DatasetReceipt("k", "oss://b/")) == "<DatasetReceipt oss://b/: 0 files>"


def test_printing_it_tells_how_it_ended_and_what_failed() -> None:
    """A script that prints the receipt shows a line, and one for each of the first failures."""
    lines = str(a_receipt(failed=12, failures=failures(12))).splitlines()
    assert lines[0].startswith("oss://bucket/raw/: 88,749 files · 52.0 GiB · 10 min 12 s · ")
    assert lines[1] == "data/0.csv: Reason 0."
    assert (len(lines), lines[-1]) == (12, "and 2 more that failed")


def test_what_failed_is_raised_on_demand() -> None:
    """A pipeline stops with four lines: how many and the first reasons, what is there, what to do, and the code."""
    with pytest.raises(FilesFailed) as raised:
        a_receipt(failed=7).raise_for_failed()
    assert raised.value.four_lines() == (
        "7 of 88,744 files could not be sent: data/0.csv (Reason 0); data/1.csv (Reason 1); data/2.csv (Reason 2); "
        "and 4 more.",
        "88,737 files are in OSS.",
        'Clear up the reasons, then oj.resume("k5ffjj43") takes only those files.',
        "FilesFailed",
    )
    again = pickle.loads(pickle.dumps(raised.value))
    assert (type(again), str(again)) == (FilesFailed, str(raised.value))
    a_receipt(failed=0, failures=()).raise_for_failed()


def test_it_is_told_in_chinese_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """No word and no mark of English is left in what its reader is told."""
    monkeypatch.setenv("OSS_JUPYTER_LANGUAGE", "zh")
    receipt = a_receipt(failed=7)
    assert repr(receipt).endswith("：88,744 个文件，已发送 80,000 个，此前保留 1,000 个，已跳过 7,737 个，失败 7 个>")
    assert str(receipt).splitlines()[0].endswith("已发送 80,000 个，此前保留 1,000 个，已存在 7,737 个，失败 7 个")
    with pytest.raises(FilesFailed) as raised:
        receipt.raise_for_failed()
    assert raised.value.what.startswith("88,744 个文件中有 7 个无法发送：data/0.csv（Reason 0）；data/1.csv")
    assert raised.value.what.endswith("；另有 4 个。")
    assert raised.value.safe == "88,737 个文件在 OSS 中。"


@pytest.mark.parametrize(
    ("receipt", "what", "safe"),
    [
        (DatasetReceipt("k", "oss://b/", failed=1), "1 of 1 file could not be sent.", ""),
        (DatasetReceipt("k", "oss://b/", sent=1, failed=2), "2 of 3 files could not be sent.", "1 file is in OSS."),
        (
            DatasetReceipt("k", "oss://b/", failed=1, failures=(FailedFile("a\udcff", "a", "Code", ""),)),
            "1 of 1 file could not be sent: a\\xff (Code).",
            "",
        ),
    ],
)
def test_a_failure_is_one_sentence_whatever_is_known(receipt: DatasetReceipt, what: str, safe: str) -> None:
    """Without reasons, without a success, and with a name that is no text, it says what is so and no more."""
    with pytest.raises(OssJupyterError) as raised:
        receipt.raise_for_failed()
    assert (raised.value.what, raised.value.safe) == (what, safe)


def test_the_files_are_read_when_they_are_asked_for() -> None:
    """The receipt holds no row; where none was saved it says so, and so does a copy in another process."""
    receipt = a_receipt(saved=saved)
    assert tuple(receipt.files()) == FILES
    for without in (a_receipt(), pickle.loads(pickle.dumps(receipt))):
        assert without == receipt
        with pytest.raises(InputError) as raised:
            without.files()
        assert raised.value.code == "NotSaved"
        assert raised.value.advice


def test_the_files_as_a_frame_keep_every_digit() -> None:
    """A CRC-64 has more digits than a float, and outcomes can be counted by their words."""
    table = a_receipt(saved=saved).to_frame()
    assert isinstance(table, pd.DataFrame)
    assert list(table.columns) == list(FileReceipt.__dataclass_fields__)
    assert table["crc64"].iloc[0] == LARGEST
    assert table["crc64"].isna().sum() == len(FILES) - 1
    assert table["mtime_ns"].iloc[0] == 1_790_000_000_123_456_789
    assert table["outcome"].value_counts().to_dict() == {"skipped": len(ODD), "sent": 1, "failed": 1}
    assert "caf\\xe9.csv" in set(table["key"])


def test_the_files_as_csv_are_read_again(tmp_path: Path) -> None:
    """Commas, quotes and line breaks in names stay in their cells, and the file is UTF-8."""
    a_receipt(saved=saved).to_csv(tmp_path / "files.csv")
    table = pd.read_csv(
        tmp_path / "files.csv", dtype={"crc64": "UInt64"}, keep_default_na=False, na_values={"crc64": ""}
    )
    assert table["path"].iloc[1] == FILES[1].path
    assert table["crc64"].iloc[0] == LARGEST
    assert table["key"].iloc[2:].tolist() == [key.replace("\udce9", "\\xe9") for key in ODD]


def test_no_csv_is_begun_where_there_are_no_files(tmp_path: Path) -> None:
    """An empty file would look like a dataset without files."""
    with pytest.raises(InputError):
        a_receipt().to_csv(tmp_path / "files.csv")
    assert not (tmp_path / "files.csv").exists()


def test_without_pandas_it_says_what_to_install() -> None:
    """The package and its receipts load no pandas, and where there is none the advice is a line to run."""
    program = (
        "import sys; sys.modules['pandas'] = None\n"
        "from oss_jupyter import DatasetReceipt\n"
        "try: DatasetReceipt('k', 'oss://b/', saved=lambda: ()).to_frame()\n"
        "except Exception as error: print(type(error).__name__); print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "PackageMissing",
        "to_frame() makes a table of pandas, and pandas is not installed here.",
        "Nothing was changed.",
        "Install it with: %pip install pandas. Without it, go through the rows one by one.",
        "PackageMissing",
    ]
    loaded = "import sys, oss_jupyter; str(oss_jupyter.DatasetReceipt('k', 'oss://b/')); print('pandas' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "False\n"
    )


def test_help_tells_each_field() -> None:
    """Shift-Tab shows one attribute a line."""
    lines = (oss_jupyter.DatasetReceipt.__doc__ or "").splitlines()
    assert "skipped: int = 0. Files whose objects were there already." in lines
    assert replace(a_receipt(), sent=1).sent == 1
