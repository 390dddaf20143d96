"""``oss://`` in the libraries of a notebook that has loaded the extension and nothing else, in real kernels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oss_jupyter.sandbox import Sandbox

from .kernels import Kernel

FRAME = """
import numpy as np, pandas as pd
df = pd.DataFrame({f"c{i}": np.arange(1000) * i for i in range(5)})
df["text"] = [f"line {i}" for i in range(1000)]
df["at"] = pd.date_range("2026-01-01", periods=1000, freq="min").astype("datetime64[ns]")
same = pd.testing.assert_frame_equal
"""
PANDAS = """
df.to_parquet("oss://test-bucket/t.parquet"); same(pd.read_parquet("oss://test-bucket/t.parquet"), df)
df.to_feather("oss://test-bucket/t.feather"); same(pd.read_feather("oss://test-bucket/t.feather"), df)
df.to_pickle("oss://test-bucket/t.pkl"); same(pd.read_pickle("oss://test-bucket/t.pkl"), df)
df.to_csv("oss://test-bucket/t.csv.gz", index=False)
same(pd.read_csv("oss://test-bucket/t.csv.gz", parse_dates=["at"]).astype(df.dtypes), df)
df.to_json("oss://test-bucket/t.jsonl", orient="records", lines=True)
assert len(pd.read_json("oss://test-bucket/t.jsonl", lines=True)) == 1000
df.to_parquet("oss://test-bucket/parted", partition_cols=["c0"])
assert len(pd.read_parquet("oss://test-bucket/parted")) == 1000
"""
POLARS = """
import fsspec, polars as pl
df = pl.DataFrame({"a": range(1000), "b": [str(i) for i in range(1000)]})
with fsspec.open("oss://test-bucket/p.parquet", "wb") as file:
    df.write_parquet(file)
with fsspec.open("oss://test-bucket/p.parquet") as file:
    assert pl.read_parquet(file).equals(df)
assert pl.read_parquet("oss://test-bucket/p.parquet", use_pyarrow=True).equals(df)
import pyarrow.dataset as ds
lazy = pl.scan_pyarrow_dataset(ds.dataset("test-bucket/p.parquet", filesystem=fsspec.filesystem("oss")))
assert lazy.filter(pl.col("a") > 990).select("b").collect().height == 9
with fsspec.open("oss://test-bucket/p.csv", "wb") as file:
    df.write_csv(file)
with fsspec.open("oss://test-bucket/p.csv") as file:
    assert pl.read_csv(file, schema=df.schema).equals(df)
"""
PYARROW = """
import fsspec, pyarrow as pa, pyarrow.dataset as ds, pyarrow.parquet as pq
table = pa.table({"year": [2025] * 500 + [2026] * 500, "a": list(range(1000))})
fs = fsspec.filesystem("oss")
ds.write_dataset(table, "test-bucket/ds", filesystem=fs, format="parquet", partitioning=["year"],
                 existing_data_behavior="overwrite_or_ignore")
found = ds.dataset("test-bucket/ds", filesystem=fs, partitioning=ds.partitioning(pa.schema([("year", pa.int64())])))
assert found.to_table(filter=ds.field("year") == 2026).num_rows == 500
pq.write_table(table, "test-bucket/one.parquet", filesystem=fs)
assert pq.read_table("test-bucket/one.parquet", filesystem=fs).equals(table)
if int(pa.__version__.split(".")[0]) >= 21:
    pq.write_table(table, "fsspec+oss://test-bucket/two.parquet")
    assert pq.read_table("fsspec+oss://test-bucket/two.parquet").equals(table)
    assert ds.dataset("fsspec+oss://test-bucket/two.parquet").to_table().equals(table)
"""
DUCKDB = """
import duckdb, fsspec
connection = duckdb.connect()
connection.register_filesystem(fsspec.filesystem("oss"))
connection.sql("COPY (SELECT range AS a, range * 2 AS b FROM range(1000)) TO 'oss://test-bucket/d/1.parquet'")
connection.sql("COPY (SELECT range AS a, range * 2 AS b FROM range(5)) TO 'oss://test-bucket/d/2.parquet'")
connection.sql("COPY (SELECT 1 AS a) TO 'oss://test-bucket/d.csv'")
assert connection.sql("SELECT count(*), sum(b) FROM 'oss://test-bucket/d/*.parquet'").fetchall() == [(1005, 999020)]
assert connection.sql("SELECT * FROM 'oss://test-bucket/d.csv'").fetchall() == [(1,)]
"""
DASK = """
import dask, dask.dataframe as dd
parts = dd.from_pandas(df, npartitions=4)
parts.to_parquet("oss://test-bucket/dask")
same(dd.read_parquet("oss://test-bucket/dask").compute(), df, check_dtype=False)
with dask.config.set(scheduler="processes", num_workers=2):
    assert len(dd.read_parquet("oss://test-bucket/dask", columns=["c1"]).compute()) == 1000
parts.to_csv("oss://test-bucket/csv/*.csv", index=False)
assert len(dd.read_csv("oss://test-bucket/csv/*.csv")) == 1000
"""
# Those of one kernel. Polars has a frame of its own, so it comes last.
CELLS = {
    "pandas": ("pyarrow", PANDAS),
    "pyarrow": ("pyarrow", PYARROW),
    "duckdb": ("duckdb", DUCKDB),
    "dask": ("dask.dataframe", DASK),
    "polars": ("polars", POLARS),
}


def test_libraries_write_and_read(
    service: Sandbox, new_kernel: Callable[..., Kernel], subtests: pytest.Subtests
) -> None:
    """What a library writes to oss:// comes back equal, in a kernel in which only the extension was loaded."""
    kernel = new_kernel()
    for code in ("%load_ext oss_jupyter", FRAME):
        assert kernel.run(code).error is None
    for name, (module, cell) in CELLS.items():
        with subtests.test(name):
            pytest.importorskip(module)
            service.clear_requests()
            done = kernel.run(cell)
            assert done.error is None, done.error
            operations = {record.operation for record in service.requests}
            assert "PutObject" in operations
            assert not operations & {"AppendObject", "DeleteObject", "DeleteMultipleObjects"}


def test_two_columns_of_a_hundred(service: Sandbox, new_kernel: Callable[..., Kernel]) -> None:
    """Reading two columns of a Parquet file of a hundred fetches less than a tenth of its bytes."""
    pytest.importorskip("pyarrow")
    kernel = new_kernel()
    make = """
import numpy as np, pandas as pd
values = np.random.default_rng(1).random((20_000, 100))
pd.DataFrame(values, columns=[f"c{i}" for i in range(100)]).to_parquet("oss://test-bucket/wide.parquet")
"""
    for code in ("%load_ext oss_jupyter", make):
        assert kernel.run(code).error is None
    size = service.object_path("test-bucket", "wide.parquet").stat().st_size
    service.clear_requests()
    done = kernel.run('len(pd.read_parquet("oss://test-bucket/wide.parquet", columns=["c3", "c90"]))')
    assert done.bundles[0]["text/plain"] == "20000"
    ranges = [record.headers["range"] for record in service.requests if record.operation == "GetObject"]
    pairs = [text.removeprefix("bytes=").split("-") for text in ranges]
    fetched = sum(int(last) - int(first) + 1 for first, last in pairs)
    assert 0 < fetched < size / 10, (fetched, size, ranges)


OTHER = """
from fsspec.implementations.memory import MemoryFileSystem


class OSSFileSystem(MemoryFileSystem):
    protocol = "oss"
"""
WHO = 'import fsspec; print(type(fsspec.filesystem("oss")).__name__)'


def test_ossfs_stays_until_the_setting_says_otherwise(
    service: Sandbox, place: Path, new_kernel: Callable[..., Kernel]
) -> None:
    """Where ossfs is installed it answers, and one note says so; the setting changes that at once, both ways.

    A module of its name stands for it: fsspec knows ossfs by that alone, and it has no entry point.
    """
    (place / "ossfs.py").write_text(OTHER)
    kernel = new_kernel()
    loaded = kernel.run("%load_ext oss_jupyter")
    text = "".join(bundle["text/plain"] for bundle in loaded.bundles)
    assert text.count("is answered by ossfs") == 1
    assert kernel.run(WHO).text.strip() == "OSSFileSystem"
    assert kernel.run("%config OssJupyter.register_filesystem = 'always'").error is None
    assert kernel.run(WHO).text.strip() == "OssFileSystem"
    assert kernel.run("%config OssJupyter.register_filesystem = 'never'").error is None
    assert kernel.run(WHO).text.strip() == "OSSFileSystem"


def test_who_answers_without_ossfs(service: Sandbox, place: Path, new_kernel: Callable[..., Kernel]) -> None:
    """Loading the extension says nothing about it, and unloading it takes oss:// back; a folder is no package."""
    (place / "ossfs").mkdir()
    kernel = new_kernel()
    assert kernel.run("%load_ext oss_jupyter").bundles == []
    (place / "ossfs").rmdir()
    assert kernel.run(WHO).text.strip() == "OssFileSystem"
    assert kernel.run("%unload_ext oss_jupyter").error is None
    unknown = kernel.run(WHO)
    assert unknown.error is not None
    assert unknown.error["ename"] == "ImportError"


def test_a_missing_table_is_told_in_words(service: Sandbox, new_kernel: Callable[..., Kernel]) -> None:
    """What pandas raises says which object is not there, and is a FileNotFoundError."""
    kernel = new_kernel()
    kernel.run("%load_ext oss_jupyter")
    kernel.run("import pandas as pd")
    done = kernel.run(
        "try:\n    pd.read_csv('oss://test-bucket/none.csv')\nexcept FileNotFoundError as error:\n    print(error)"
    )
    assert "There is no oss://test-bucket/none.csv." in done.text
