"""What may be given as a dataset: a folder, a glob, lists of them, mappings to keys; and how the rest is refused."""

from __future__ import annotations

import importlib
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.local.dataset_source import dataset_source
from oss_jupyter.local.scan import scan
from oss_jupyter.model.dataset import DatasetSource, Piece, Selection

pd: Any = importlib.import_module("pandas")  # it has no annotations


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: some files, and two folders of them."""
    here = tmp_path / "work"
    for name in ("a.csv", "b.csv", "data/x.csv", "data/2026-01/p.parquet", "data/2026-02/q/p.parquet", "more/x.csv"):
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return here


def pieces(given: Any) -> tuple[Piece, ...]:
    source = dataset_source(given)
    assert isinstance(source, DatasetSource)
    assert source.text
    source.text.encode("utf-8")
    return source.pieces


def keys(given: Any) -> list[str]:
    source = dataset_source(given)
    assert source is not None
    return [file.key for file in scan(source, Selection(), lambda: False)]


def refused(given: Any) -> tuple[str, str, str, str]:
    """Return the four lines of an error."""
    with pytest.raises(OssJupyterError) as error:
        dataset_source(given)
    lines = error.value.four_lines()
    assert all(lines), lines
    assert lines[1] == "Nothing was sent."
    assert all(line.isprintable() for line in lines), lines
    return lines


@pytest.mark.parametrize("written", ["data", "data/", "data//", "./data", "more/../data", Path("data")], ids=repr)
def test_a_folder_by_any_of_its_names(folder: Path, written: Any) -> None:
    """Slashes at its end, dots and Path objects all mean the same folder, and its contents go under the prefix."""
    assert pieces(written) == (Piece(str(folder / "data")),)
    assert keys(written) == ["2026-01/p.parquet", "2026-02/q/p.parquet", "x.csv"]


def test_a_folder_at_home_and_one_that_is_called_so(folder: Path, tmp_path: Path) -> None:
    """A tilde is the home directory, unless something here has that name."""
    (tmp_path / "home" / "pictures").mkdir(parents=True)
    assert pieces("~/pictures")[0].path == str(tmp_path / "home" / "pictures")
    assert pieces("~/pict*") == (Piece(str(tmp_path / "home"), pattern="pict*"),)
    (folder / "~").mkdir()
    assert pieces("~")[0].path == str(folder / "~")


def test_a_link_to_a_folder_is_that_folder(folder: Path) -> None:
    """Whoever names a link means what it leads to, whatever is said of links within."""
    (folder / "latest").symlink_to("data")
    assert pieces("latest") == (Piece(str(folder / "latest")),)
    assert keys("latest") == keys("data")


def test_relative_paths_begin_where_it_is_said(folder: Path) -> None:
    """The desk shows another folder than the kernel is in."""
    source = dataset_source(["2026-01", "x.csv"], base=folder / "data")
    assert source is not None
    assert [piece.path for piece in source.pieces] == [str(folder / "data" / name) for name in ("2026-01", "x.csv")]
    globbed = dataset_source("2026-*", folder / "data")
    assert globbed is not None
    assert globbed.pieces == (Piece(str(folder / "data"), pattern="2026-*"),)


@pytest.mark.parametrize(
    ("glob", "found"),
    [
        ("data/2026-*/**/*.parquet", ["2026-01/p.parquet", "2026-02/q/p.parquet"]),
        ("data/**/*.parquet", ["2026-01/p.parquet", "2026-02/q/p.parquet"]),
        ("data/*.csv", ["x.csv"]),
        ("data/2026-0[12]", ["2026-01/p.parquet", "2026-02/q/p.parquet"]),
        ("data/2026-0?/", ["2026-01/p.parquet", "2026-02/q/p.parquet"]),
        ("data/2026-0[!1]/q/*", ["2026-02/q/p.parquet"]),
        ("*/x.csv", ["data/x.csv", "more/x.csv"]),
        ("*.csv/", []),
        ("data/**", ["2026-01/p.parquet", "2026-02/q/p.parquet", "x.csv"]),
        ("./data/../[ab].csv", ["a.csv", "b.csv"]),
        ("*.cvs", []),
    ],
)
def test_a_glob_keeps_the_path_below_its_fixed_part(glob: str, found: list[str]) -> None:
    """A folder that it matches goes up with all that is in it."""
    assert keys(glob) == found
    assert keys(Path(glob) if not glob.endswith("/") else glob) == found
    assert keys(os.path.abspath(glob) + "/" * glob.endswith("/")) == found  # noqa: PTH100


def test_what_is_called_like_a_glob_is_no_glob(folder: Path) -> None:
    """As a browser names its second download, and a partition by a question."""
    (folder / "data[1].csv").write_text("x")
    assert dataset_source("data[1].csv") is None
    (folder / "run[1]").mkdir()
    (folder / "run[1]" / "y.csv").write_text("y")
    assert pieces("run[1]") == (Piece(str(folder / "run[1]")),)
    assert pieces("run[1]/*.csv") == (Piece(str(folder / "run[1]"), pattern="*.csv"),)
    (folder / "year=2026").mkdir()
    (folder / "year=2026" / "month=1").write_text("z")
    assert keys("year=202?/month=*") == ["year=2026/month=1"]
    assert dataset_source("data[1.csv") is None


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, iter, dict.fromkeys, pd.Series, pd.Index, "array"])
def test_every_kind_of_list(folder: Path, kind: Any) -> None:
    """Lists, sets, generators, a column of a table: files have their names as keys."""
    given = ["b.csv", "a.csv"]
    made = pd.Series(given, dtype=object).to_numpy() if kind == "array" else kind(given)
    made = made.keys() if isinstance(made, dict) else made
    assert set(pieces(made)) == {Piece(str(folder / name), name, is_file=True) for name in given}


def test_a_list_has_folders_and_globs_too(folder: Path) -> None:
    """All of them go under the same prefix, in the order of keys, and what is named twice goes up once."""
    given = ["data/2026-*", folder / "more", "a.csv", "a.csv", "./a.csv", "*.csv"]
    assert keys(given) == ["2026-01/p.parquet", "2026-02/q/p.parquet", "a.csv", "b.csv", "x.csv"]


def test_a_mapping_says_the_keys(folder: Path) -> None:
    """A file gets its key, or its name where that ends in a slash; a folder or a glob gets a prefix."""
    given = {"a.csv": "raw/first.csv", Path("b.csv"): "raw/", "data": "deep/", "more/*.csv": ""}
    assert keys(given) == ["deep/2026-01/p.parquet", "deep/2026-02/q/p.parquet", "deep/x.csv", "raw/b.csv",
                           "raw/first.csv", "x.csv"]  # fmt: skip
    assert keys({"data": "a/", "data/2026-01": "b/"})[-1] == "b/p.parquet"


@pytest.mark.parametrize(
    "given",
    [
        *("a.csv", Path("a.csv"), "a.csv/", "gone.csv", "", "a\0*"),
        *("oss://bucket/*.csv", "https://host/a?x-oss-signature=1"),
        *(None, 3, b"a.csv", b"data", io.BytesIO(b"a.csv"), io.StringIO("a.csv"), object(), str),
        *(pd.DataFrame({"a.csv": [1]}), pd.Series([1]), pd.Series([1]).to_numpy()),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_dataset(given: Any) -> None:
    """One file goes up as ever, and what is no path is refused as ever."""
    assert dataset_source(given) is None


def test_an_open_file_is_no_list() -> None:
    """Its lines are not taken for paths."""
    with open("a.csv") as file, tempfile.NamedTemporaryFile() as other:  # noqa: PTH123
        assert dataset_source(file) is None
        assert dataset_source(other) is None


@pytest.mark.parametrize("given", [[], (), set(), {}, iter(())], ids=lambda value: type(value).__name__)
def test_nothing_given(given: Any) -> None:
    """An empty list is no upload of nothing."""
    assert refused(given)[3] == "NothingGiven"


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (["a.csv", "gone.csv"], "SourceMissing", "gone.csv"),
        (["a.csv", "gone/*.csv"], "SourceMissing", "*.csv"),
        ("gone/*.csv", "SourceMissing", "gone"),
        ("a.csv/*", "InvalidPath", "a.csv"),
        ({"gone": "x/"}, "SourceMissing", "gone"),
        (["a.csv", pd.DataFrame({"a": [1]})], "SourceNotAPath", "Item 2 is of type DataFrame"),
        (["a.csv", None], "SourceNotAPath", "Item 2 is None"),
        ([["a.csv"]], "SourceNotAPath", "Item 1 is of type list"),
        ([3], "SourceNotAPath", "int"),
        ([b"a.csv"], "SourceNotAPath", "bytes"),
        (["a.csv", ""], "SourceNotAPath", "Item 2 is empty"),
        (["a.csv", "oss://bucket/raw/"], "SourceNotAPath", "address"),
        (["a\0b"], "InvalidPath", "NUL"),
        (["data", "more", "data/2026-02/q"], "FolderInFolder", "2026-02/q"),
        ({"a.csv": 1}, "InvalidKey", "no text"),
        ({"a.csv": None}, "InvalidKey", "None"),
        ({"a.csv": Path("raw/a.csv")}, "InvalidKey", "no text"),
        ({"data": "raw"}, "InvalidKey", "does not end in /"),
        ({"data/*.csv": "raw"}, "InvalidKey", "does not end in /"),
        ({"a.csv": "oss://bucket/a.csv"}, "InvalidKey", "address"),
        ({"a.csv": "/raw/a.csv"}, "InvalidKey", "begins with /"),
        ({1: "a.csv"}, "SourceNotAPath", "int"),
    ],
    ids=str,
)
def test_what_can_be_no_dataset(given: Any, code: str, said: str) -> None:
    """Four lines name the item and what is wrong with it."""
    lines = refused(given)
    assert lines[3] == code
    assert said in lines[0]


def test_a_signed_address_in_a_list_is_not_repeated() -> None:
    """Nobody reads a signature out of an error."""
    lines = refused(["https://bucket.host/a*.csv?x-oss-signature=SECRET"])
    assert "SECRET" not in str(lines)


def test_a_pipe_in_a_list_is_a_row_and_no_error(folder: Path) -> None:
    """One bad file never stops the others, not even one that was named."""
    os.mkfifo(folder / "pipe")
    source = dataset_source(["pipe", "a.csv"])
    assert source is not None
    found = [(file.key, str(file.trouble)) for file in scan(source, Selection(), lambda: False)]
    assert found == [("a.csv", ""), ("pipe", "not_a_file")]
    assert dataset_source("pipe") is None


@pytest.fixture
def gbk(folder: Path) -> str:
    """A folder whose name is no UTF-8, and a file in it."""
    name = os.fsdecode(b"\xc4\xe3")
    (folder / name).mkdir()
    (folder / name / "x.csv").write_text("x")
    return name


def test_a_folder_whose_name_is_no_utf8(gbk: str, folder: Path) -> None:
    """Its name is part of no key, so its files go up; and it can be shown."""
    source = dataset_source(gbk)
    assert source is not None
    assert source.text == r"\xc4\xe3"
    assert [file.path for file in scan(source, Selection(), lambda: False)] == [str(folder / gbk / "x.csv")]
    assert keys(f"{gbk}/*") == ["x.csv"]
    assert r"\xc4" in refused([f"{gbk}/gone"])[0]


_LOCKED = """
import os, sys
from oss_jupyter import OssJupyterError
from oss_jupyter.local.dataset_source import dataset_source

if os.getuid() == 0:
    os.setuid(65534)
for given in (sys.argv[1], sys.argv[1] + "/*.csv", [sys.argv[1]]):
    try:
        print(dataset_source(given))
    except OssJupyterError as error:
        print(error.code)
"""


def test_a_folder_that_may_not_be_listed() -> None:
    """That is known before anything begins. Root may list everything, so a child gives that up first."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        locked = Path(name, "locked")
        locked.mkdir(0)
        command = [sys.executable, "-c", _LOCKED, str(locked)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "HOME": name})
    assert done.stdout.split() == ["SourceUnreadable"] * 3


def test_a_working_directory_that_was_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative glob is told what is wrong."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InputError) as error:
        dataset_source("*.csv")
    assert error.value.code == "NoWorkingDirectory"
    assert dataset_source("data") is None
