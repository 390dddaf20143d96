"""Which table is in an object, told from its key, and the call that reads it in each library. Only texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What stands behind the last dot of a key, without .gz.
_FORMATS = {
    "parquet": "parquet", "pq": "parquet", "csv": "csv", "tsv": "tsv", "json": "json", "jsonl": "jsonl",
    "ndjson": "jsonl", "feather": "feather", "arrow": "feather", "xlsx": "excel",
}  # fmt: skip

# By library and format; {} is a URL or an open file.
READERS: Mapping[str, Mapping[str, str]] = {
    "pandas": {
        "parquet": "pd.read_parquet({})",
        "csv": "pd.read_csv({})",
        "tsv": 'pd.read_csv({}, sep="\\t")',
        "json": "pd.read_json({})",
        "jsonl": "pd.read_json({}, lines=True)",
        "feather": "pd.read_feather({})",
        "excel": "pd.read_excel({})",
    },
    "polars": {
        "parquet": "pl.read_parquet({})",
        "csv": "pl.read_csv({})",
        "tsv": 'pl.read_csv({}, separator="\\t")',
        "json": "pl.read_json({})",
        "jsonl": "pl.read_ndjson({})",
        "feather": "pl.read_ipc({})",
    },
    "pyarrow": {
        "parquet": "pyarrow.parquet.read_table({})",
        "csv": "pyarrow.csv.read_csv({})",
        "tsv": 'pyarrow.csv.read_csv({}, parse_options=pyarrow.csv.ParseOptions(delimiter="\\t"))',
        "jsonl": "pyarrow.json.read_json({})",
        "feather": "pyarrow.feather.read_table({})",
    },
    "duckdb": {
        "parquet": "read_parquet({})",
        "csv": "read_csv({})",
        "tsv": "read_csv({})",
        "json": "read_json({})",
        "jsonl": "read_json({})",
    },
    "dask": {
        "parquet": "dd.read_parquet({})",
        "csv": "dd.read_csv({})",
        "tsv": 'dd.read_csv({}, sep="\\t")',
        "json": "dd.read_json({}, orient=\"records\", lines=False)",
        "jsonl": "dd.read_json({}, lines=True)",
    },
}  # fmt: skip
# They take any object.
ANYWAY = ("python", "ossutil")
KINDS = (*READERS, *ANYWAY)


@dataclass(frozen=True)
class Format:
    """name: as in READERS, "" where it is no table that is known. suffix: with its dot, as in the key."""

    name: str
    suffix: str
    gzip: bool = False


def format_of(key: str) -> Format:
    """Return what an object is by the end of its key."""
    name = key.rpartition("/")[2].lower()
    gzip = name.endswith(".gz")
    stem, dot, ending = name.removesuffix(".gz").rpartition(".")
    known = _FORMATS.get(ending, "") if dot and stem else ""
    if gzip and known not in ("csv", "tsv", "json", "jsonl"):
        known = ""
    suffix = f".{ending}{'.gz' if gzip else ''}" if dot else ""
    return Format(known, suffix, gzip)


def readers_of(key: str) -> tuple[str, ...]:
    """Return for which kinds there is a snippet."""
    name = format_of(key).name
    return tuple(kind for kind in KINDS if kind in ANYWAY or name in READERS[kind])
