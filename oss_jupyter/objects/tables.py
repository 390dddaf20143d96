"""Tables of pandas, GeoPandas and polars: each library writes its own, so its words and options count."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO, Any

from oss_jupyter.objects.beside import beside
from oss_jupyter.objects.kinds import Kind, Writer, as_text, holds_texts, is_a
from oss_jupyter.objects.plain import names_no_file

_LINES = {"orient": "records", "lines": True}


def _method(name: str, **default: Any) -> Writer:
    """Return the writer that is a method of the object and takes a binary file."""
    return lambda table, file, options: getattr(table, name)(file, **{**default, **options})


def _text_method(name: str, **default: Any) -> Writer:
    """Return the writer that is a method of the object and takes a file of text."""

    def write(table: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
        with as_text(file) as text:
            getattr(table, name)(text, **{**default, **options})

    return write


def _geojson(table: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
    file.write(table.to_json(**{"drop_id": True, **options}).encode())


def _as_frame(writer: Writer) -> Writer:
    """Return the writer for a column: it is a table of one."""

    def write(column: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
        writer(column.to_frame("0" if column.name is None else column.name), file, options)

    return write


_CSV = _method("to_csv", mode="wb")
_ARROW = _method("to_feather")
_PANDAS_COLUMN: Mapping[str, Writer] = {
    ".csv": _CSV,
    ".tsv": _method("to_csv", mode="wb", sep="\t"),
    ".json": _text_method("to_json"),
    ".jsonl": _text_method("to_json", **_LINES),
    ".ndjson": _text_method("to_json", **_LINES),
    ".xlsx": _method("to_excel"),
}
_PANDAS_TABLE: Mapping[str, Writer] = {
    ".parquet": _method("to_parquet"),
    ".feather": _ARROW,
    ".arrow": _ARROW,
}
_AS_FRAME = {suffix: _as_frame(writer) for suffix, writer in _PANDAS_TABLE.items()}
_GEO = {".json": _geojson, ".geojson": _geojson}
_GEO_LACKS = (".jsonl", ".ndjson", ".xlsx")  # pandas would write what no reader takes for a geometry


def _without(writers: Mapping[str, Writer], *suffixes: str) -> dict[str, Writer]:
    return {suffix: writer for suffix, writer in writers.items() if suffix not in suffixes}


def _polars_excel(table: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
    workbook = io.BytesIO()
    table.write_excel(workbook, **options)
    file.write(workbook.getbuffer())


_POLARS: Mapping[str, Writer] = {
    ".parquet": _method("write_parquet"),
    ".csv": _method("write_csv"),
    ".tsv": _method("write_csv", separator="\t"),
    ".json": _method("write_json"),
    ".jsonl": _method("write_ndjson"),
    ".ndjson": _method("write_ndjson"),
    ".feather": _method("write_ipc"),
    ".arrow": _method("write_ipc"),
    ".xlsx": _polars_excel,
}


def _sunk(sink: str, writer: Writer, **default: Any) -> Writer:
    """Return the writer for a query: polars writes it piece by piece, where it can and knows the options.

    A TypeError before anything is written says that it cannot, as versions before 1.29 do, or that the options are
    those of whole tables.
    """

    def write(query: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
        begin = file.tell()
        try:
            beside(lambda kept: getattr(query, sink)(kept, **{**default, **options}), file)
        except TypeError:
            if file.tell() != begin:
                raise
            writer(query.collect(), file, options)

    return write


def _made(method: str, writer: Writer) -> Writer:
    """Return the writer for what a method makes a table of."""
    return lambda value, file, options: writer(getattr(value, method)(), file, options)


_POLARS_QUERY: Mapping[str, Writer] = {
    **{suffix: _made("collect", writer) for suffix, writer in _POLARS.items()},
    ".parquet": _sunk("sink_parquet", _POLARS[".parquet"]),
    ".csv": _sunk("sink_csv", _POLARS[".csv"]),
    ".tsv": _sunk("sink_csv", _POLARS[".tsv"], separator="\t"),
    ".jsonl": _sunk("sink_ndjson", _POLARS[".jsonl"]),
    ".ndjson": _sunk("sink_ndjson", _POLARS[".ndjson"]),
    ".feather": _sunk("sink_ipc", _POLARS[".feather"]),
    ".arrow": _sunk("sink_ipc", _POLARS[".arrow"]),
}


# The more special before what it is made of: a GeoDataFrame is a DataFrame, too.
TABLES = (
    Kind(is_a("geopandas.GeoDataFrame"), _without({**_PANDAS_TABLE, **_PANDAS_COLUMN, **_GEO}, *_GEO_LACKS)),
    Kind(is_a("geopandas.GeoSeries"), _without({**_AS_FRAME, **_PANDAS_COLUMN, **_GEO}, *_GEO_LACKS)),
    Kind(is_a("pandas.DataFrame"), {**_PANDAS_TABLE, **_PANDAS_COLUMN}),
    Kind(is_a("pandas.Series"), {**_AS_FRAME, **_PANDAS_COLUMN}, may_be_paths=holds_texts, is_data=names_no_file),
    Kind(is_a("polars.DataFrame"), _POLARS),
    Kind(is_a("polars.LazyFrame"), _POLARS_QUERY),
    Kind(
        is_a("polars.Series"),
        {suffix: _made("to_frame", writer) for suffix, writer in _POLARS.items()},
        may_be_paths=holds_texts,
        is_data=names_no_file,
    ),
)
