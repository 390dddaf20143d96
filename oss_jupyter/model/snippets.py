"""Cells that read back what was sent: a text for each library, which runs as it is.

Tables are read through ``oss://``, which the extension makes known. Where a library would read a pattern or a chain of
addresses out of a key, the object is opened first.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from oss_jupyter.errors import InputError
from oss_jupyter.model.given import word
from oss_jupyter.model.reading_formats import ANYWAY, KINDS, READERS, Format, format_of, readers_of
from oss_jupyter.model.target import Target
from oss_jupyter.redact import quoted
from oss_jupyter.texts import listed, tr

LOAD = "%load_ext oss_jupyter"
IMPORTS = {"pandas": "import pandas as pd", "polars": "import polars as pl", "dask": "import dask.dataframe as dd"}
_PYARROW = {"parquet": "parquet", "csv": "csv", "tsv": "csv", "jsonl": "json", "feather": "feather"}
# What is done with what pandas has read.
_LAST = {"duckdb": 'duckdb.sql("SELECT * FROM df")', "dask": "dd.from_pandas(df, npartitions=1)"}
# What the SDK's settings are called, of a place's.
_SDK = {
    "region": "region",
    "endpoint": "endpoint",
    "internal": "use_internal_endpoint",
    "accelerate": "use_accelerate_endpoint",
    "dual_stack": "use_dualstack_endpoint",
    "cname": "use_cname",
    "path_style": "use_path_style",
    "signature_version": "signature_version",
}


def snippet(kind: str, target: Target, place: Mapping[str, Any], extra: Mapping[str, Any]) -> str:
    """Return the cell, or for ossutil the command, that reads an object.

    place: how the service is reached. extra: of that, what a session does not know by itself. Raises InputError.
    """
    kind = checked_kind(kind, readers_of(target.key), target.key)
    if kind == "ossutil":
        return f"ossutil cp {shlex.quote(str(target))} {shlex.quote(f'./{local_name(target.key)}')}{flags(place)}"
    if kind == "python":
        return _sdk_cell(target, place)
    found = format_of(target.key)
    if kind in ("polars", "pyarrow") or _needs_opening(kind, target.key):
        return _opened(kind, found, target, extra)
    if kind == "duckdb":
        return _duckdb(found, target, extra)
    return _by_url(kind, found, target, extra)


def checked_kind(kind: str, possible: tuple[str, ...], key: str) -> str:
    """Return the kind as it is called here, "" as the first. Raises InputError for one that cannot be."""
    name = word(kind) if kind != "" else possible[0]
    if name not in KINDS:
        advice = tr("Choose one of {choices}.", choices=_named(KINDS))
        raise InputError(tr("There is no snippet for {kind}.", kind=quoted(kind)), advice, code="NoSnippet")
    if name not in possible:
        advice = tr("Choose one of {choices} for this object.", choices=_named(possible))
        raise InputError(_cannot_read(name, format_of(key).suffix), advice, code="NoSnippet")
    return name


def cell(*blocks: str) -> str:
    """Return a cell of blocks with a blank line between them."""
    return "\n\n".join(blocks)


def literal(value: Any) -> str:
    """Return a value as Python code, texts in double quotes where nothing in them has to be escaped."""
    plain = isinstance(value, str) and value.isprintable() and not set(value) & {'"', "\\"}
    return f'"{value}"' if plain else repr(value)


def filesystem(extra: Mapping[str, Any]) -> str:
    """Return the call that gives the filesystem."""
    return f'fsspec.filesystem("oss"{"".join(f", {name}={literal(value)}" for name, value in extra.items())})'


def options(extra: Mapping[str, Any]) -> str:
    """Return the argument that gives a reader what the session does not know by itself."""
    pairs = ", ".join(f"{literal(name)}: {literal(value)}" for name, value in extra.items())
    return f", storage_options={{{pairs}}}" if extra else ""


def local_name(key: str) -> str:
    """Return how the file is called that an object is saved as."""
    name = key.rstrip("/").rpartition("/")[2]
    return "object" if name in ("", ".", "..") else name


def sdk_client(place: Mapping[str, Any]) -> tuple[str, str]:
    """Return the imports, and what makes a client of the official SDK."""
    region = place.get("region")
    lines = [
        "config = oss.config.load_default()",
        tr("# OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, and OSS_SESSION_TOKEN for temporary ones"),
        "config.credentials_provider = oss.credentials.EnvironmentVariableCredentialsProvider()",
    ]
    if not region:
        lines.append('config.region = os.environ["OSS_REGION"]')
    lines += [f"config.{sdk} = {literal(place[name])}" for name, sdk in _SDK.items() if place.get(name)]
    imports = "import alibabacloud_oss_v2 as oss"
    return (imports if region else f"import os\n\n{imports}"), "\n".join((*lines, "client = oss.Client(config)"))


def _sdk_cell(target: Target, place: Mapping[str, Any]) -> str:
    imports, client = sdk_client(place)
    request = f"oss.GetObjectRequest(bucket={literal(target.bucket)}, key={literal(target.key)})"
    return cell(imports, f"{client}\nclient.get_object_to_file({request}, {literal(local_name(target.key))})")


def _by_url(kind: str, found: Format, target: Target, extra: Mapping[str, Any]) -> str:
    source = literal(str(target)) + options(extra)
    if kind == "dask" and found.gzip:
        source += ", blocksize=None"  # what is compressed cannot be cut
    read = READERS[kind][found.name].replace("{}", source)
    return cell(LOAD, IMPORTS[kind], f"df = {read}\ndf{'.head()' if kind == 'dask' else ''}")


def _opened(kind: str, found: Format, target: Target, extra: Mapping[str, Any]) -> str:
    """Read from an open object. DuckDB and Dask take it from pandas then."""
    library = kind if kind in ("polars", "pyarrow") else "pandas"
    imports = {f"import pyarrow.{_PYARROW[found.name]}" if kind == "pyarrow" else IMPORTS[library], "import fsspec"}
    imports |= {"duckdb": {"import duckdb"}, "dask": {IMPORTS["dask"]}}.get(kind, set())
    how = ', compression="gzip"' if found.gzip else ""
    name = literal(f"{target.bucket}/{target.key}")
    read = READERS[library][found.name].replace("{}", "file")
    return cell(
        LOAD,
        "\n".join(sorted(imports)),
        f"with {filesystem(extra)}.open({name}{how}) as file:\n    df = {read}\n{_LAST.get(kind, 'df')}",
    )


def _duckdb(found: Format, target: Target, extra: Mapping[str, Any]) -> str:
    query = " ".join(("SELECT * FROM", READERS["duckdb"][found.name].replace("{}", sql_text(str(target)))))
    return cell(LOAD, "import duckdb\nimport fsspec", duckdb_query(query, extra))


def sql_text(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def duckdb_query(query: str, extra: Mapping[str, Any]) -> str:
    """Return what asks DuckDB, on a connection of its own, because a filesystem is made known to one only once."""
    return (
        "connection = duckdb.connect()\n"
        f"connection.register_filesystem({filesystem(extra)})\n"
        f"connection.sql({literal(query)})"
    )


def _needs_opening(kind: str, key: str) -> bool:
    """Whether the library would read more out of the key than a name."""
    patterns = "*?[]{}" if kind in ("duckdb", "dask") else ""
    return "::" in key or bool(set(key) & set(patterns))


def flags(place: Mapping[str, Any]) -> str:
    """Return what tells ossutil how the service is reached."""
    given = ((name, place.get(name)) for name in ("region", "endpoint"))
    return "".join(f" --{name} {shlex.quote(str(value))}" for name, value in given if value)


def _cannot_read(kind: str, suffix: str) -> str:
    if not suffix:
        return tr("{kind} reads no object without a suffix.", kind=kind)
    return tr("{kind} reads no {suffix}.", kind=kind, suffix=quoted(suffix))


def _named(kinds: tuple[str, ...]) -> str:
    *most, last = kinds or ANYWAY
    return tr("{some} and {last}", some=listed(most), last=last) if most else last
