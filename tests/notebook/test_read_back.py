"""The cells that receipts give run as they are, with the real libraries: what comes back is what was sent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import oss_jupyter as oj
from oss_jupyter.model.dataset_snippets import format_of_all
from oss_jupyter.model.reading_formats import READERS, readers_of
from oss_jupyter.sandbox import Sandbox

from .conftest import Shell

TABLE = pd.DataFrame({"number": [1, 2, 3], "word": ["a", "b,\n", "ü"]})
WRITERS: dict[str, Callable[[Path], object]] = {
    ".parquet": lambda path: TABLE.to_parquet(path),
    ".csv": lambda path: TABLE.to_csv(path, index=False),
    ".csv.gz": lambda path: TABLE.to_csv(path, index=False),
    ".tsv": lambda path: TABLE.to_csv(path, index=False, sep="\t"),
    ".json": lambda path: TABLE.to_json(path, orient="records"),
    ".jsonl": lambda path: TABLE.to_json(path, orient="records", lines=True),
    ".jsonl.gz": lambda path: TABLE.to_json(path, orient="records", lines=True),
    ".feather": lambda path: TABLE.to_feather(path),
}
ODD = ['it\'s "quoted" ü', "a*b?[c]", "chain::of", "data {x} #%20&"]
# What some libraries say of tables as small as these.
pytestmark = pytest.mark.filterwarnings("ignore:Insufficient elements for `head`")


@pytest.fixture
def reader(service: Sandbox, new_shell: Callable[..., Shell]) -> Shell:
    """A shell with the extension, in which oss:// is ours whatever else is installed."""
    shell = new_shell(register_filesystem="always")
    shell.ok("%load_ext oss_jupyter")
    return shell


def sent(path: Path, key: str) -> Any:
    return oj.upload(str(path), f"oss://test-bucket/{key}").result()


def rows(value: Any) -> list[list[Any]]:
    """Return what a library has read, as plain rows."""
    for name in ("to_pandas", "compute", "df"):
        value = getattr(value, name)() if hasattr(value, name) else value
    table = value[["number", "word"]].astype({"number": int, "word": str}).sort_values("number", kind="stable")
    return list(table.to_numpy().tolist())


EXPECTED = TABLE.to_numpy().tolist()


@pytest.mark.parametrize("kind", READERS)
def test_a_table_is_read_back(reader: Shell, place: Path, kind: str) -> None:
    """Whatever the format and whatever stands in the key, the cell's value is the table."""
    for suffix, write in WRITERS.items():
        write(path := place / f"table{suffix}")
        names = ["table", *(ODD if suffix in (".parquet", ".csv.gz") else [])]
        for name in names if kind in readers_of(path.name) else []:
            receipt = sent(path, f"in/{name}{suffix}")
            assert rows(reader.ok(receipt.snippet(kind)).result) == EXPECTED, (name, suffix)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_a_dataset_is_read_back(reader: Shell, place: Path, kind: str, suffix: str) -> None:
    """All its tables come back as one, in folders and beside files that are none; the marker of a job is no table."""
    assert format_of_all([f"x{suffix}"]).name in READERS[kind]
    folder = place / "table" / "year=2024"
    folder.mkdir(parents=True)
    for name in ("0", "1"):
        WRITERS[suffix](folder / f"{name}{suffix}")
    (folder.parent / "_SUCCESS").touch()
    for prefix in ("raw/", "it's [odd]*/"):
        receipt = sent(folder.parent, prefix)
        found = reader.ok(receipt.snippet(kind)).result
        twice = sorted(EXPECTED * 2)
        assert rows(found) == (twice if kind != "dask" else EXPECTED), prefix  # its head is of the first part


def test_the_sdk_alone_fetches_it(service: Sandbox, shell: Shell, place: Path, tmp_path: Path) -> None:
    """A cell for people who have none of this: one object, and all of a dataset, in a process without the extension."""
    (place / "table").mkdir()
    for name in ("model.bin", "table/a.bin", "table/b.bin"):
        (place / name).write_bytes(os.urandom(1000))
    one, all_of_them = sent(place / "model.bin", 'odd/it\'s "a" ü.bin'), sent(place / "table", "raw/")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for receipt in (one, all_of_them):
        program = receipt.snippet("python")
        assert "oss_jupyter" not in program
        subprocess.run([sys.executable, "-c", program], cwd=elsewhere, check=True, timeout=60)
    assert (elsewhere / 'it\'s "a" ü.bin').read_bytes() == (place / "model.bin").read_bytes()
    assert (elsewhere / "raw" / "b.bin").read_bytes() == (place / "table" / "b.bin").read_bytes()


def test_a_place_of_one_upload_is_in_its_cells(
    sandbox: Sandbox, new_shell: Callable[..., Shell], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where neither settings nor environment lead there, the cell runs all the same; only keys are looked for."""
    monkeypatch.setenv("OSS_ACCESS_KEY_ID", "test-key-id")
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "test-key-secret")
    shell = new_shell(register_filesystem="always")
    shell.ok("%load_ext oss_jupyter")
    WRITERS[".parquet"](place / "t.parquet")
    given: dict[str, Any] = {"endpoint": sandbox.endpoint, "region": sandbox.region}
    receipt = oj.upload("t.parquet", "oss://test-bucket/t.parquet", **given).result()
    for kind in READERS:
        assert rows(shell.ok(receipt.snippet(kind)).result) == EXPECTED, kind
