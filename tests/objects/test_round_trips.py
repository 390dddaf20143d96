"""What a notebook holds goes up by Python and by the magic, and comes back equal with the libraries that made it."""

from __future__ import annotations

import gzip
import importlib
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.errors import InputError
from oss_jupyter.sandbox import Sandbox
from tests.notebook.conftest import Shell

np, pd, pl, pa, gpd, duckdb, go, plt = map(
    importlib.import_module,
    ("numpy", "pandas", "polars", "pyarrow", "geopandas", "duckdb", "plotly.graph_objects", "matplotlib.figure"),
)
feather, parquet, ipc, dataset = (
    importlib.import_module(f"pyarrow.{name}") for name in ("feather", "parquet", "ipc", "dataset")
)

PANDAS = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "ü"], "c": [1.5, -2.25, 0.0]})
POLARS = pl.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "ü"]})
ARROW = pa.table({"a": [1, 2, 3], "b": ["x", "y", "ü"]})
GEO = gpd.GeoDataFrame({"n": [1, 2]}, geometry=gpd.points_from_xy([1, 2], [3, 4]), crs=4326)
ARRAY = np.arange(12.0).reshape(3, 4)


class Speaks:
    """A table of a library that nobody knows. speaks: the only method it has."""

    def __init__(self, table: Any) -> None:
        self._table = table


class SpeaksArrow(Speaks):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self._table.__arrow_c_stream__(requested_schema)


class SpeaksDataframe(Speaks):
    def __dataframe__(self, nan_as_null: bool = False, allow_copy: bool = True) -> Any:
        return self._table.__dataframe__(nan_as_null, allow_copy)


def _pandas(read: Callable[..., Any], **how: Any) -> Callable[[Path, Any], None]:
    return lambda path, table: pd.testing.assert_frame_equal(read(path, **how), table, check_dtype=False)


def _polars(read: Callable[..., Any]) -> Callable[[Path, Any], None]:
    return lambda path, table: importlib.import_module("polars.testing").assert_frame_equal(read(path), table)


def _arrow(read: Callable[..., Any]) -> Callable[[Path, Any], None]:
    return lambda path, _: _same(read(path).to_pydict(), ARROW.to_pydict())


def _ipc(path: Path) -> Any:
    with ipc.open_file(path) as file:
        return file.read_all()


def _same(one: Any, other: Any) -> None:
    assert one == other


def _series(read: Callable[..., Any]) -> Callable[[Path, Any], None]:
    return lambda path, column: pd.testing.assert_series_equal(read(path)[column.name], column)


def _geo(read: Callable[..., Any]) -> Callable[[Path, Any], None]:
    return lambda path, table: importlib.import_module("geopandas.testing").assert_geodataframe_equal(
        read(path), table, check_dtype=False
    )


def _html(path: Path, value: object) -> None:
    assert b"<html" in path.read_bytes()[:40]  # only newer ones say before it which kind of document that is


def _magic(begin: bytes) -> Callable[[Path, Any], None]:
    return lambda path, _: _same(path.read_bytes()[: len(begin)], begin)


def _npz(path: Path, value: Any) -> None:
    with np.load(path) as loaded:
        for name, array in (value if isinstance(value, dict) else {"arr_0": value}).items():
            assert np.array_equal(loaded[name], array)


def _text(path: Path, text: str) -> None:
    assert path.read_text("utf-8") == text


def _json(path: Path, value: Any) -> None:
    assert json.loads(path.read_text("utf-8")) == value


def _lines(path: Path, rows: list[Any]) -> None:
    assert [json.loads(line) for line in path.read_text("utf-8").splitlines()] == rows


def _packed(path: Path, text: str) -> None:
    assert gzip.decompress(path.read_bytes()).decode() == text


def _as_bytes(path: Path, value: Any) -> None:
    assert path.read_bytes() == bytes(value)


TRIPS: dict[str, tuple[Any, str, Callable[[Path, Any], None]]] = {
    "pandas parquet": (PANDAS, ".parquet", _pandas(pd.read_parquet)),
    "pandas csv": (PANDAS, ".csv", _pandas(pd.read_csv, index_col=0)),
    "pandas csv.gz": (PANDAS, ".csv.gz", _pandas(pd.read_csv, index_col=0, compression="gzip")),
    "pandas tsv": (PANDAS, ".tsv", _pandas(pd.read_csv, index_col=0, sep="\t")),
    "pandas json": (PANDAS, ".json", _pandas(pd.read_json)),
    "pandas jsonl": (PANDAS, ".jsonl", _pandas(pd.read_json, lines=True)),
    "pandas feather": (PANDAS, ".feather", _pandas(pd.read_feather)),
    "pandas arrow": (PANDAS, ".arrow", _pandas(pd.read_feather)),
    "pandas xlsx": (PANDAS, ".xlsx", _pandas(pd.read_excel, index_col=0, engine="openpyxl")),
    "pandas column": (PANDAS["b"], ".parquet", _series(pd.read_parquet)),
    "geopandas parquet": (GEO, ".parquet", _geo(gpd.read_parquet)),
    "geopandas feather": (GEO, ".feather", _geo(gpd.read_feather)),
    "geopandas geojson": (GEO, ".geojson", _geo(gpd.read_file)),
    "geopandas json": (GEO, ".json", _geo(gpd.read_file)),
    "polars parquet": (POLARS, ".parquet", _polars(pl.read_parquet)),
    "polars csv": (POLARS, ".csv", _polars(pl.read_csv)),
    "polars json": (POLARS, ".json", _polars(pl.read_json)),
    "polars jsonl": (POLARS, ".jsonl", _polars(pl.read_ndjson)),
    "polars feather": (POLARS, ".feather", _polars(pl.read_ipc)),
    "polars lazy parquet": (POLARS.lazy(), ".parquet", lambda path, _: _polars(pl.read_parquet)(path, POLARS)),
    "polars lazy csv": (POLARS.lazy(), ".csv", lambda path, _: _polars(pl.read_csv)(path, POLARS)),
    "polars lazy packed csv": (POLARS.lazy(), ".csv.gz", lambda path, _: _polars(pl.read_csv)(path, POLARS)),
    "polars lazy json": (POLARS.lazy(), ".json", lambda path, _: _polars(pl.read_json)(path, POLARS)),
    "polars lazy jsonl": (POLARS.lazy(), ".jsonl", lambda path, _: _polars(pl.read_ndjson)(path, POLARS)),
    "polars lazy arrow": (POLARS.lazy(), ".arrow", lambda path, _: _polars(pl.read_ipc)(path, POLARS)),
    "pyarrow parquet": (ARROW, ".parquet", _arrow(parquet.read_table)),
    "pyarrow csv": (ARROW, ".csv", _arrow(importlib.import_module("pyarrow.csv").read_csv)),
    "pyarrow feather": (ARROW, ".feather", _arrow(feather.read_table)),
    "pyarrow arrow": (ARROW, ".arrow", _arrow(_ipc)),
    "pyarrow jsonl": (ARROW, ".jsonl", _arrow(importlib.import_module("pyarrow.json").read_json)),
    "pyarrow json": (ARROW, ".json", lambda path, _: _same(json.loads(path.read_text("utf-8")), ARROW.to_pylist())),
    "pyarrow dataset": (dataset.dataset(ARROW), ".parquet", _arrow(parquet.read_table)),
    "pyarrow batch": (ARROW.to_batches()[0], ".parquet", _arrow(parquet.read_table)),
    "speaks Arrow": (SpeaksArrow(ARROW), ".parquet", _arrow(parquet.read_table)),
    "speaks __dataframe__": (SpeaksDataframe(ARROW), ".parquet", _arrow(parquet.read_table)),
    "duckdb": (duckdb.from_arrow(ARROW), ".parquet", _arrow(parquet.read_table)),
    "npy": (ARRAY, ".npy", lambda path, array: _same(np.array_equal(np.load(path), array), True)),
    "npy, every second": (ARRAY[:, ::2], ".npy", lambda path, one: _same(np.array_equal(np.load(path), one), True)),
    "npz": (ARRAY, ".npz", _npz),
    "npz, several": ({"x": ARRAY, "y": ARRAY[0]}, ".npz", _npz),
    "matplotlib png": (plt.Figure(), ".png", _magic(b"\x89PNG")),
    "matplotlib svg": (plt.Figure(), ".svg", _magic(b"<?xml")),
    "plotly html": (go.Figure(go.Bar(y=[1, 2])), ".html", _html),
    "plotly json": (go.Figure(go.Bar(y=[1, 2])), ".json", _magic(b'{"data":')),
    "text": ("# Notes\n\nOf ü.\n", ".md", _text),
    "text of one line": ("some words of ü", ".txt", _text),
    "text of JSON": ('{"a": 1}', ".json", _text),
    "text, packed": ("a,b\n1,2\n", ".csv.gz", _packed),
    "dict": ({"a": 1, "ü": [np.float64(2.5)]}, ".json", lambda path, _: _json(path, {"a": 1, "ü": [2.5]})),
    "list": ([1, "two", None], ".json", _json),
    "empty list": ([], ".json", _json),
    "list of rows": ([{"a": 1}, {"a": 2}], ".jsonl", _lines),
    "bytes": (b"bytes", "", _as_bytes),
    "bytearray": (bytearray(b"bytes"), ".bin", _as_bytes),
    "memoryview": (memoryview(b"0123456789")[::2], ".bin", _as_bytes),
    "memoryview of numbers": (memoryview(ARRAY), ".bin", _as_bytes),
    "empty bytes": (b"", ".bin", _as_bytes),
    "BytesIO": (io.BytesIO(b"whole"), ".bin", lambda path, value: _same(path.read_bytes(), value.getvalue())),
}  # fmt: skip


@pytest.fixture
def ready(service: Sandbox, shell: Shell) -> Sandbox:
    """A service that an upload needs no arguments for, and a shell with the extension."""
    return service


def _nothing_left(place: Path) -> bool:
    return not [path for path in place.parent.joinpath("state", "checkpoints").rglob("*") if path.is_file()]


def test_every_kind_comes_back_equal(ready: Sandbox, shell: Shell, place: Path) -> None:
    """Each is the same when it is read back with its library, by Python and by the magic, and nothing stays on disk."""
    for number, (kind, (value, suffix, check)) in enumerate(TRIPS.items()):
        shell.inner.user_ns["thing"] = value
        try:
            oj.upload(value, f"oss://test-bucket/python{number}{suffix}").result(30)
            check(ready.object_path("test-bucket", f"python{number}{suffix}"), value)
            shell.ok(f"%oss_upload thing oss://test-bucket/magic{number}{suffix} --wait")
            check(ready.object_path("test-bucket", f"magic{number}{suffix}"), value)
        except Exception as error:
            raise AssertionError(kind) from error
    assert _nothing_left(place)


def test_an_open_file_goes_from_where_it_stands(ready: Sandbox, place: Path) -> None:
    """What was read before is not sent, and the file stands there afterwards; one at its end is refused."""
    Path("f.bin").write_bytes(b"0123456789")
    with Path("f.bin").open("rb") as file, tempfile.NamedTemporaryFile() as temporary:
        file.seek(4)
        oj.upload(file, "oss://test-bucket/k").result(30)
        assert (ready.object_path("test-bucket", "k").read_bytes(), file.tell()) == (b"456789", 4)
        temporary.write(b"not flushed")
        temporary.seek(0)
        oj.upload(temporary, "oss://test-bucket/t").result(30)
        assert ready.object_path("test-bucket", "t").read_bytes() == b"not flushed"
        file.seek(0, io.SEEK_END)
        with pytest.raises(InputError) as refused:
            oj.upload(file, "oss://test-bucket/k")
        assert "file.seek(0)" in refused.value.advice


def test_writer_options_reach_the_writer(ready: Sandbox, shell: Shell) -> None:
    """By Python and by the magic; they mean nothing to a file, and a wrong one is the library's own refusal."""
    oj.upload(PANDAS, "oss://test-bucket/a.csv", writer_options={"index": False, "sep": ";"}).result(30)
    shell.inner.user_ns |= {"df": PANDAS, "how": {"index": False, "sep": ";"}}
    shell.ok("%oss_upload df oss://test-bucket/b.csv --writer-options how --wait")
    for key in ("a.csv", "b.csv"):
        pd.testing.assert_frame_equal(pd.read_csv(ready.object_path("test-bucket", key), sep=";"), PANDAS)
    Path("f.bin").write_bytes(b"x")
    for value, options, code in ((PANDAS, {"nonsense": 1}, "NotWritten"), ("f.bin", {"a": 1}, "NothingToWrite")):
        with pytest.raises(InputError) as refused:
            oj.upload(value, "oss://test-bucket/a.csv", writer_options=options)
        assert refused.value.code == code
        assert all(refused.value.four_lines())


def test_the_object_is_as_it_was(ready: Sandbox) -> None:
    """Writing changes nothing of it, and what is changed after the call is not sent."""
    table = PANDAS.copy()
    transfer = oj.upload(table, "oss://test-bucket/t.parquet")
    pd.testing.assert_frame_equal(table, PANDAS)
    table.loc[0, "a"] = 99
    transfer.result(30)
    pd.testing.assert_frame_equal(pd.read_parquet(ready.object_path("test-bucket", "t.parquet")), PANDAS)


def test_without_checkpoints_nothing_is_left_either(
    ready: Sandbox, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The spool lies in the temporary directory then, and goes at the end."""
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    oj.upload(PANDAS, "oss://test-bucket/t.parquet", checkpoint_dir=None).result(30)
    (directory,) = place.glob("oss_jupyter-*")
    assert list(directory.iterdir()) == []
    pd.testing.assert_frame_equal(pd.read_parquet(ready.object_path("test-bucket", "t.parquet")), PANDAS)


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv", ".jsonl", ".feather"])
def test_a_query_of_polars_becomes_the_same_bytes_as_its_table(
    service: Sandbox, shell: Shell, place: Path, suffix: str
) -> None:
    """Whether it is written as it comes or as a whole: so running the cell again finds what is there."""
    table = pl.DataFrame({"a": range(300_000), "b": [str(number % 97) for number in range(300_000)]})
    table.write_parquet(place / "in.parquet")
    query = pl.scan_parquet(place / "in.parquet").filter(pl.col("a") % 3 > 0)
    first = oj.upload(query, f"oss://test-bucket/lazy{suffix}").result(30)
    assert oj.upload(query, f"oss://test-bucket/lazy{suffix}").result(30).already_there
    assert first.crc64 == oj.upload(query.collect(), f"oss://test-bucket/whole{suffix}").result(30).crc64


def test_a_query_of_polars_takes_the_options_of_tables(service: Sandbox, shell: Shell) -> None:
    """What polars takes only of a whole table is no reason to refuse, and what it takes of none still is one."""
    query = POLARS.lazy()
    oj.upload(query, "oss://test-bucket/k.parquet", writer_options={"use_pyarrow": True}).result(30)
    stored = service.object_path("test-bucket", "k.parquet")
    assert b"parquet-cpp-arrow" in stored.read_bytes()
    with pytest.raises(oj.OssJupyterError) as refused:
        oj.upload(query, "oss://test-bucket/k.parquet", writer_options={"nonsense": True})
    assert refused.value.code == "NotWritten"
    with pytest.raises(oj.OssJupyterError, match="no_such_column"):
        oj.upload(query.select("no_such_column"), "oss://test-bucket/k.parquet")
