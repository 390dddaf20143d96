"""Cells that read back a whole dataset: all files below its prefix, as one table."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from oss_jupyter.model.reading_formats import ANYWAY, READERS, Format, format_of
from oss_jupyter.model.snippets import (
    IMPORTS,
    LOAD,
    cell,
    checked_kind,
    duckdb_query,
    filesystem,
    flags,
    literal,
    local_name,
    options,
    sdk_client,
    sql_text,
)
from oss_jupyter.model.target import Target

# What pyarrow calls the formats of its datasets.
_DATASETS = {"parquet": "parquet", "csv": "csv", "jsonl": "json", "feather": "feather"}


def format_of_all(keys: Iterable[str]) -> Format:
    """Return the format that most of some keys have that are tables; an empty one where there is none."""
    counts: dict[Format, int] = {}
    for found in map(format_of, keys):
        counts[found] = counts.get(found, 0) + bool(found.name)
    return max(counts, key=lambda one: counts[one], default=Format("", ""))


def dataset_snippet(
    kind: str, prefix: Target, found: Format, place: Mapping[str, Any], extra: Mapping[str, Any]
) -> str:
    """Return the cell, or for ossutil the command, that reads all objects of one format below a prefix.

    place, extra: as in `snippet`. Raises InputError.
    """
    kind = checked_kind(kind, _possible(found), f"x{found.suffix}" if found.suffix else "")
    if kind == "ossutil":
        folder = f"./{local_name(prefix.key)}/"
        return f"ossutil cp -r {shlex.quote(str(prefix))} {shlex.quote(folder)}{flags(place)}"
    if kind == "python":
        return _sdk_cell(prefix, place)
    return _WAYS[kind](prefix, found, extra)


def _possible(found: Format) -> tuple[str, ...]:
    # Polars takes it from pyarrow.
    whole = {"pyarrow": _DATASETS, "polars": _DATASETS}
    kinds = (kind for kind in READERS if found.name in whole.get(kind, READERS[kind]))
    return (*kinds, *ANYWAY)


def _pandas(prefix: Target, found: Format, extra: Mapping[str, Any]) -> str:
    where = literal(str(prefix))
    if found.name == "parquet" and not _odd(prefix.key):
        return cell(LOAD, IMPORTS["pandas"], f"df = pd.read_parquet({where}{options(extra)})\ndf")
    read = READERS["pandas"][found.name].replace("{}", "file")
    how = ', compression="gzip"' if found.gzip else ""
    reading = (
        f"fs = {filesystem(extra)}\n"
        "tables = []\n"
        f"for path in fs.find({literal(_path(prefix))}):\n"
        f"    if path.endswith({literal(found.suffix)}):\n"
        f"        with fs.open(path{how}) as file:\n"
        f"            tables.append({read})\n"
        "df = pd.concat(tables, ignore_index=True)\n"
        "df"
    )
    return cell(LOAD, f"import fsspec\n{IMPORTS['pandas']}", reading)


def _arrow(prefix: Target, found: Format, extra: Mapping[str, Any]) -> str:
    return (
        f"fs = {filesystem(extra)}\n"
        f"paths = [path for path in fs.find({literal(_path(prefix))}) if path.endswith({literal(found.suffix)})]\n"
        f'table = ds.dataset(paths, filesystem=fs, format={literal(_DATASETS[found.name])}, partitioning="hive")'
    )


def _pyarrow(prefix: Target, found: Format, extra: Mapping[str, Any]) -> str:
    read = f"{_arrow(prefix, found, extra)}.to_table()\ntable"
    return cell(LOAD, "import fsspec\nimport pyarrow.dataset as ds", read)


def _polars(prefix: Target, found: Format, extra: Mapping[str, Any]) -> str:
    imports = f"import fsspec\n{IMPORTS['polars']}\nimport pyarrow.dataset as ds"
    return cell(LOAD, imports, f"{_arrow(prefix, found, extra)}.to_table()\ndf = pl.from_arrow(table)\ndf")


def _duckdb(prefix: Target, found: Format, extra: Mapping[str, Any]) -> str:
    files = sql_text(f"{_escaped(str(prefix))}**/*{found.suffix}")
    query = " ".join(("SELECT * FROM", READERS["duckdb"][found.name].replace("{}", files)))
    return cell(LOAD, "import duckdb\nimport fsspec", duckdb_query(query, extra))


def _dask(prefix: Target, found: Format, extra: Mapping[str, Any]) -> str:
    source = literal(f"{_escaped(str(prefix))}**/*{found.suffix}") + options(extra)
    if found.gzip:
        source += ", blocksize=None"
    return cell(LOAD, IMPORTS["dask"], f"df = {READERS['dask'][found.name].replace('{}', source)}\ndf.head()")


_WAYS = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow, "duckdb": _duckdb, "dask": _dask}


def _sdk_cell(prefix: Target, place: Mapping[str, Any]) -> str:
    imports, client = sdk_client(place)
    imports = "import os\n\n" + imports.removeprefix("import os\n\n")
    request = f"oss.ListObjectsV2Request(bucket={literal(prefix.bucket)}, prefix={literal(prefix.key)})"
    return cell(
        imports,
        client,
        f"for page in client.list_objects_v2_paginator().iter_page({request}):\n"
        "    for found in page.contents or []:\n"
        '        if found.key.endswith("/"):\n'
        "            continue\n"
        f'        path = os.path.join({literal(local_name(prefix.key))}, *found.key[{len(prefix.key)}:].split("/"))\n'
        "        os.makedirs(os.path.dirname(path), exist_ok=True)\n"
        f"        request = oss.GetObjectRequest(bucket={literal(prefix.bucket)}, key=found.key)\n"
        "        client.get_object_to_file(request, path)",
    )


def _path(prefix: Target) -> str:
    return f"{prefix.bucket}/{prefix.key}"


def _escaped(url: str) -> str:
    """Return an address in a pattern that means only itself."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in url)


def _odd(key: str) -> bool:
    return "::" in key or bool(set(key) & set("*?[]"))
